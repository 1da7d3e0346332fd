"""The tables of what people add to reviews: comments, assignments, and text that is not decided yet."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, Table, Text

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
