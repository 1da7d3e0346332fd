"""Rows of a source as inputs of a graph, checked before a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from compound.batch.types import BacklogItem
from compound.connector.rows.row import Row
from compound.connector.state.items import content_sha256
from compound.errors import CompoundError, DataError, choices
from compound.graph.wiring.roles import Roles
from compound.language.types import ANY, Record, bare, parse_type
from compound.language.validate import validator
from compound.project.running.cells import typed

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.errors import Location
    from compound.spec import GraphSpec

ID = "id"
_SHOWN = 5


class RowItems:
    """Converts the rows of a source to items: columns are inputs of the graph, or fields of its `item` input.

    Args:
        spec: The graph.
        context: The context of every item; columns of these names are ignored.
    """

    def __init__(self, spec: GraphSpec, context: Mapping[str, JsonValue]) -> None:
        self._spec = spec
        self._context = context
        self.roles = Roles(spec)
        self._inputs = spec.input_type.fields
        role = self.roles.input
        kind = None if role is None else bare(self._inputs.get(role, ANY), spec.type_names)
        self._item_fields = dict(kind.fields) if isinstance(kind, Record) else {}
        self.is_open = kind is not None and (not isinstance(kind, Record) or kind.is_open)
        beside = {name: one for name, one in self._inputs.items() if name != role}
        self._beside = beside | {name: parse_type(one) for name, one in spec.context.items()}
        self._columns = self._beside | self._item_fields
        self._input_problems = validator(Record(self._inputs), spec.type_names)
        declared = {name: parse_type(kind) for name, kind in spec.context.items()}
        self._context_problems = validator(Record(declared, is_open=True), spec.type_names)
        self._unnamed: dict[str, int] = {}
        self._seen: set[str] = set()

    @property
    def fields(self) -> frozenset[str]:
        """Fields of the input that is the item."""
        return frozenset(self._item_fields)

    @property
    def more_columns(self) -> frozenset[str]:
        """Columns that a row may have in addition to the standard fields of an item."""
        return frozenset(self._columns)

    def of_mailbox(
        self, fields: Mapping[str, JsonValue], columns: Mapping[str, JsonValue], where: Location
    ) -> BacklogItem:
        """The item that a mailbox has read.

        Args:
            fields: Its fields; an empty one that the graph does not declare is left out.
            columns: The other fields of its record.
            where: Its place.
        """
        own = {
            name: value for name, value in fields.items() if value != "" or name in self._item_fields or self.is_open
        }
        return self._item(Row(where=where, record={**columns, **own}))

    def of(self, rows: Iterator[Row]) -> Iterator[BacklogItem]:
        """The items, in the order of the rows; an invalid row is an item with a problem."""
        return map(self._item, rows)

    def _item(self, row: Row) -> BacklogItem:
        place = f"{Path(row.where.file).name}:{row.where.line}"
        if row.error is not None or row.record is None:
            return BacklogItem(item_id=row.id_hint or place, fields=None, problem=record_of(row.error))
        named = ""
        try:
            named = _id_of(self._id_in(row.record), row.where)
            self._require_new(named, row.where)
            item, beside = self._given(row, named or place)
        except DataError as error:
            return BacklogItem(item_id=named or place, fields=None, problem=record_of(error))
        return BacklogItem(item_id=named or self._hash(item, beside), fields=item, context=beside)

    def _require_new(self, named: str, where: Location) -> None:
        if named and named in self._seen:
            what = f"an earlier row has the id {named!r}; only that one is run"
            raise DataError("row.duplicate-id", what, fix="give each row a unique id", where=where)
        self._seen.add(named)

    def _id_in(self, record: Mapping[str, JsonValue]) -> JsonValue:
        """The row's id: the graph's `item.id`, or the column `id`."""
        path = "" if self._spec.item is None else self._spec.item.id or ""
        steps = path.removeprefix(f"{self.roles.input}.").split(".") if path else [ID]
        value: JsonValue = dict(record)
        for step in steps:
            value = value.get(step) if isinstance(value, dict) else None
        return value

    def _given(self, row: Row, name: str) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
        """The item and the other inputs, each value converted to its type.

        Raises:
            DataError: `row.unknown-column`, `row.bad-input`.
        """
        item: dict[str, JsonValue] = {}
        beside: dict[str, JsonValue] = {}
        problems: list[str] = []
        for column, value in (row.record or {}).items():
            if column not in self._columns and not self.is_open:
                if column == ID:
                    continue
                known = choices(list(self._columns), column)
                what = f"row {name!r}: {self._spec.name} does not declare {column!r}; {known}"
                fix = "remove or rename the column, or declare it in the graph file"
                raise DataError("row.unknown-column", what, fix=fix, where=row.where)
            is_of_item = column in self._item_fields or column not in self._beside
            kind = self._item_fields.get(column, ANY) if is_of_item else self._beside[column]
            try:
                to = item if is_of_item or (self.roles.input is None and column in self._inputs) else beside
                to[column] = typed(kind, self._spec.type_names, value, row.cells)
            except ValueError as error:
                problems.append(f"{column}: {error}")
        beside = {n: value for n, value in beside.items() if n in self._inputs or n not in self._context}
        problems += [] if problems else self._problems(item, beside)
        if problems:
            what = f"row {name!r} does not fit the graph {self._spec.name}: {'; '.join(problems[:_SHOWN])}"
            raise DataError("row.bad-input", what, fix="see `input:` and `context:` of the graph file", where=row.where)
        return item, beside

    def _problems(self, item: Mapping[str, JsonValue], beside: Mapping[str, JsonValue]) -> list[str]:
        given, own = self.roles.given(item, beside)
        return self._input_problems(given) + (self._context_problems({**own, **self._context}) if own else [])

    def _hash(self, inputs: Mapping[str, JsonValue], own: Mapping[str, JsonValue]) -> str:
        """An id for a row without one, from its content; equal rows get a number."""
        name = content_sha256(inputs, own)[:16]
        self._unnamed[name] = count = self._unnamed.get(name, 0) + 1
        return name if count == 1 else f"{name}-{count}"


def _id_of(value: JsonValue, where: Location) -> str:
    """The id of a row; empty if it has none.

    Raises:
        DataError: `row.bad-id`.
    """
    if value is None or isinstance(value, bool) or not isinstance(value, (str, int)):
        if value is None:
            return ""
        what = f"the row's id is {'a list' if isinstance(value, list) else 'neither text nor a whole number'}"
        raise DataError("row.bad-id", what, fix="write the id as text or as a whole number", where=where)
    text = str(value)
    if not text.isprintable():
        what = f"the row's id {text!r} has an invisible character"
        raise DataError("row.bad-id", what, fix="give it an id of visible characters", where=where)
    return text.strip()


def record_of(error: CompoundError | None) -> dict[str, JsonValue]:
    """An error in the format of the ledger."""
    if error is None:
        return {}
    return {key: value if isinstance(value, (str, int)) else None for key, value in error.to_json().items()}
