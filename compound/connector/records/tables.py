"""The declared tables as SQLAlchemy tables, with two internal columns and one internal table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

    from compound.spec.records_file import ColumnType, RecordsFile

VERSION: Final = "row_version"
APPLIED: Final = "applied_effect"

_TYPES: dict[ColumnType, TypeEngine[Any]] = {
    "text": sa.Text(),
    "integer": sa.BigInteger(),
    "number": sa.Double(),
    "boolean": sa.Boolean(),
    "json": sa.Text(),
}


def make_tables(file: RecordsFile) -> sa.MetaData:
    """Each declared table with `row_version`, and `applied_effect`, the keys of applied effects."""
    metadata = sa.MetaData()
    for name, table in file.tables.items():
        columns = [
            sa.Column(column, _TYPES[kind], primary_key=column in table.key, autoincrement=False)
            for column, kind in table.columns.items()
        ]
        version = sa.Column(VERSION, sa.BigInteger, nullable=False)
        sa.Table(name, metadata, *columns, version)
    _index_matches(file, metadata)
    sa.Table(
        APPLIED,
        metadata,
        sa.Column("effect_key", sa.Text, primary_key=True),
        sa.Column("group_key", sa.Text, nullable=False, index=True),
        sa.Column("decision_id", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("effect", sa.Text, nullable=False),
        sa.Column("args", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("changed", sa.Text, nullable=False),
        sa.Column("applied_at", sa.Double, nullable=False),
    )
    return metadata


def _index_matches(file: RecordsFile, metadata: sa.MetaData) -> None:
    from compound.spec.records_file import RecordsRows

    for document in file.documents.values():
        for part in document.shape.values():
            if isinstance(part, RecordsRows) and file.tables[part.rows].key[0] != part.match:
                table = metadata.tables[part.rows]
                name = f"ix_{part.rows}_{part.match}"
                if name not in {index.name for index in table.indexes}:
                    sa.Index(name, table.c[part.match])
