"""The table of runs: which graph a run belongs to, where it stands, and how it ended."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, cast

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.state import StateStore

LedgerStatus = Literal["running", "waiting_review", "done", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run as it is stored."""

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


class RunLedger(Protocol):
    """Where runs are noted."""

    def get(self, run_id: str) -> RunRecord | None:
        """The run; None when it was never started."""
        ...

    def start(self, record: RunRecord) -> None:
        """Note a new run."""
        ...

    def set(
        self,
        run_id: str,
        status: LedgerStatus,
        *,
        output: Mapping[str, JsonValue] | None = None,
        error: Mapping[str, JsonValue] | None = None,
    ) -> None:
        """Note where it stands."""
        ...


class StateLedger:
    """Runs in the state store's table `run`."""

    def __init__(self, store: StateStore, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock

    def get(self, run_id: str) -> RunRecord | None:
        """The run; None when it was never started."""
        from compound.connector.state import tables

        with self._store.read() as connection:
            row = connection.execute(tables.run.select().where(tables.run.c.run_id == run_id)).mappings().first()
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
        )

    def start(self, record: RunRecord) -> None:
        """Note a new run."""
        from compound.connector.state import tables

        now = self._clock()
        values = {
            "run_id": record.run_id,
            "graph_name": record.graph_name,
            "graph_hash": record.graph_hash,
            "graph_version": record.graph_version,
            "thread_id": record.thread_id,
            "status": record.status,
            "input_sha256": digest(record.input),
            "input": dict(record.input),
            "context": dict(record.context),
            "created_at": now,
            "updated_at": now,
        }
        with self._store.write() as connection:
            connection.execute(tables.run.insert().values(values))

    def set(
        self,
        run_id: str,
        status: LedgerStatus,
        *,
        output: Mapping[str, JsonValue] | None = None,
        error: Mapping[str, JsonValue] | None = None,
    ) -> None:
        """Note where it stands."""
        from compound.connector.state import tables

        values = {
            "status": status,
            "output": None if output is None else dict(output),
            "error": None if error is None else dict(error),
            "updated_at": self._clock(),
        }
        with self._store.write() as connection:
            connection.execute(tables.run.update().where(tables.run.c.run_id == run_id).values(values))


def run_record(store: StateStore, run_id: str) -> RunRecord | None:
    """How a stored run stands; None when it was never started."""
    return StateLedger(store).get(run_id)


class MemoryLedger:
    """Runs in memory, for graphs without boundaries and for tests."""

    def __init__(self) -> None:
        self.records: dict[str, RunRecord] = {}

    def get(self, run_id: str) -> RunRecord | None:
        """The run; None when it was never started."""
        return self.records.get(run_id)

    def start(self, record: RunRecord) -> None:
        """Note a new run."""
        self.records[record.run_id] = record

    def set(
        self,
        run_id: str,
        status: LedgerStatus,
        *,
        output: Mapping[str, JsonValue] | None = None,
        error: Mapping[str, JsonValue] | None = None,
    ) -> None:
        """Note where it stands."""
        old = self.records[run_id]
        self.records[run_id] = RunRecord(
            run_id=run_id,
            graph_name=old.graph_name,
            graph_hash=old.graph_hash,
            graph_version=old.graph_version,
            thread_id=old.thread_id,
            status=status,
            input=old.input,
            context=old.context,
            output=output,
            error=error,
        )


def digest(value: Mapping[str, JsonValue]) -> str:
    """sha256 of the canonical JSON."""
    text = json.dumps(cast("JsonValue", value), sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=dict)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
