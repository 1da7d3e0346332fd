"""Converts between rows and documents, by the declared shapes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast

import orjson

from compound.spec.records_file import RecordsField, RecordsNested, RecordsRows

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.spec.records_file import RecordsDocument, RecordsFile

    Row = Mapping[str, JsonValue]
    RecordDocument = dict[str, JsonValue]
    Rows = dict[str, list[dict[str, JsonValue]]]


def child_parts(shape: Mapping[str, RecordsField]) -> Iterator[RecordsRows]:
    """Every `rows:` of a shape."""
    for part in shape.values():
        if isinstance(part, RecordsRows):
            yield part
        elif isinstance(part, RecordsNested):
            yield from child_parts(part.fields)


class Shaper:
    """Reads and writes the documents of one file."""

    def __init__(self, file: RecordsFile) -> None:
        self._json = {
            name: frozenset(column for column, kind in table.columns.items() if kind == "json")
            for name, table in file.tables.items()
        }

    def read(
        self, document: RecordsDocument, row: Row, children: Mapping[tuple[str, str], Sequence[Row]]
    ) -> RecordDocument:
        """Assemble one document.

        Args:
            document: Its declaration.
            row: The root row.
            children: (table, match column) to its rows, in order.
        """
        return self._object(document.table, document.shape, row, children)

    def write(self, document: RecordsDocument, value: RecordDocument, key: str) -> Rows:
        """The rows of a document, by table; read-only parts are left out.

        Args:
            document: Its declaration.
            value: The document.
            key: Its id, if the shape does not contain it.
        """
        shown = [name for name, part in document.shape.items() if part == document.id]
        own = value[shown[0]] if shown else key
        root: dict[str, JsonValue] = {document.id: own}
        rows: Rows = {document.table: [root]}
        self._flatten(document.table, document.shape, value, root, rows, own)
        return rows

    def _object(
        self,
        table: str,
        shape: Mapping[str, RecordsField],
        row: Row,
        children: Mapping[tuple[str, str], Sequence[Row]],
    ) -> RecordDocument:
        made: RecordDocument = {}
        for name, part in shape.items():
            if isinstance(part, RecordsNested):
                made[name] = self._object(table, part.fields, row, children)
            elif isinstance(part, RecordsRows):
                made[name] = self._rows(part, children.get((part.rows, part.match), ()))
            else:
                value = self._decoded(table, part.rstrip("?"), row)
                if value is not None or not part.endswith("?"):
                    made[name] = value
        return made

    def _rows(self, part: RecordsRows, rows: Sequence[Row]) -> JsonValue:
        if part.value:
            return [self._decoded(part.rows, part.value, row) for row in rows]
        if part.group:
            return self._groups(part, part.group, rows)
        if part.by:
            return {str(row[part.by]): self._object(part.rows, part.shape, row, {}) for row in rows}
        return [self._object(part.rows, part.shape, row, {}) for row in rows]

    def _groups(self, part: RecordsRows, group: str, rows: Sequence[Row]) -> JsonValue:
        groups: dict[JsonValue, list[Row]] = {}
        for row in rows:
            groups.setdefault(cast("str", row[group]), []).append(row)
        made: list[JsonValue] = []
        for key, members in groups.items():
            columns = {name: cast("str", column) for name, column in part.shape.items()}
            made.append(
                {
                    name: [key] if column == group else [self._decoded(part.rows, column, row) for row in members]
                    for name, column in columns.items()
                }
            )
        return made

    def _decoded(self, table: str, column: str, row: Row) -> JsonValue:
        value = row[column]
        if column in self._json[table] and isinstance(value, str):
            return cast("JsonValue", orjson.loads(value))
        return value

    def _encoded(self, table: str, column: str, value: JsonValue) -> JsonValue:
        if column in self._json[table] and value is not None:
            return json.dumps(value, sort_keys=True, ensure_ascii=False)
        return value

    def _flatten(
        self,
        table: str,
        shape: Mapping[str, RecordsField],
        value: RecordDocument,
        row: dict[str, JsonValue],
        rows: Rows,
        parent: JsonValue,
    ) -> None:
        for name, part in shape.items():
            if isinstance(part, RecordsNested):
                self._flatten(table, part.fields, cast("RecordDocument", value[name]), row, rows, parent)
            elif isinstance(part, RecordsRows):
                if part.is_writable:
                    rows.setdefault(part.rows, []).extend(self._child_rows(part, value[name], parent))
            else:
                column = part.rstrip("?")
                row[column] = self._encoded(table, column, value.get(name))

    def _child_rows(self, part: RecordsRows, value: JsonValue, parent: JsonValue) -> Iterator[dict[str, JsonValue]]:
        members = list(value.values()) if isinstance(value, dict) else cast("list[JsonValue]", value)
        for index, member in enumerate(members):
            row: dict[str, JsonValue] = {part.match: parent}
            if part.order and not part.by:
                row[part.order] = index
            self._flatten(part.rows, part.shape, cast("RecordDocument", member), row, {}, parent)
            yield row


def ids_at(value: JsonValue, path: Sequence[str]) -> Iterator[str]:
    """The texts at a path of names, through lists and objects of objects."""
    if isinstance(value, list):
        for part in value:
            yield from ids_at(part, path)
    elif not path:
        if isinstance(value, str):
            yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from ids_at(value[path[0]], path[1:])
