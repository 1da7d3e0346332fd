"""When people saw drafts, and canaries: seeded wrong drafts that measure whether reviewers catch faults."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v1_0016"
down_revision = "v1_0015"


def upgrade() -> None:
    """Two tables, and an index that counts the reviews of a graph since a time."""
    op.create_table(
        "review_shown",
        sa.Column("review_id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("draft_seq", sa.Integer(), nullable=False),
        sa.Column("shown_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["review.review_id"], name=op.f("fk_review_shown_review_id")),
        sa.PrimaryKeyConstraint("review_id", "person", "draft_seq", name=op.f("pk_review_shown")),
    )
    op.create_table(
        "review_canary",
        sa.Column("review_id", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("source_run_id", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("planted", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=True),
        sa.Column("caught", sa.Boolean(), nullable=True),
        sa.Column("decided_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["review_id"], ["review.review_id"], name=op.f("fk_review_canary_review_id")),
        sa.PrimaryKeyConstraint("review_id", name=op.f("pk_review_canary")),
        sa.UniqueConstraint("policy", "number", name=op.f("uq_review_canary_policy_number")),
    )
    op.create_index(op.f("ix_review_canary_source_id"), "review_canary", ["source_id"], unique=False)
    op.create_index(op.f("ix_review_canary_source_run_id"), "review_canary", ["source_run_id"], unique=False)
    op.create_index("ix_review_opened", "review", ["graph_name", "created_at"], unique=False)
