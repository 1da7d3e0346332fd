"""The newest schema in an empty database, at once: a migration by migration would take three times as long."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from compound.connector.state.schema.guards import AUDIT, DECISIONS
from compound.connector.state.tables import metadata

_VERSION: Final = sa.Table(
    "alembic_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""As Alembic makes it: later migrations begin at the revision that it holds."""


def create(connection: Connection, revision: str) -> bool:
    """Create the tables of the store if the database has none of them; a test compares them with what migrations make.

    Returns:
        Whether it had none.
    """
    if not metadata.tables.keys().isdisjoint(sa.inspect(connection).get_table_names()):
        return False
    metadata.create_all(connection, checkfirst=False)
    for statement in (*AUDIT[connection.dialect.name], *DECISIONS[connection.dialect.name]):
        connection.exec_driver_sql(statement)
    _VERSION.create(connection)
    connection.execute(sa.insert(_VERSION).values(version_num=revision))
    return True
