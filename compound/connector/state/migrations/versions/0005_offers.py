"""Offers of items and fields of decisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """An offer for each item, fields for each decision; existing ones have none."""
    op.add_column("review_item", sa.Column("decide", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("review_item", sa.Column("held", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("decision", sa.Column("fields", sa.JSON(none_as_null=True), nullable=True))
