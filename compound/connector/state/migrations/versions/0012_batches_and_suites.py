"""Requests to batches, indexes to watch them; suite runs with their cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v1_0012"
down_revision = "v1_0005"


def upgrade() -> None:
    """Three tables; batches are counted and drawn from indexes alone."""
    op.drop_index("ix_batch_item_job_id_status", "batch_item")
    op.create_index(op.f("ix_batch_item_job_id_status_seq"), "batch_item", ["job_id", "status", "seq"], unique=False)
    op.create_index(op.f("ix_batch_item_job_id_finished_at"), "batch_item", ["job_id", "finished_at"], unique=False)
    op.create_table(
        "batch_request",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_batch_request")),
    )
    _suites()


def _suites() -> None:
    op.create_table(
        "suite_run",
        sa.Column("suite_run_id", sa.Text(), nullable=False),
        sa.Column("suite", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("graph_name", sa.Text(), nullable=False),
        sa.Column("graph_hash", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("report", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("finished_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("suite_run_id", name=op.f("pk_suite_run")),
    )
    op.create_index(op.f("ix_suite_run_suite_finished_at"), "suite_run", ["suite", "finished_at"], unique=False)
    op.create_index(op.f("ix_suite_run_finished_at"), "suite_run", ["finished_at"], unique=False)
    op.create_table(
        "suite_case",
        sa.Column("suite_run_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("graph_name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("cluster_id", sa.Text(), nullable=True),
        sa.Column("tags", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("scores", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("why", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("expected", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("got", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["suite_run_id"], ["suite_run.suite_run_id"], name=op.f("fk_suite_case_suite_run_id_suite_run")
        ),
        sa.PrimaryKeyConstraint("suite_run_id", "case_id", name=op.f("pk_suite_case")),
    )
    op.create_index(op.f("ix_suite_case_suite_run_id_seq"), "suite_case", ["suite_run_id", "seq"], unique=False)
    op.create_index(op.f("ix_suite_case_run_id"), "suite_case", ["run_id"], unique=False)
    op.create_index(
        op.f("ix_suite_case_graph_name_finished_at"), "suite_case", ["graph_name", "finished_at"], unique=False
    )
