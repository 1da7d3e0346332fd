"""Leases of batches and runs, the item of a run, and places of host-local data."""

from __future__ import annotations

from typing import cast

import sqlalchemy as sa
from alembic import op

from compound.connector.state._tickets import content_sha256

revision = "0009"
down_revision = "0008"

_RUN = sa.table("run", *map(sa.column, ("run_id", "ticket_id", "ticket_sha256")), sa.column("input", sa.JSON()))
_PAGE = 500


def upgrade() -> None:
    """A table of leases; the item of each existing run that has its content."""
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("since", sa.Double(), nullable=True),
        sa.Column("lease_until", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    for name in ("ticket_id", "ticket_sha256", "host"):
        op.add_column("run", sa.Column(name, sa.Text(), nullable=True))
    op.create_index(op.f("ix_run_ticket_id"), "run", ["ticket_id"], unique=False)
    op.add_column("outbox", sa.Column("place", sa.Text(), nullable=True))
    op.add_column("batch_item", sa.Column("is_adopted", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("batch_item", sa.Column("context", sa.JSON(none_as_null=True), nullable=True))
    op.create_index(op.f("ix_batch_item_ticket_id"), "batch_item", ["ticket_id"], unique=False)
    _name_tickets(op.get_bind())


def _name_tickets(db: sa.Connection) -> None:
    last = ""
    while True:
        query = sa.select(_RUN.c.run_id, _RUN.c.input).where(_RUN.c.run_id > last).order_by(_RUN.c.run_id).limit(_PAGE)
        page = db.execute(query).all()
        if not page:
            return
        for row in page:
            if (named := _ticket_of(row.input or {})) is not None:
                values = {"ticket_id": named[0], "ticket_sha256": named[1]}
                db.execute(sa.update(_RUN).where(_RUN.c.run_id == row.run_id).values(values))
        last = page[-1].run_id


def _ticket_of(given: dict[str, object]) -> tuple[str, str] | None:
    ticket = given.get("ticket")
    if not isinstance(ticket, dict):
        return None
    fields = cast("dict[str, object]", ticket)
    named = fields.get("id")
    return (named, content_sha256(fields)) if isinstance(named, str) and named else None
