"""The table of runs: the graph, status and result of each run."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Literal, Protocol, cast

from compound.language.sha import sha

if TYPE_CHECKING:
    from pydantic import JsonValue
    from sqlalchemy import Executable
    from sqlalchemy.engine import Connection

    from compound.connector.state import StateStore
    from compound.connector.state.items import RunItem

LedgerStatus = Literal["running", "waiting_review", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run as it is stored.

    Attributes:
        moved_from: Hash of the graph it was started with, if it moved.
        pruned_at: When its content was removed, UTC seconds; None if it was not.
        host: Location of its checkpoints, `host:path`; None if they are not in a file.
    """

    run_id: str
    graph_name: str
    graph_hash: str
    graph_version: int
    thread_id: str
    status: str
    input: Mapping[str, JsonValue]
    context: Mapping[str, JsonValue]
    output: Mapping[str, JsonValue] | None = None
    error: Mapping[str, JsonValue] | None = None
    moved_from: str | None = None
    pruned_at: float | None = None
    host: str | None = None
    item: RunItem | None = None


class RunLedger(Protocol):
    """A ledger of runs."""

    @property
    def is_durable(self) -> bool:
        """Whether it outlives the process."""
        ...

    def get(self, run_id: str) -> RunRecord | None:
        """The run; None if it was never started."""
        ...

    def start(self, record: RunRecord) -> None:
        """Store a new run."""
        ...

    def set(
        self,
        run_id: str,
        status: LedgerStatus,
        *,
        output: Mapping[str, JsonValue] | None = None,
        error: Mapping[str, JsonValue] | None = None,
    ) -> None:
        """Store its status."""
        ...

    def keep_graph(self, graph_hash: str, name: str, data: Mapping[str, JsonValue]) -> None:
        """Store a graph that runs are started with; storing it again changes nothing."""
        ...

    def graph(self, graph_hash: str) -> Mapping[str, JsonValue] | None:
        """A stored graph."""
        ...

    def move(self, run_id: str, graph_hash: str, graph_version: int) -> None:
        """Assign a run to another version of its graph."""
        ...

    def unfinished(self, name: str, but: str) -> int:
        """The number of unfinished runs of a graph on versions other than this one."""
        ...


class StateLedger:
    """Runs in the state store's table `run`.

    The results of a run are stored durably elsewhere: its decisions, its effects, its paid calls. Its status can be
    recovered from those, so these rows do not wait for the disk.
    """

    is_durable = True

    def __init__(self, store: StateStore, clock: Callable[[], float] = time.time, *, host: str | None = None) -> None:
        self._store = store
        self._clock = clock
        self._host = host  # the location of the checkpoints

    def get(self, run_id: str) -> RunRecord | None:
        """The run; None if it was never started."""
        with self._store.read() as connection:
            row = connection.execute(_statements().get, {"of_run": run_id}).mappings().first()
        if row is None:
            return None
        return RunRecord(
            run_id=run_id,
            graph_name=row["graph_name"],
            graph_hash=row["graph_hash"],
            graph_version=row["graph_version"] or 0,
            thread_id=row["thread_id"] or run_id,
            status=row["status"],
            input=row["input"] or {},
            context=row["context"] or {},
            output=row["output"],
            error=row["error"],
            moved_from=row["moved_from"],
            pruned_at=row["pruned_at"],
            host=row["host"],
        )

    def start(self, record: RunRecord) -> None:
        """Store a new run."""
        now = self._clock()
        item = record.item
        values = {
            "run_id": record.run_id,
            "graph_name": record.graph_name,
            "graph_hash": record.graph_hash,
            "graph_version": record.graph_version,
            "thread_id": record.thread_id,
            "item_id": None if item is None else item.item_id,
            "item_sha256": None if item is None else item.sha256,
            "host": self._host,
            "status": record.status,
            "input_sha256": digest(record.input),
            "input": dict(record.input),
            "context": dict(record.context),
            "created_at": now,
            "updated_at": now,
        }
        with self._store.write(durable=False) as connection:
            connection.execute(_statements().start, values)

    def set(
        self,
        run_id: str,
        status: LedgerStatus,
        *,
        output: Mapping[str, JsonValue] | None = None,
        error: Mapping[str, JsonValue] | None = None,
    ) -> None:
        """Store its status."""
        values = {
            "of_run": run_id,
            "status": status,
            "output": None if output is None else dict(output),
            "error": None if error is None else dict(error),
            "updated_at": self._clock(),
        }
        if self._host is not None:
            values["host"] = self._host
        with self._store.write(durable=False) as connection:
            if status in _ENDED:
                _tell_ended(connection, run_id, status, at=self._clock())
            connection.execute(_statements().set, values)

    def keep_graph(self, graph_hash: str, name: str, data: Mapping[str, JsonValue]) -> None:
        """Store a graph that runs are started with."""
        from compound.connector.state import tables

        there = tables.graph.select().where(tables.graph.c.hash == graph_hash)
        row = {"hash": graph_hash, "name": name, "data": dict(data), "created_at": self._clock()}
        with self._store.write() as connection:
            if connection.execute(there).first() is None:
                connection.execute(tables.graph.insert(), row)

    def graph(self, graph_hash: str) -> Mapping[str, JsonValue] | None:
        """A stored graph."""
        from compound.connector.state import tables

        with self._store.read() as connection:
            row = connection.execute(tables.graph.select().where(tables.graph.c.hash == graph_hash)).mappings().first()
        return None if row is None else cast("Mapping[str, JsonValue]", row["data"])

    def move(self, run_id: str, graph_hash: str, graph_version: int) -> None:
        """Assign a run to another version of its graph."""
        from compound.connector.state import tables

        table = tables.run
        values = {
            "moved_from": table.c.graph_hash,
            "graph_hash": graph_hash,
            "graph_version": graph_version,
            "updated_at": self._clock(),
        }
        with self._store.write() as connection:
            connection.execute(table.update().where(table.c.run_id == run_id).values(values))

    def unfinished(self, name: str, but: str) -> int:
        """The number of unfinished runs on other versions."""
        import sqlalchemy as sa

        from compound.connector.state import tables

        table = tables.run
        query = sa.select(sa.func.count()).where(
            table.c.graph_name == name,
            table.c.graph_hash != but,
            table.c.status.in_(("running", "waiting_review")),
        )
        with self._store.read() as connection:
            return int(connection.execute(query).scalar_one())


