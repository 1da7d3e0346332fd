"""All tables of the state store, in one `MetaData`; the migrations create exactly these (a test compares).

Times are UTC seconds since 1970 as 64-bit floats. JSON columns hold JSON text (`json`, not `jsonb`, on PostgreSQL:
values are read back unchanged, including NUL characters); Python's None is SQL's NULL. Enumerations are text: the room
that owns a column owns its values.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from compound.connector.state.columns import json as _json
from compound.connector.state.columns import key as _key
from compound.connector.state.columns import metadata
from compound.connector.state.columns import text as _text
from compound.connector.state.columns import time as _time
from compound.connector.state.desk_tables import (
    review_assignment,
    review_canary,
    review_comment,
    review_pen,
    review_shown,
)
from compound.connector.state.message_tables import message, message_run
from compound.connector.state.people_tables import account, api_token, login_link, web_session
from compound.connector.state.serving import tables as serving_tables
from compound.connector.state.work.quality_tables import decision_figure, qa_sample
from compound.connector.state.work.review_indexes import index_reviews
from compound.connector.state.work.tables import batch_request, suite_case, suite_run

__all__ = [
    "account", "api_token", "audit", "batch_item", "batch_job", "batch_request", "call", "certificate", "decision",
    "decision_figure", "draft_version", "graph", "idempotency", "lease", "login_link", "message", "message_run",
    "metadata", "outbox", "qa_sample", "resume", "review", "review_assignment", "review_canary", "review_comment",
    "review_pen", "review_shown", "run",
    "score", "serving_tables", "suite_case", "suite_run", "web_session",
]  # fmt: skip

run = Table(
    "run",
    metadata,
    Column("run_id", Text, primary_key=True),
    _key("graph_name"),
    _key("graph_hash"),
    Column("graph_version", Integer),
    _key("moved_from", nullable=True),
    _key("thread_id", nullable=True),
    _key("item_id", nullable=True),
    _key("item_sha256", nullable=True),
    _key("host", nullable=True),
    _key("status"),
    _key("input_sha256", nullable=True),
    _json("input"),
    _json("context"),
    _json("output"),
    _json("error"),
    _key("profile", nullable=True),
    _time("created_at", nullable=False),
    _time("updated_at", nullable=False),
    _time("pruned_at"),
    Index(None, "status", "updated_at"),
    Index(None, "thread_id"),
    Index(None, "item_id"),
)
"""One row per run of a graph. `item_id` and `item_sha256`: the item that it answers, if any. `host`: the host of
its checkpoints. `pruned_at`: when its policy removed its content."""

graph = Table(
    "graph",
    metadata,
    Column("hash", Text, primary_key=True),
    _key("name"),
    _json("data", nullable=False),
    _time("created_at", nullable=False),
)
"""Graphs of started runs, with their sub-graphs; content-addressed and immutable."""

call = Table(
    "call",
    metadata,
    Column("call_key", Text, primary_key=True),
    _key("run_id"),
    _key("node"),
    Column("attempt", Integer, nullable=False, default=1, server_default="1"),
    Column("call_index", Integer, nullable=False, default=0, server_default="0"),
    _key("request_hash"),
    _key("provider", nullable=True),
    _key("model", nullable=True),
    _key("state", nullable=True),
    _key("job_id", nullable=True),
    _key("item_id", nullable=True),
    _key("batch_id", nullable=True),
    _json("response"),
    _json("usage"),
    Column("cost_usd", Double),
    Column("known_usd", Double),
    _json("error"),
    _time("created_at", nullable=False),
    _time("finished_at"),
    Index(None, "run_id"),
    Index(None, "batch_id"),
)
"""The call journal: a finished call is reused after a crash and never paid twice."""

batch_job = Table(
    "batch_job",
    metadata,
    Column("job_id", Text, primary_key=True),
    _key("graph_name"),
    _key("graph_hash"),
    _text("source", nullable=False),
    _json("options"),
    _key("status"),
    Column("starts", Integer, nullable=False, default=1, server_default="1"),
    _time("created_at", nullable=False),
    _time("updated_at", nullable=False),
)
"""One row per batch: a graph over a source. `options`: `context` and `again_since`, shared by all items; `limit`,
`concurrency` and `results`, with which it was last run."""

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    _text("owner"),
    Column("fence", Integer, nullable=False),
    _time("since"),
    _time("lease_until"),
)
"""Leases of batches (`batch:JOB`) and runs (`run:ID`). `fence` is a fencing token: it grows with each holder, so
that late writes of an earlier holder are refused."""

batch_item = Table(
    "batch_item",
    metadata,
    Column("job_id", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("item_id", Text, nullable=False),
    _key("input_hash"),
    _json("input"),
    Column("attempt", Integer, nullable=False, default=1, server_default="1"),
    _key("status"),
    _key("readiness", nullable=True),
    _key("run_id", nullable=True),
    Column("is_adopted", Boolean, nullable=False, default=False, server_default=false()),
    _json("context"),
    _json("message"),
    _json("error"),
    _time("created_at"),
    _time("started_at"),
    _time("finished_at"),
    PrimaryKeyConstraint("job_id", "item_id"),
    Index(None, "job_id", "seq"),
    Index(None, "job_id", "status", "seq"),
    Index(None, "job_id", "finished_at"),
    Index(None, "run_id"),
    Index(None, "item_id"),
)
"""The ledger: one row per item; `pending running waiting_batch waiting_review done failed dead cancelled`.
`is_adopted`: its run was started by another batch or by `compound run`. `message`: its mailbox and
its conversation."""

review = Table(
    "review",
    metadata,
    Column("review_id", Text, primary_key=True),
    _key("run_id"),
    _key("node"),
    Column("returns", Integer, nullable=False, default=0, server_default="0"),
    Column("level", Integer, nullable=False, default=0, server_default="0"),
    _key("thread_id", nullable=True),
    _key("queue"),
    Column("item_id", Text),
    _key("status"),
    Column("version", Integer, nullable=False),
    Column("risk", Integer, nullable=False, default=0, server_default="0"),
    _json("second", nullable=False),
    _json("item", nullable=False),
    _text("title"),
    _json("evidence", nullable=False),
    _json("reasons", nullable=False),
    _json("refs", nullable=False),
    Column("draft_seq", Integer, nullable=False),
    _key("evidence_sha256"),
    _key("lease_user", nullable=True),
    _time("lease_until"),
    Column("lease_token", Integer, nullable=False, default=0, server_default="0"),
    _key("first_approver", nullable=True),
    _json("stale_reason"),
    _key("parent_id", nullable=True),
    _key("on_expire"),
    _key("escalate_to", nullable=True),
    _key("graph_name", nullable=True),
    _json("undo_s", nullable=False),
    _json("decide"),
    _json("held"),
    _time("due_at"),
    _time("expire_at"),
    _time("snooze_until"),
    _time("created_at", nullable=False),
    _time("updated_at", nullable=False),
    _time("pruned_at"),
    Column("ready", Boolean),
    _json("readiness"),
    UniqueConstraint("run_id", "node", "returns", "level"),
    Index("ix_review_opened", "graph_name", "created_at"),
    Index(None, "status", "expire_at"),
    Index(None, "item_id"),
)
index_reviews(review)
"""Reviews. `returns` counts returns to the graph, `level` counts escalations; `decide` is the offer.

