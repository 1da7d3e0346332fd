"""The record store: a database in which each group of effects is applied once."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import anyio
import sqlalchemy as sa

from compound.connector.records.changes import Change, changes
from compound.connector.records.documents import Reader, RecordDocuments
from compound.connector.records.engine import open_engine
from compound.connector.records.errors import translated
from compound.connector.records.foresee import foresee
from compound.connector.records.names import RowNames
from compound.connector.records.seed import fill, is_filled
from compound.connector.records.tables import APPLIED, make_tables
from compound.connector.records.transaction import RecordsTransaction
from compound.connector.state.owner import host_name
from compound.connector.target import DeliveryClass, EffectCall, EffectGroup, EffectOutcome, Foreseen, TargetSetup
from compound.errors import ConnectorError, DataError, EffectRefused, choices

if TYPE_CHECKING:
    from pydantic import JsonValue
    from sqlalchemy.engine import Connection, Engine

    from compound.spec.records_file import RecordsFile

    Export = dict[str, dict[str, JsonValue]]


class Performer(Protocol):
    """The interface of effects for a record store: `compound.effect.Effect` is one."""

    def perform(self, tx: RecordsTransaction, args: Mapping[str, JsonValue]) -> JsonValue:
        """Change documents of `tx`, or raise `EffectRefused`."""
        ...


class _Rehearsed(Exception):
    """Rolls back a rehearsal."""


FindEffect = Callable[[str], Performer]


class Records:
    """Tables in SQLite or PostgreSQL, read and changed as documents.

    Thread-safe. All methods except `perform` are short and synchronous.

    Attributes:
        name: The path or the URL without its password.
        place: `host:path` of an SQLite file, which only one host has; None for a server.
    """

    delivery_class: DeliveryClass = "A"

    def __init__(
        self,
        engine: Engine,
        name: str,
        file: RecordsFile,
        effects: FindEffect | None,
        rows: RowNames | None = None,
    ) -> None:
        self.name = name
        self.place = f"{host_name()}:{name}" if engine.dialect.name == "sqlite" else None
        self._engine = engine
        self._file = file
        self._metadata = make_tables(file)
        self._rows = rows or RowNames()
        self._reader = Reader(file, self._metadata, self._rows)
        self._effects = effects

    @classmethod
    def open(
        cls,
        url: str | Path,
        file: RecordsFile,
        *,
        effects: FindEffect | None = None,
        lock_timeout_s: float = 30.0,
        rows: RowNames | None = None,
    ) -> Records:
        """Open a store; a missing SQLite file is created, empty until it is seeded.

        Args:
            url: Path of an SQLite file, `sqlite:///...` or `postgresql://...`.
            file: The declared tables and documents.
            effects: Finds an effect by name; only used by `perform`.
            lock_timeout_s: How long a writer waits for a lock, in seconds.
            rows: Row names across the project's stores.

        Raises:
            ConnectorError: `records.url`, `records.cannot-open`, `records.driver`.
        """
        engine, name = open_engine(url, lock_timeout_s)
        return cls(engine, name, file, effects, rows)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def seed(self, tables: Mapping[str, Iterable[Mapping[str, object]]], *, force: bool = False) -> bool:
        """Fill the tables in one transaction; every row starts at version 1.

        Args:
            tables: Table to its rows; columns that are neither declared nor ignored are an error.
            force: Replace existing rows, including the record of applied effects.

        Returns:
            False if the store was already filled; nothing was changed.

        Raises:
            DataError: `records.missing-table`, `records.missing-column`, `records.unknown-column`, `records.bad-value`.
            ConnectorError: `records.*`: the database failed.
        """
        with self._connection(writes=True) as connection:
            if is_filled(connection, self._file) and not force:
                return False
            fill(connection, self._file, self._metadata, tables)
        return True

    @contextmanager
    def transaction(self, expected: Mapping[str, int] | None = None) -> Generator[RecordsTransaction]:
        """A write transaction: commits at the end, rolls back on an exception.

        Args:
            expected: Reference to version; reading a document at another version raises `effect.stale`.
        """
        with self._connection(writes=True) as connection:
            tx = RecordsTransaction(self._reader, self._metadata, connection, self._rows.own_of(expected or {}))
            yield tx
            tx.flush()

    def versions(self, refs: Iterable[str]) -> dict[str, int]:
        """The current version of each reference (`orders/#W1`); unknown ones are left out."""
        own = {mine: ref for ref in refs if (mine := self._rows.own(ref)) is not None}
        with self._connection() as connection:
            return {own[mine]: version for mine, version in self._reader.versions(connection, own).items()}

    def current(self, refs: Mapping[str, int]) -> Mapping[str, int]:
        """Like `versions`, for the review's context probe."""
        return self.versions(refs)

    def documents(self, root_id: str) -> RecordDocuments:
        """A consistent view of one root document; empty if it does not exist."""
        with self._connection() as connection:
            return self._reader.view(connection, root_id)

    def export(self) -> Export:
        """Every document: kind to id to document. For comparing small stores."""
        with self._connection() as connection:
            return {
                kind: {key: document for key, _, document in self._reader.load(connection, kind, None)}
                for kind in self._file.documents
            }

    def diff(self, other: Records) -> list[Change]:
        """The changes from this store to the other one, sorted by path; lists are compared as a whole."""
        return changes(cast("JsonValue", self.export()), cast("JsonValue", other.export()))

    def table_rows(self, table: str, limit: int) -> list[dict[str, JsonValue]]:
        """The first rows of a declared table by its key, each with its `row_version`.

        Raises:
            DataError: `records.unknown-table`.
        """
        if table not in self._file.tables:
            what = f"the store has no table {table!r}"
            raise DataError("records.unknown-table", what, fix=choices(list(self._file.tables), table))
        columns = self._metadata.tables[table]
        with self._connection() as connection:
            found = connection.execute(sa.select(columns).order_by(*columns.primary_key).limit(limit))
            return [dict(row) for row in found.mappings()]

    def row_count(self) -> int:
        """Number of rows of all declared tables."""
        with self._connection() as connection:
            counts = [sa.select(sa.func.count()).select_from(self._metadata.tables[one]) for one in self._file.tables]
            return sum(connection.execute(one).scalar_one() for one in counts)

    def require_tables(self) -> None:
        """Raise unless effects can be performed.

        Raises:
            ConnectorError: `records.not-seeded`, `records.unreachable`.
        """
        with self._connection() as connection:
            connection.execute(sa.select(self._metadata.tables[APPLIED].c.effect_key).limit(1))

    def applied(self) -> list[str]:
        """The keys of all applied effects, unordered."""
        with self._connection() as connection:
            return list(connection.execute(sa.select(self._metadata.tables[APPLIED].c.effect_key)).scalars())

    def rehearse(self, effects: Sequence[EffectCall], expected: Mapping[str, int]) -> None:
        """Perform effects in a transaction that is always rolled back. See `RehearsingTarget.rehearse`."""
        with suppress(_Rehearsed), self.transaction(expected) as tx:
            for call in effects:
                self._run(tx, call)
            raise _Rehearsed

    def foresee(self, effects: Sequence[EffectCall]) -> Sequence[Foreseen]:
        """What effects would do to the present rows. See `ForeseeingTarget.foresee`."""
        with self._connection() as connection:
            tx = RecordsTransaction(self._reader, self._metadata, connection, {}, locks=False)
            return foresee(tx, effects, self._run, self._rows)

    async def perform(self, group: EffectGroup) -> Sequence[EffectOutcome]:
        """Perform a group of effects in one transaction. See `EffectTarget.perform`.

        Effects whose keys are stored are not performed again. Otherwise every expected version is checked, the effects
        run in order, and the changed documents, their new versions and the outcomes are committed together.

        Raises:
            EffectRefused: Nothing was changed.
            ConnectorError: The database failed; nothing was changed, unless the commit itself failed.
        """
        return await anyio.to_thread.run_sync(self._perform, group)

    def _perform(self, group: EffectGroup) -> Sequence[EffectOutcome]:
        if self._effects is None:
            raise ConnectorError("records.no-effects", "the store was opened without effects")
        with self._connection(writes=True) as connection:
            self._lock_group(connection, group)
            stored = self._stored(connection, group)
            if stored is not None:
                return stored
            expected = self._rows.own_of(group.expected_versions)
            tx = RecordsTransaction(self._reader, self._metadata, connection, expected)
            tx.check_expected()
            results = [self._run(tx, call) for call in group.effects]
            tx.flush()
            self._store(connection, group, results, tx.changed)
        return [
            EffectOutcome(key=call.key, status="sent", result=result)
            for call, result in zip(group.effects, results, strict=True)
        ]

    def _run(self, tx: RecordsTransaction, call: EffectCall) -> JsonValue:
        if self._effects is None:
            raise ConnectorError("records.no-effects", "the store was opened without effects")
        try:
            return self._effects(call.name).perform(tx, call.arguments)
        except DataError as error:
            # Invalid arguments are a refusal: the outcome is certain.
            raise EffectRefused(error.code, error.what, fix=error.fix) from error

    def _lock_group(self, connection: Connection, group: EffectGroup) -> None:
        # SQLite already holds the write lock. On PostgreSQL two performers of one group could both find no key.
        if connection.dialect.name == "postgresql":
            lock = sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(group.key, 0))
            connection.execute(sa.select(lock))

    def _stored(self, connection: Connection, group: EffectGroup) -> list[EffectOutcome] | None:
        table = self._metadata.tables[APPLIED]
        keys = [call.key for call in group.effects]
        query = sa.select(table.c.effect_key, table.c.result).where(table.c.effect_key.in_(keys))
        found = {key: json.loads(result) for key, result in connection.execute(query)}
        if not found:
            return None
        if len(found) != len(keys):
            what = f"group {group.key}: {len(found)} of its {len(keys)} effects have happened"
            raise ConnectorError("records.half-group", what, fix="reconcile it by hand")
        return [EffectOutcome(key=key, status="sent", result=found[key]) for key in keys]

    def _store(
        self, connection: Connection, group: EffectGroup, results: list[JsonValue], changed: Mapping[str, int]
    ) -> None:
        common = {
            "group_key": group.key,
            "decision_id": group.decision_id,
            "run_id": group.run_id,
            "changed": json.dumps(changed, sort_keys=True),
            "applied_at": time.time(),
        }
        rows = [
            {
                **common,
                "effect_key": call.key,
                "effect": call.name,
                "args": json.dumps(dict(call.arguments), sort_keys=True),
                "result": json.dumps(result),
            }
            for call, result in zip(group.effects, results, strict=True)
        ]
        if rows:
            connection.execute(self._metadata.tables[APPLIED].insert(), rows)

    @contextmanager
    def _connection(self, *, writes: bool = False) -> Generator[Connection]:
        with translated(self.name), self._engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                # A writer takes the lock before it reads, so that its checks still hold at commit.
                connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
            yield connection


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsSetup(TargetSetup):
    """Setup of a record store.

    Attributes:
        file: The declared tables and documents.
        rows: Row names across the project's stores.
    """

    file: RecordsFile
    rows: RowNames | None = None


def open_target(setup: RecordsSetup) -> Records:
    """Open a record store of the profile with the project's effects."""
    return Records.open(setup.url, setup.file, effects=setup.effects, lock_timeout_s=setup.lock_wait_s, rows=setup.rows)
