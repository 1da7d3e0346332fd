"""Quality of decisions: figures of each decision, and blind samples of decisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v1_0017"
down_revision = "v1_0016"


def upgrade() -> None:
    """Two tables; decisions that were made before get the figures that are stored of them."""
    _figures()
    _samples()
    op.execute(
        "INSERT INTO decision_figure (decision_id, review_id, queue, actor, is_automatic, action, opened_at, due_at,"
        " decided_at) SELECT d.decision_id, d.review_id, r.queue, d.actor, d.actor LIKE 'policy:%', d.action,"
        " r.created_at, r.due_at, d.decided_at FROM decision d JOIN review r ON r.review_id = d.review_id"
        " WHERE d.final AND r.status = 'decided' AND NOT EXISTS"
        " (SELECT 1 FROM decision l WHERE l.review_id = d.review_id AND l.version > d.version)"
    )


def _figures() -> None:
    op.create_table(
        "decision_figure",
        sa.Column("decision_id", sa.Text(), nullable=False),
        sa.Column("review_id", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.Double(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=True),
        sa.Column("looked_at", sa.Double(), nullable=True),
        sa.Column("held_at", sa.Double(), nullable=True),
        sa.Column("decided_at", sa.Double(), nullable=False),
        sa.Column("changed_words", sa.Double(), nullable=True),
        sa.Column("ended", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.decision_id"], name=op.f("fk_decision_figure_decision_id")),
        sa.ForeignKeyConstraint(["review_id"], ["review.review_id"], name=op.f("fk_decision_figure_review_id")),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_decision_figure")),
    )
    op.create_index(op.f("ix_decision_figure_decided_at_queue"), "decision_figure", ["decided_at", "queue"])
    op.create_index(op.f("ix_decision_figure_actor_decided_at"), "decision_figure", ["actor", "decided_at"])


def _samples() -> None:
    op.create_table(
        "qa_sample",
        sa.Column("sample_id", sa.Text(), nullable=False),
        sa.Column("decision_id", sa.Text(), nullable=False),
        sa.Column("review_id", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("certificate_id", sa.Text(), nullable=True),
        sa.Column("case_key", sa.Text(), nullable=True),
        sa.Column("stands_by", sa.Boolean(), nullable=False),
        sa.Column("decided_at", sa.Double(), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.Double(), nullable=True),
        sa.Column("is_right", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.decision_id"], name=op.f("fk_qa_sample_decision_id")),
        sa.ForeignKeyConstraint(["review_id"], ["review.review_id"], name=op.f("fk_qa_sample_review_id")),
        sa.PrimaryKeyConstraint("sample_id", name=op.f("pk_qa_sample")),
    )
    op.create_index(op.f("ix_qa_sample_decision_id"), "qa_sample", ["decision_id"], unique=True)
    op.create_index(op.f("ix_qa_sample_answered_at_decided_at"), "qa_sample", ["answered_at", "decided_at"])
    op.create_index(op.f("ix_qa_sample_certificate_id_decided_at"), "qa_sample", ["certificate_id", "decided_at"])
    op.create_index(op.f("ix_qa_sample_review_id"), "qa_sample", ["review_id"])