`ready`: whether the node's `auto` rule holds; NULL if it has none. `readiness`: further results of the rule.
"""

draft_version = Table(
    "draft_version",
    metadata,
    Column("review_id", Text, ForeignKey("review.review_id"), nullable=False),
    Column("seq", Integer, nullable=False),
    _key("author"),
    _json("draft", nullable=False),
    _key("sha256"),
    _time("created_at", nullable=False),
    PrimaryKeyConstraint("review_id", "seq"),
)
"""Drafts of the graph and of people; immutable."""

decision = Table(
    "decision",
    metadata,
    Column("decision_id", Text, primary_key=True),
    Column("review_id", Text, ForeignKey("review.review_id"), nullable=False),
    Column("version", Integer, nullable=False),
    _key("run_id"),
    _key("node"),
    Column("returns", Integer, nullable=False, default=0, server_default="0"),
    _key("action"),
    Column("final", Boolean, nullable=False),
    _key("actor"),
    _json("draft", nullable=False),
    _key("body_sha256"),
    _json("seen", nullable=False),
    _json("refs", nullable=False),
    _key("reason", nullable=True),
    _text("note"),
    _json("fields"),
    _time("decided_at", nullable=False),
    UniqueConstraint("review_id", "version"),
    Index(None, "run_id", "node", "returns"),
)
"""Decisions; immutable. `final` is false for a first approval and an escalation, which do not resume the run."""

resume = Table(
    "resume",
    metadata,
    Column("decision_id", Text, ForeignKey("decision.decision_id"), primary_key=True),
    Column("review_id", Text, ForeignKey("review.review_id"), nullable=False),
    _key("run_id"),
    _key("node"),
    _key("status"),
    Column("attempts", Integer, nullable=False, default=0, server_default="0"),
    _text("owner"),
    _time("lease_until"),
    _time("undo_until"),
    _json("error"),
    _time("created_at", nullable=False),
    _time("updated_at", nullable=False),
    Index(None, "review_id"),
    Index(None, "status"),
)
"""Runs to resume: `pending running done dead cancelled`, claimed by one process at a time."""

idempotency = Table(
    "idempotency",
    metadata,
    Column("key", Text, primary_key=True),
    _key("payload_sha256"),
    _key("decision_id"),
    _time("created_at", nullable=False),
)
"""Idempotency keys: the same payload returns the first result, another payload is refused."""

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    _time("at", nullable=False),
    _key("actor"),
    _key("event"),
    _key("subject"),
    _json("details", nullable=False),
    _key("prev_hash"),
    _key("hash"),
    Index(None, "subject"),
    serving_tables.too_fast_index(),
)
"""The audit log, a hash chain; triggers refuse UPDATE and DELETE. It holds ids and hashes, never texts."""

outbox = Table(
    "outbox",
    metadata,
    Column("effect_key", Text, primary_key=True),
    _key("group_key"),
    _key("decision_id"),
    _key("run_id", nullable=True),
    _key("node", nullable=True),
    Column("ordinal", Integer, nullable=False),
    _key("effect"),
    _key("target"),
    _json("args", nullable=False),
    _key("body_sha256"),
    _json("expected_versions", nullable=False),
    _key("status"),
    _json("result"),
    _json("error"),
    Column("attempts", Integer, nullable=False, default=0, server_default="0"),
    _text("owner"),
    _text("place"),
    _time("lease_until"),
    _time("undo_until"),
    _time("created_at", nullable=False),
    _time("updated_at", nullable=False),
    _time("sent_at"),
    Index(None, "group_key"),
    Index(None, "decision_id"),
    Index(None, "run_id"),
    Index(None, "status", "undo_until"),
)
"""The outbox: effects to run once. `place`: where the target of the last delivery records it. Statuses:
`scheduled cancelled sending sent refused failed unknown`."""

certificate = Table(
    "certificate",
    metadata,
    Column("certificate_id", Text, primary_key=True),
    _key("graph_name"),
    _key("node"),
    _key("profile"),
    _key("policy"),
    _key("source"),
    Column("threshold", Double),
    Column("cases", Integer, nullable=False),
    Column("n", Integer, nullable=False),
    Column("k", Integer, nullable=False),
    Column("bound", Double, nullable=False),
    Column("error_at_most", Double, nullable=False),
    Column("confidence", Double, nullable=False),
    _key("method"),
    _json("covers", nullable=False),
    _key("created_by"),
    _time("created_at", nullable=False),
    _key("revoked_by", nullable=True),
    _time("revoked_at"),
    _text("revoke_reason"),
    Index(None, "graph_name", "node", "profile"),
)
"""Certificates of `auto` rules: k wrong of n labels, for exactly the setup in `covers`."""

score = Table(
    "score",
    metadata,
    Column("score_id", Text, primary_key=True),
    _key("suite", nullable=True),
    _key("name"),
    _key("run_id", nullable=True),
    _key("trace_id", nullable=True),
    _key("span_id", nullable=True),
    Column("case_id", Text),
    Column("epoch", Integer, nullable=False, default=0, server_default="0"),
    _key("source", nullable=True),
    Column("value", Double),
    _text("label"),
    _text("explanation"),
    _key("scorer", nullable=True),
    _key("scorer_version", nullable=True),
    Column("cost_usd", Double),
    _json("details"),
    _time("created_at", nullable=False),
    Index(None, "suite", "name"),
    Index(None, "run_id"),
)
"""Scores of runs, spans and cases; an absent score has no row."""
