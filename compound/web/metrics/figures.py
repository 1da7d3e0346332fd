"""The figures of a project: counted in the state store, never from traces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from compound.connector.state import tables
from compound.connector.state.leases import store_time
from compound.connector.state.serving.tables import TOO_FAST
from compound.review.quality.monitor import watched
from compound.review.stored.machine import UNDECIDED
from compound.web.metrics.exposition import Metric, Sample, histogram

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from compound.connector.state import StateStore

AGES: Final = (60.0, 300.0, 900.0, 3600.0, 14400.0, 86400.0, 604800.0)
"""Ages of open reviews, in seconds."""
SECONDS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Bounds of the histogram of items, in seconds."""
MOST_CERTIFICATES: Final = 20
"""Certificates that are told, the newest first."""
_REVIEW, _CALL, _ITEM = tables.review, tables.call, tables.batch_item
_OPEN = _REVIEW.c.status.in_([one.value for one in UNDECIDED])


def figures(store: StateStore) -> Sequence[Metric]:
    """All metrics, from one consistent view of the store."""
    with store.read() as db:
        return [*_reviews(db), *_work(db), *_calls(db), _item_seconds(db), *_quality(db)]


def _reviews(db: Connection) -> Sequence[Metric]:
    age = store_time(db) - _REVIEW.c.created_at
    parts = [sa.func.sum(sa.case((age > bound, 1), else_=0)) for bound in AGES]
    row = db.execute(sa.select(sa.func.max(age), *parts).where(_OPEN)).one()
    older = [Sample(int(n or 0), {"seconds": f"{bound:g}"}) for bound, n in zip(AGES, row[1:], strict=True)]
    alarms = sa.select(sa.func.count()).where(sa.literal_column("event") == sa.literal_column(f"'{TOO_FAST}'"))
    too_fast = db.execute(alarms.select_from(tables.audit)).scalar_one()
    return [
        Metric(
            "compound_decisions_too_fast_total",
            "counter",
            "Alarms: a person decided faster than one review a second for long.",
            [Sample(too_fast)],
        ),
        Metric("compound_reviews", "gauge", "Reviews by status and queue.", _counted(db, _REVIEW, "status", "queue")),
        Metric("compound_reviews_open_older_than", "gauge", "Open reviews that are older than `seconds`.", older),
        Metric(
            "compound_reviews_oldest_open_seconds",
            "gauge",
            "Age of the oldest open review.",
            [Sample(float(row[0] or 0))],
        ),
        Metric("compound_decisions_total", "counter", "Decisions by action.", _counted(db, tables.decision, "action")),
    ]


def _work(db: Connection) -> Sequence[Metric]:
    states = {"dead": "failed"}
    by_status = sa.select(_ITEM.c.status, sa.func.count()).where(_ITEM.c.seq >= 0).group_by(_ITEM.c.status)
    items = [Sample(count, {"status": states.get(str(status), str(status))}) for status, count in db.execute(by_status)]
    lease, now = tables.lease, store_time(db)
    held = sa.select(sa.func.count()).where(
        lease.c.name.startswith("batch:"), lease.c.owner.is_not(None), lease.c.lease_until > now
    )
    return [
        Metric("compound_effects", "gauge", "Effects by status.", _counted(db, tables.outbox, "status", "effect")),
        Metric(
            "compound_runs", "gauge", "Runs by graph and status.",
            _counted(db, tables.run, "status", graph="graph_name"),
        ),
        Metric(
            "compound_batches", "gauge", "Batches by graph and status of their last start.",
            _counted(db, tables.batch_job, "status", graph="graph_name"),
        ),
        Metric(
            "compound_batches_running", "gauge", "Batches that a process runs.",
            [Sample(db.execute(held).scalar_one())],
        ),
        Metric("compound_batch_items", "gauge", "Items of batches by status.", items),
    ]  # fmt: skip


