"""What people add to reviews: comments, assignments, text that is not decided yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v1_0014"
down_revision = "v1_0013"


def upgrade() -> None:
    """Three tables."""
    op.create_table(
        "review_comment",
        sa.Column("review_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["review.review_id"], name=op.f("fk_review_comment_review_id")),
        sa.PrimaryKeyConstraint("review_id", "seq", name=op.f("pk_review_comment")),
    )
    op.create_table(
        "review_assignment",
        sa.Column("review_id", sa.Text(), nullable=False),
        sa.Column("assignee", sa.Text(), nullable=False),
        sa.Column("assigned_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["review.review_id"], name=op.f("fk_review_assignment_review_id")),
        sa.PrimaryKeyConstraint("review_id", name=op.f("pk_review_assignment")),
    )
    op.create_index(op.f("ix_review_assignment_assignee"), "review_assignment", ["assignee"], unique=False)
    op.create_table(
        "review_pen",
        sa.Column("review_id", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("draft_seq", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["review.review_id"], name=op.f("fk_review_pen_review_id")),
        sa.PrimaryKeyConstraint("review_id", "author", name=op.f("pk_review_pen")),
    )
