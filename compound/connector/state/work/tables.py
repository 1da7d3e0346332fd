"""Tables of requests to batches, and of suite runs with their cases."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, Table, Text

from compound.connector.state.columns import json, key, metadata, text, time

batch_request = Table(
    "batch_request",
    metadata,
    Column("job_id", Text, primary_key=True),
    key("wish"),
    key("asked_by"),
    text("note"),
    time("asked_at", nullable=False),
)
"""The last request of a person to a batch, `run`, `pause` or `cancel`; the process that runs it reads it."""

suite_run = Table(
    "suite_run",
    metadata,
    Column("suite_run_id", Text, primary_key=True),
    key("suite"),
    key("profile"),
    key("model"),
    key("graph_name"),
    key("graph_hash"),
    Column("n", Integer, nullable=False),
    json("report", nullable=False),
    time("started_at", nullable=False),
    time("finished_at", nullable=False),
    Index(None, "suite", "finished_at"),
    Index(None, "finished_at"),
)
"""Runs of suites. `report`: its scores, sections, slices and gates, without cases and errors."""

suite_case = Table(
    "suite_case",
    metadata,
    Column(
        "suite_run_id",
        Text,
        ForeignKey("suite_run.suite_run_id", name="fk_suite_case_suite_run_id_suite_run"),
        nullable=False,
    ),
    Column("seq", Integer, nullable=False),
    Column("case_id", Text, nullable=False),
    text("section", nullable=False),
    key("run_id", nullable=True),
    key("graph_name"),
    key("status"),
    key("cluster_id", nullable=True),
    json("tags", nullable=False),
    json("scores", nullable=False),
    json("why"),
    json("expected"),
    json("got"),
    text("error"),
    time("finished_at", nullable=False),
    PrimaryKeyConstraint("suite_run_id", "case_id"),
    Index(None, "suite_run_id", "seq"),
    Index(None, "run_id"),
    Index(None, "graph_name", "finished_at"),
)
"""Cases of suite runs. `section`: empty for the headline. `scores`: name to value, null where it is absent; `why`: name
to explanation. `why`, `expected`, `got` and `error` are content: retention and erasure remove them."""
