"""A transaction on a record store: documents are read, changed in place, and written back if changed."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from compound.connector.records.tables import VERSION
from compound.errors import ConnectorError, EffectRefused, choices
from compound.spec.records_file import RecordsNested

if TYPE_CHECKING:
    from pydantic import JsonValue
    from sqlalchemy.engine import Connection

    from compound.connector.records.documents import Reader, RecordDocuments
    from compound.spec.records_file import RecordsDocument, RecordsField

    Document = dict[str, JsonValue]
    Row = dict[str, JsonValue]


@dataclass(slots=True)
class _Loaded:
    declared: RecordsDocument
    version: int
    before: Document
    live: Document


class RecordsTransaction:
    """The transaction of effect functions: documents can be added, and changed in place until it ends.

    Attributes:
        expected: Reference to the version seen when the change was decided; may be empty.
        changed: After the commit: reference to the new version of each document that changed.
    """

    def __init__(
        self,
        reader: Reader,
        tables: sa.MetaData,
        connection: Connection,
        expected: Mapping[str, int],
        *,
        locks: bool = True,
    ) -> None:
        """Internal: the record store makes it."""
        self._locks = locks
        self.expected = expected
        self.changed: dict[str, int] = {}
        self._reader = reader
        self._tables = tables.tables
        self._connection = connection
        self._loaded: dict[str, _Loaded] = {}

    def get(self, kind: str, key: str) -> Document | None:
        """The live document: changes to it are written when the transaction ends; None if it does not exist.

        Raises:
            EffectRefused: `effect.stale`: its version is not the expected one.
        """
        ref = f"{kind}/{key}"
        if ref not in self._loaded:
            for _, version, document in self._reader.load(self._connection, kind, [key], for_update=self._locks):
                wanted = self.expected.get(ref, version)
                if wanted != version:
                    raise stale({ref: (wanted, version)})
                declared = self._reader.declared(kind)
                self._loaded[ref] = _Loaded(declared, version, deepcopy(document), document)
        found = self._loaded.get(ref)
        return found.live if found else None

    def add(self, kind: str, key: str, document: Mapping[str, JsonValue]) -> Document:
        """Add a document; it is live, as from `get`. Omitted fields are null or have no rows.

        Raises:
            EffectRefused: `effect.exists`: a document with this kind and key exists.
            ConnectorError: `records.unknown-field`: it has a field that the shape does not name.
        """
        if self.get(kind, key) is not None:
            raise EffectRefused("effect.exists", f"document {kind}/{key} already exists", fix="choose another key")
        declared = self._reader.declared(kind)
        live = _whole(declared.shape, document, f"{kind}/{key}")
        live |= {name: key for name, part in declared.shape.items() if part == declared.id}
        self._loaded[f"{kind}/{key}"] = _Loaded(declared, 0, {}, live)
        return live

    def documents(self, root_id: str) -> RecordDocuments:
        """The view of one root document in the database; a copy, not live."""
        return self._reader.view(self._connection, root_id)

    def check_expected(self) -> None:
        """Internal: compare every expected version with the current one.

        Raises:
            EffectRefused: `effect.stale`, naming each row that was changed or deleted.
        """
        now = self._reader.versions(self._connection, self.expected)
        moved = {ref: (seen, now.get(ref)) for ref, seen in self.expected.items() if now.get(ref) != seen}
        if moved:
            raise stale(moved)

    def live(self) -> dict[str, tuple[int, Document]]:
        """Internal: a copy of every loaded document with the changes so far, and the version that was read."""
        return {ref: (one.version, deepcopy(one.live)) for ref, one in self._loaded.items()}

    def origin(self, ref: str) -> Document:
        """Internal: a document as it was read."""
        return self._loaded[ref].before

    def flush(self) -> None:
        """Internal: write new and changed documents and increment their versions, at the end of the transaction."""
        for ref, loaded in self._loaded.items():
            if loaded.live != loaded.before:
                if loaded.version:
                    self._write(ref, loaded)
                else:
                    self._insert(ref, loaded)
                self.changed[ref] = loaded.version + 1

    def _write(self, ref: str, loaded: _Loaded) -> None:
        declared, shaper = loaded.declared, self._reader.shaper
        key = ref.partition("/")[2]
        before = shaper.write(declared, loaded.before, key)
        after = shaper.write(declared, loaded.live, key)
        for name in after:
            if name != declared.table:
                self._write_rows(name, before[name], after[name])
        table = self._tables[declared.table]
        old, new = before[declared.table][0], after[declared.table][0]
        if old[declared.id] != new[declared.id]:
            raise ConnectorError("records.renamed", f"{ref} cannot become {new[declared.id]!r}: ids cannot change")
        values = {column: value for column, value in new.items() if value != old[column]}
        query = (
            sa.update(table)
            .where(table.c[declared.id] == new[declared.id], table.c[VERSION] == loaded.version)
            .values({**values, VERSION: loaded.version + 1})
        )
        if self._connection.execute(query).rowcount != 1:
            raise stale({ref: (loaded.version, None)})

    def _insert(self, ref: str, loaded: _Loaded) -> None:
        declared = loaded.declared
        rows = self._reader.shaper.write(declared, loaded.live, ref.partition("/")[2])
        (root,) = rows.pop(declared.table)
        try:
            self._connection.execute(sa.insert(self._tables[declared.table]).values({**root, VERSION: 1}))
        except IntegrityError as error:
            # Another transaction was faster.
            raise EffectRefused("effect.exists", f"document {ref} already exists", fix="choose another key") from error
        for name, inner in rows.items():
            self._write_rows(name, [], inner)

    def _write_rows(self, name: str, before: list[Row], after: list[Row]) -> None:
        table, key = self._tables[name], self._reader.file.tables[name].key
        old = {tuple(row[column] for column in key): row for row in before}
        new = {tuple(row[column] for column in key): row for row in after}
        if len(new) != len(after):
            raise ConnectorError("records.same-key", f"two rows of {name} would have the same key")

        def this(values: tuple[JsonValue, ...]) -> sa.ColumnElement[bool]:
            return sa.and_(*(table.c[column] == value for column, value in zip(key, values, strict=True)))

        for gone in old.keys() - new.keys():
            self._connection.execute(sa.delete(table).where(this(gone)))
        for values, row in new.items():
            if values not in old:
                self._connection.execute(sa.insert(table).values({**row, VERSION: 1}))
            elif row != old[values]:
                changed = {column: value for column, value in row.items() if value != old[values][column]}
                version = table.c[VERSION] + 1
                self._connection.execute(sa.update(table).where(this(values)).values({**changed, VERSION: version}))


def _whole(shape: Mapping[str, RecordsField], given: Mapping[str, JsonValue], ref: str) -> Document:
    """A new document with every field of its shape."""
    unknown = sorted(given.keys() - shape.keys())
    if unknown:
        what = f"{ref} has no field {unknown[0]!r}"
        raise ConnectorError("records.unknown-field", what, fix=choices(list(shape), unknown[0]))
    made: Document = {}
    for name, part in shape.items():
        value = deepcopy(given.get(name))
        if isinstance(part, str):
            made[name] = value
        elif isinstance(part, RecordsNested):
            made[name] = _whole(part.fields, value if isinstance(value, dict) else {}, f"{ref}.{name}")
        else:
            made[name] = ({} if part.by else []) if value is None else value
    return made


def stale(moved: Mapping[str, tuple[int, int | None]]) -> EffectRefused:
    """The refusal of a change whose rows changed since the decision."""
    told = "; ".join(
        f"{ref} was at version {seen}, now {'deleted or changed' if now is None else now}"
        for ref, (seen, now) in sorted(moved.items())
    )
    return EffectRefused("effect.stale", f"rows changed since this was drafted: {told}", fix="draft it again")
