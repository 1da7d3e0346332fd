"""Migrations, run from the package without alembic.ini or a command."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.engine import Connection

from compound.errors import ConnectorError

_LOCK = 0x636F6D70
"""Key of PostgreSQL's advisory lock: serializes migrations by several processes."""

# Alembic uses globals: two threads at once would write to each other's database.
_IN_TURN = Lock()


def config(connection: Connection | None = None) -> Config:
    """Alembic's settings for the state store."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    settings.attributes["connection"] = connection
    return settings


def newest() -> str | None:
    """The newest revision among the migrations."""
    return ScriptDirectory.from_config(config()).get_current_head()


def upgrade(connection: Connection) -> None:
    """Migrate the database to the newest revision, inside the caller's transaction.

    Raises:
        ConnectorError: `state.newer`: a newer version of Compound wrote it.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    try:
        with _IN_TURN:
            command.upgrade(config(connection), "head")
    except CommandError as error:
        raise ConnectorError(
            "state.newer",
            f"the state store was written by another version of Compound ({error})",
            fix="use that version, or another state store; migrations cannot be reverted",
        ) from error
