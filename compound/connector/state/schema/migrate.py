"""Migrations, run from the package without alembic.ini or a command."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.engine import Connection

from compound.errors import ConnectorError

_EARLY = frozenset({"v1_0001", "v1_0002", "v1_0003"})
"""Revisions that were replaced by the first schema of today: their tables have other columns."""

# Alembic keeps what it works on in globals: two threads at once would write into each other's database.
_IN_TURN = Lock()


def config(connection: Connection | None = None) -> Config:
    """Alembic's settings for the state store."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations").replace("%", "%%"))
    settings.attributes["connection"] = connection
    return settings


def newest() -> str | None:
    """The newest revision among the migrations."""
    return ScriptDirectory.from_config(config()).get_current_head()


def _refuse_older(connection: Connection) -> None:
    """Raise for a store of an early version, whose migrations no longer exist: 0001 to 0011, and `_EARLY`."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()
    if found is not None and (found.isdecimal() or found in _EARLY):
        raise ConnectorError(
            "state.older",
            f"an early version of Compound wrote the state store (schema {found}), which this version cannot read",
            fix="finish its runs with the version that wrote it, then move the store away: a new one is created",
        )


def upgrade(connection: Connection) -> None:
    """Migrate the database to the newest revision, inside the caller's transaction; one at a time.

    Raises:
        ConnectorError: `state.newer` or `state.older`: a newer or an early version of Compound wrote it.
    """
    _refuse_older(connection)
    try:
        with _IN_TURN:
            command.upgrade(config(connection), "head")
    except CommandError as error:
        raise ConnectorError(
            "state.newer",
            f"the state store was written by another version of Compound ({error})",
            fix="use that version, or another state store; migrations cannot be reverted",
        ) from error