def _quality(db: Connection) -> Sequence[Metric]:
    """Certificates with the tests of their decisions; those of the last setups, withdrawn ones too."""
    table, sample = tables.certificate, tables.qa_sample
    newest = table.c.created_at.desc()
    rows = db.execute(sa.select(table).order_by(newest, table.c.certificate_id).limit(MOST_CERTIFICATES)).all()
    tests = [
        (watched(db, row), {"graph": row.graph_name, "node": row.node, "certificate": row.certificate_id})
        for row in rows
    ]
    names = zip(rows, tests, strict=True)
    waiting = sa.select(sa.func.count()).where(sample.c.answered_at.is_(None))
    return [
        Metric(
            "compound_certificate_withdrawn", "gauge", "1: the certificate was withdrawn; its rule decides nothing.",
            [Sample(int(row.revoked_at is not None), labels) for row, (_, labels) in names],
        ),
        Metric(
            "compound_certificate_e_value", "gauge", "Evidence that automatic decisions are wrong too often.",
            [Sample(one.test.value, labels) for one, labels in tests if one.test.value is not None],
        ),
        Metric(
            "compound_certificate_alarm_at", "gauge", "The e-value that withdraws the certificate.",
            [Sample(one.test.threshold, labels) for one, labels in tests],
        ),
        Metric(
            "compound_quality_samples_open", "gauge", "Decisions of the sample without a blind second look.",
            [Sample(db.execute(waiting).scalar_one())],
        ),
    ]  # fmt: skip


def _calls(db: Connection) -> Sequence[Metric]:
    provider, model = (sa.func.coalesce(_CALL.c[name], "") for name in ("provider", "model"))
    usage = {
        kind: sa.func.coalesce(sa.func.sum(_CALL.c.usage[f"{kind}_tokens"].as_integer()), 0)
        for kind in ("input", "output")
    }
    cost = sa.func.coalesce(sa.func.sum(sa.func.coalesce(_CALL.c.known_usd, _CALL.c.cost_usd, 0.0)), 0.0)
    unknown = sa.func.count() - sa.func.count(_CALL.c.cost_usd)
    query = sa.select(provider, model, sa.func.count(), cost, unknown, *usage.values()).group_by(provider, model)
    rows: list[tuple[dict[str, str], list[float]]] = [
        ({"provider": str(values[0]), "model": str(values[1])}, [float(one) for one in values[2:]])
        for values in map(list[Any], db.execute(query))
    ]
    tokens = [
        Sample(values[3 + at], {**labels, "kind": kind}) for labels, values in rows for at, kind in enumerate(usage)
    ]
    return [
        Metric("compound_model_calls_total", "counter", "Finished model calls.", [Sample(v[0], k) for k, v in rows]),
        Metric("compound_model_tokens_total", "counter", "Tokens of finished model calls.", tokens),
        Metric(
            "compound_model_cost_usd_total", "counter", "Known cost of model calls, in USD.",
            [Sample(v[1], k) for k, v in rows],
        ),
        Metric(
            "compound_model_calls_of_unknown_cost_total", "counter", "Model calls of unknown or partly known cost.",
            [Sample(v[2], k) for k, v in rows],
        ),
    ]  # fmt: skip


def _item_seconds(db: Connection) -> Metric:
    took = _ITEM.c.finished_at - _ITEM.c.started_at
    bounds = (0.0, *SECONDS)
    inside = [
        sa.func.sum(sa.case((sa.and_(took > low if at else took >= low, took <= high), 1), else_=0))
        for at, (low, high) in enumerate(zip(bounds, SECONDS, strict=False))
    ]
    above = sa.func.sum(sa.case((took > SECONDS[-1], 1), else_=0))
    known = _ITEM.c.finished_at.is_not(None) & _ITEM.c.started_at.is_not(None) & (took >= 0)
    row = db.execute(sa.select(sa.func.coalesce(sa.func.sum(took), 0.0), *inside, above).where(known)).one()
    samples = histogram(SECONDS, [int(one or 0) for one in row[1:]], float(row[0]), {})
    return Metric("compound_batch_item_seconds", "histogram", "Time from the start of an item to its end.", samples)


def _counted(db: Connection, table: sa.Table, *names: str, **renamed: str) -> list[Sample]:
    columns: Mapping[str, sa.Column[Any]] = {
        **{label: table.c[column] for label, column in renamed.items()},
        **{name: table.c[name] for name in names},
    }
    rows = db.execute(sa.select(*columns.values(), sa.func.count()).group_by(*columns.values()))
    return [
        Sample(int(row[-1]), {name: str(one) for name, one in zip(columns, tuple(row), strict=False)}) for row in rows
    ]