_ENDED = frozenset({"done", "failed", "cancelled"})


def _tell_ended(connection: Connection, run_id: str, status: str, *, at: float) -> None:
    """Tell the webhooks that a run ends, unless it had this status before."""
    from compound.connector.state.serving.webhooks import RUN, tell

    row = connection.execute(_statements().get, {"of_run": run_id}).mappings().first()
    if row is None or row["status"] == status:
        return
    data = {"run_id": run_id, "graph": row["graph_name"], "status": status, "item_id": row["item_id"]}
    tell(connection, RUN, f"run_{run_id}_{status}_{at:.3f}", at=at, data=data)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statements:
    get: Executable
    start: Executable
    set: Executable


@cache
def _statements() -> _Statements:
    """Made once: creating a statement costs more than running it."""
    from sqlalchemy import bindparam

    from compound.connector.state import tables

    is_run = tables.run.c.run_id == bindparam("of_run")
    return _Statements(
        get=tables.run.select().where(is_run), start=tables.run.insert(), set=tables.run.update().where(is_run)
    )


def run_record(store: StateStore, run_id: str) -> RunRecord | None:
    """The status of a stored run; None if it was never started."""
    return StateLedger(store).get(run_id)


class MemoryLedger:
    """Runs in memory, for graphs without boundaries and for tests."""

    is_durable = False

    def __init__(self) -> None:
        self.records: dict[str, RunRecord] = {}
        self.graphs: dict[str, Mapping[str, JsonValue]] = {}

    def get(self, run_id: str) -> RunRecord | None:
        """The run; None if it was never started."""
        return self.records.get(run_id)

    def start(self, record: RunRecord) -> None:
        """Store a new run."""
        self.records[record.run_id] = record

    def set(
        self,
        run_id: str,
        status: LedgerStatus,
        *,
        output: Mapping[str, JsonValue] | None = None,
        error: Mapping[str, JsonValue] | None = None,
    ) -> None:
        """Store its status."""
        self.records[run_id] = replace(self.records[run_id], status=status, output=output, error=error)

    def keep_graph(self, graph_hash: str, name: str, data: Mapping[str, JsonValue]) -> None:
        """Store a graph."""
        self.graphs.setdefault(graph_hash, data)

    def graph(self, graph_hash: str) -> Mapping[str, JsonValue] | None:
        """A stored graph."""
        return self.graphs.get(graph_hash)

    def move(self, run_id: str, graph_hash: str, graph_version: int) -> None:
        """Assign a run to another version of its graph."""
        old = self.records[run_id]
        self.records[run_id] = replace(
            old, graph_hash=graph_hash, graph_version=graph_version, moved_from=old.graph_hash
        )

    def unfinished(self, name: str, but: str) -> int:
        """The number of unfinished runs on other versions."""
        open_ones = [one for one in self.records.values() if one.status in {"running", "waiting_review"}]
        return sum(1 for one in open_ones if one.graph_name == name and one.graph_hash != but)


def digest(value: Mapping[str, JsonValue]) -> str:
    """sha256 of the canonical JSON."""
    text = json.dumps(cast("JsonValue", value), sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=dict)
    return sha(text.encode("utf-8", "replace"))
