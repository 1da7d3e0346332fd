"""The kinds of columns that tables are made of, and the `MetaData` of all tables."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Double, MetaData, Text
from sqlalchemy.sql.schema import SchemaItem

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


def json(name: str, *, nullable: bool = True) -> SchemaItem:
    """JSON text; None is NULL."""
    return Column(name, JSON(none_as_null=True), nullable=nullable)


def text(name: str, *, nullable: bool = True) -> SchemaItem:
    """Words."""
    return Column(name, Text, nullable=nullable)


def key(name: str, *, nullable: bool = False) -> SchemaItem:
    """An id, a name, a hash."""
    return Column(name, Text, nullable=nullable)


def time(name: str, *, nullable: bool = True) -> SchemaItem:
    """UTC seconds since 1970."""
    return Column(name, Double, nullable=nullable)
