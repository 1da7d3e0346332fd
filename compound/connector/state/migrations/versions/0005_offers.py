"""What a review offers is kept with its item, and the fields of a decision with the decision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """An offer at each item, fields at each decision; those that are there have none."""
    op.add_column("review_item", sa.Column("decide", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("review_item", sa.Column("held", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("decision", sa.Column("fields", sa.JSON(none_as_null=True), nullable=True))
