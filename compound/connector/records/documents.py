"""Reads documents in few queries: the root rows, then the rows of each part, for all ids at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from compound.connector.records.names import RowNames
from compound.connector.records.shape import Shaper, child_parts, ids_at
from compound.connector.records.tables import VERSION
from compound.errors import ConnectorError, choices

if TYPE_CHECKING:
    from pydantic import JsonValue
    from sqlalchemy.engine import Connection

    from compound.spec.records_file import RecordsDocument, RecordsFile, RecordsRows

    RecordDocument = dict[str, JsonValue]
    Queries = tuple[sa.Select[Any], list[tuple[RecordsRows, sa.Select[Any]]]]

_AT_ONCE = 500
"""Ids in one query: below the limits of both databases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDocuments:
    """A consistent snapshot of a root document and the documents that it refers to.

    Attributes:
        documents: Declared kind to id to document.
        versions: Reference (`orders/#W1`) to version, one for each document.
    """

    documents: Mapping[str, dict[str, RecordDocument]] = field(default_factory=dict[str, dict[str, "RecordDocument"]])
    versions: Mapping[str, int] = field(default_factory=dict[str, int])

    def __getitem__(self, kind: str) -> dict[str, RecordDocument]:
        return self.documents.get(kind, {})

    def to_json(self) -> dict[str, JsonValue]:
        """`{KIND: {ID: {...}}, versions: {REFERENCE: 1}}`, the kinds as declared."""
        record = {**self.documents, "versions": dict(self.versions)}
        return cast("dict[str, JsonValue]", record)


class Reader:
    """Loads documents and versions through a connection."""

    def __init__(self, file: RecordsFile, metadata: sa.MetaData, names: RowNames) -> None:
        self.file = file
        self.names = names
        self.shaper = Shaper(file)
        self._tables = metadata.tables
        self._built: dict[tuple[str, bool, bool], Queries] = {}

    def declared(self, kind: str) -> RecordsDocument:
        """The declaration of a kind of document.

        Raises:
            ConnectorError: `records.unknown-document`.
        """
        try:
            return self.file.documents[kind]
        except KeyError:
            what = f"the store has no documents {kind!r}; {choices(list(self.file.documents), kind)}"
            raise ConnectorError("records.unknown-document", what) from None

    def load(
        self, connection: Connection, kind: str, ids: Iterable[str] | None, *, for_update: bool = False
    ) -> Iterator[tuple[str, int, RecordDocument]]:
        """Documents by id, as (id, version, document); unknown ids are left out.

        Args:
            connection: Inside a transaction.
            kind: Kind of document.
            ids: Ids to load; None: all.
            for_update: Lock the root rows until the transaction ends (PostgreSQL; SQLite locks the file).
        """
        declared = self.declared(kind)
        if ids is None:
            yield from self._load(connection, declared, None, for_update=for_update)
            return
        wanted = list(dict.fromkeys(ids))
        for start in range(0, len(wanted), _AT_ONCE):
            yield from self._load(connection, declared, wanted[start : start + _AT_ONCE], for_update=for_update)

    def versions(self, connection: Connection, refs: Iterable[str]) -> dict[str, int]:
        """The current version of each reference; unknown ones are left out."""
        by_kind: dict[str, list[str]] = {}
        for ref in refs:
            kind, _, key = ref.partition("/")
            by_kind.setdefault(kind, []).append(key)
        found: dict[str, int] = {}
        for kind, ids in by_kind.items():
            if kind not in self.file.documents:
                continue
            declared = self.file.documents[kind]
            table = self._tables[declared.table]
            for start in range(0, len(ids), _AT_ONCE):
                chunk = ids[start : start + _AT_ONCE]
                query = sa.select(table.c[declared.id], table.c[VERSION]).where(table.c[declared.id].in_(chunk))
                found.update({f"{kind}/{key}": version for key, version in connection.execute(query)})
        return found

    def view(self, connection: Connection, root_id: str) -> RecordDocuments:
        """The view of a root document; empty if it does not exist."""
        documents: dict[str, dict[str, RecordDocument]] = {}
        versions: dict[str, int] = {}

        def take(kind: str, ids: Iterable[str]) -> None:
            mine = documents.setdefault(kind, {})
            for key, version, document in self.load(connection, kind, [i for i in ids if i not in mine]):
                mine[key] = document
                versions[self.names.told(f"{kind}/{key}")] = version

        view = self.file.view
        take(view.root, [root_id])
        for follow in view.follow:
            sources = list(documents.get(follow.source, {}).values())
            take(follow.target, [key for source in sources for key in ids_at(source, follow.path)])
        return RecordDocuments(documents=documents, versions=versions)

    def _load(
        self, connection: Connection, declared: RecordsDocument, ids: Sequence[str] | None, *, for_update: bool
    ) -> Iterator[tuple[str, int, RecordDocument]]:
        roots_query, parts = self._queries(declared, is_all=ids is None, for_update=for_update)
        given = {} if ids is None else {"ids": ids}
        roots = _records(connection.execute(roots_query, given))
        children: dict[tuple[str, str], dict[JsonValue, list[dict[str, JsonValue]]]] = {}
        for part, query in parts if roots else ():
            members = children.setdefault((part.rows, part.match), {})
            for record in _records(connection.execute(query, given)):
                members.setdefault(record[part.match], []).append(record)
        for root in roots:
            key = cast("str", root[declared.id])
            mine = {part: members[key] for part, members in children.items() if key in members}
            yield key, cast("int", root[VERSION]), self.shaper.read(declared, root, mine)

    def _queries(self, declared: RecordsDocument, *, is_all: bool, for_update: bool) -> Queries:
        """The statements of a kind of document, built once, because building is slower than running them."""
        name = (declared.table, is_all, for_update)
        if name not in self._built:
            table = self._tables[declared.table]
            roots = sa.select(table).order_by(table.c[declared.id])
            if for_update:
                roots = roots.with_for_update()
            self._built[name] = (
                roots if is_all else roots.where(_among(table.c[declared.id])),
                [(part, self._part_query(part, is_all=is_all)) for part in child_parts(declared.shape)],
            )
        return self._built[name]

    def _part_query(self, part: RecordsRows, *, is_all: bool) -> sa.Select[Any]:
        table = self._tables[part.rows]
        names = [part.order] if part.order else self.file.tables[part.rows].key
        query = sa.select(table).order_by(table.c[part.match], *(table.c[name] for name in names))
        return query if is_all else query.where(_among(table.c[part.match]))


def _among(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    return column.in_(sa.bindparam("ids", expanding=True))


def _records(result: sa.CursorResult[Any]) -> list[dict[str, JsonValue]]:
    names = list(result.keys())
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
