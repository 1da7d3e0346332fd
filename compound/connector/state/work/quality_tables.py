"""Tables of the quality of decisions: figures of each decision, and blind samples of them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Double, ForeignKey, Index, Table, Text

from compound.connector.state.columns import key, metadata, text, time

decision_figure = Table(
    "decision_figure",
    metadata,
    Column("decision_id", Text, ForeignKey("decision.decision_id"), primary_key=True),
    Column("review_id", Text, ForeignKey("review.review_id"), nullable=False),
    key("queue"),
    key("actor"),
    Column("is_automatic", Boolean, nullable=False),
    key("action"),
    key("reason", nullable=True),
    time("opened_at", nullable=False),
    time("due_at"),
    time("looked_at"),
    time("held_at"),
    time("decided_at", nullable=False),
    Column("changed_words", Double),
    key("ended", nullable=True),
    Index(None, "decided_at", "queue"),
    Index(None, "actor", "decided_at"),
)
"""What is counted of each final decision, without its content. `reason`: of a declared list, else NULL. `looked_at`:
the first claim of the review. `held_at`: the claim under which it was decided. `changed_words`: share of the words of
the graph's draft that the decision changed, 0 to 1. `ended`: `undone recalled refused` if it does not stand."""

qa_sample = Table(
    "qa_sample",
    metadata,
    Column("sample_id", Text, primary_key=True),
    Column("decision_id", Text, ForeignKey("decision.decision_id"), nullable=False),
    Column("review_id", Text, ForeignKey("review.review_id"), nullable=False),
    key("queue"),
    key("certificate_id", nullable=True),
    key("case_key", nullable=True),
    Column("stands_by", Boolean, nullable=False),
    time("decided_at", nullable=False),
    key("answered_by", nullable=True),
    time("answered_at"),
    Column("is_right", Boolean),
    key("reason", nullable=True),
    text("note"),
    Index(None, "decision_id", unique=True),
    Index(None, "answered_at", "decided_at"),
    Index(None, "certificate_id", "decided_at"),
    Index(None, "review_id"),
)
"""Decisions of the random sample, for a blind second look. `certificate_id`: of an automatic decision; NULL if a person
decided. `case_key`: decisions of one key depend on each other. `stands_by`: whether the decision lets the shown draft
happen. `is_right`: whether it should have happened, as the second person says; NULL until somebody answers."""
