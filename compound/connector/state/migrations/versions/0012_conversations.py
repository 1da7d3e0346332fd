"""Messages of a mailbox, their conversations, and the runs that answer them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Two tables, and the conversation of each item of a batch."""
    op.create_table(
        "message",
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("words", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("arrived_at", sa.Double(), nullable=False),
        sa.Column("pruned_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("mailbox", "item_id", name=op.f("pk_message")),
        sa.UniqueConstraint("mailbox", "thread", "place", name=op.f("uq_message_mailbox_thread_place")),
    )
    op.create_table(
        "message_run",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_message_run")),
    )
    op.create_index(op.f("ix_message_run_mailbox_item_id"), "message_run", ["mailbox", "item_id"], unique=False)
    op.add_column("batch_item", sa.Column("message", sa.JSON(none_as_null=True), nullable=True))
