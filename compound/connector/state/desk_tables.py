"""The tables of what people add to reviews, when they saw them, and what was planted in them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from compound.connector.state.columns import json, key, metadata, text, time

review_comment = Table(
    "review_comment",
    metadata,
    Column("review_id", Text, ForeignKey("review.review_id"), nullable=False),
    Column("seq", Integer, nullable=False),
    key("author"),
    text("text", nullable=False),
    time("created_at", nullable=False),
    PrimaryKeyConstraint("review_id", "seq"),
)
"""Comments of people on a review, which customers never see. `text` is empty once its content was removed."""

review_assignment = Table(
    "review_assignment",
    metadata,
    Column("review_id", Text, ForeignKey("review.review_id"), primary_key=True),
    key("assignee"),
    key("assigned_by"),
    time("created_at", nullable=False),
    Index(None, "assignee"),
)
"""Who should decide a review; none: anybody."""

review_pen = Table(
    "review_pen",
    metadata,
    Column("review_id", Text, ForeignKey("review.review_id"), nullable=False),
    key("author"),
    Column("version", Integer, nullable=False),
    Column("draft_seq", Integer, nullable=False),
    json("content", nullable=False),
    time("updated_at", nullable=False),
    PrimaryKeyConstraint("review_id", "author"),
)
"""What a person typed and has not decided: one row per review and person. `version` grows with each save;
`draft_seq`: the draft that the person began from; `content`: fields of the form, as typed."""

review_shown = Table(
    "review_shown",
    metadata,
    Column("review_id", Text, ForeignKey("review.review_id"), nullable=False),
    key("person"),
    Column("draft_seq", Integer, nullable=False),
    time("shown_at", nullable=False),
    PrimaryKeyConstraint("review_id", "person", "draft_seq"),
)
"""When a draft was first shown to a person."""

review_canary = Table(
    "review_canary",
    metadata,
    Column("review_id", Text, ForeignKey("review.review_id"), primary_key=True),
    key("source_id"),
    key("source_run_id"),
    key("policy"),
    Column("number", Integer, nullable=False),
    key("operator"),
    json("planted"),
    time("created_at", nullable=False),
    key("reviewer", nullable=True),
    key("action", nullable=True),
    Column("caught", Boolean),
    time("decided_at"),
    UniqueConstraint("policy", "number"),
    Index(None, "source_id"),
    Index(None, "source_run_id"),
)
"""Canaries: copies of decided reviews with a planted fault. `source_id`: the review that was copied; `number`: counts
the canaries of a policy; `planted`: the fault, removed with the content of the source's run; `caught`: NULL until it is
decided, and where it was escalated."""
