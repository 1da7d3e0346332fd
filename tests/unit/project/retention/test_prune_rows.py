"""Whatever a store holds: nothing of a run that is not over, or that is younger than the limit, is ever removed."""

from __future__ import annotations

import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compound.connector.state import tables
from compound.project.retention.prune_state import empty_runs, open_runs  # pyright: ignore[reportPrivateUsage]
from tests.support.data.state_stores import sqlite_store

NOW, LIMIT = 1_000_000.0, 900_000.0
AGES = st.sampled_from([100.0, LIMIT - 1, LIMIT, LIMIT + 1, NOW])
JSON: dict[str, Any] = {"words": "secret"}


@dataclass(frozen=True, slots=True)
class Stored:
    """A run with everything that may belong to it; None where there is no such row."""

    status: str | None
    at: float
    item: str | None
    item_at: float
    resume: str | None
    effect: str | None
    ticket: str | None

    @property
    def is_open(self) -> bool:
        undecided = self.item in {"pending", "in_review", "awaiting_second", "stale", "snoozed"}
        goes_on = self.resume in {"pending", "running"} and self.item == "decided" and self.status != "done"
        undelivered = self.effect in {"scheduled", "sending", "failed", "unknown"}
        nobody_decides = self.item in {"expired", "withdrawn"}
        waits = self.status == "running" or (self.status == "waiting_review" and not nobody_decides)
        return undecided or goes_on or undelivered or waits or self.ticket in {"pending", "running"}

    @property
    def is_young(self) -> bool:
        times = [self.at if self.status or self.effect else 0.0, self.item_at if self.item else 0.0]
        return max(times) >= LIMIT


runs = st.builds(
    Stored,
    status=st.none() | st.sampled_from(["running", "waiting_review", "done", "failed"]),
    at=AGES,
    item=st.none()
    | st.sampled_from(
        ["pending", "in_review", "awaiting_second", "decided", "stale", "snoozed", "expired", "withdrawn"]
    ),
    item_at=AGES,
    resume=st.none() | st.sampled_from(["pending", "running", "done", "dead", "cancelled"]),
    effect=st.none() | st.sampled_from(["scheduled", "cancelled", "sending", "sent", "refused", "failed", "unknown"]),
    ticket=st.none() | st.sampled_from(["pending", "running", "waiting_review", "done", "dead"]),
)


def insert(db: sa.Connection, run_id: str, run: Stored) -> None:
    def add(table: sa.Table, **values: Any) -> None:
        given = {column.name: _filler(column) for column in table.columns if not column.nullable}
        db.execute(sa.insert(table).values({**given, **values}))

    if run.status is not None:
        add(tables.run, run_id=run_id, status=run.status, input=JSON, updated_at=run.at)
    if run.item is not None:
        about = {"review_id": run_id, "run_id": run_id}
        add(tables.review, **about, node=run_id, status=run.item, item=JSON, updated_at=run.item_at)
        add(tables.draft_version, review_id=run_id, draft=JSON)
        if run.resume is not None:
            add(tables.decision, **about, decision_id=run_id, draft=JSON, note="secret", decided_at=100.0)
            add(tables.resume, **about, decision_id=run_id, status=run.resume)
    if run.effect is not None:
        add(tables.outbox, effect_key=run_id, run_id=run_id, status=run.effect, args=JSON, updated_at=run.at)
    if run.ticket is not None:
        add(tables.batch_item, item_id=run_id, run_id=run_id, status=run.ticket, input=JSON)


def _filler(column: sa.Column[Any]) -> object:
    if isinstance(column.type, sa.JSON):
        return {}
    return "x" if isinstance(column.type, sa.Text) else 0


def rows_of(db: sa.Connection, run_id: str) -> str:
    found: list[object] = []
    for table in tables.metadata.sorted_tables:
        for name in ("run_id", "review_id"):
            if name in table.c:
                found += [tuple(row) for row in db.execute(sa.select(table).where(table.c[name] == run_id))]
    return repr(found)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(runs, min_size=1, max_size=8))
def test_only_what_is_over_and_old_is_emptied_and_that_wholly(stored: list[Stored]) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(sqlite_store(Path(folder))) as store:
        ids = [f"run{number}" for number in range(len(stored))]
        with store.write() as db:
            for run_id, run in zip(ids, stored, strict=True):
                insert(db, run_id, run)
        with store.read() as db:
            before = {run_id: rows_of(db, run_id) for run_id in ids}
            busy = open_runs(db, ids)
        assert busy == {run_id for run_id, run in zip(ids, stored, strict=True) if run.is_open}
        emptied: list[str] = []
        empty_runs(store, ids, before=LIMIT, now=NOW, on_each=emptied.extend)
        with store.read() as db:
            for run_id, run in zip(ids, stored, strict=True):
                if run.is_open or run.is_young:
                    assert run_id not in emptied
                    assert rows_of(db, run_id) == before[run_id]
                else:
                    assert run_id in emptied
                    assert "secret" not in rows_of(db, run_id)
