"""Opens the database: SQLite in one file, PostgreSQL by URL."""

from __future__ import annotations

from pathlib import Path
from sqlite3 import Connection as SqliteConnection

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from compound.errors import ConnectorError


def open_engine(url_or_path: str | Path, lock_timeout_s: float) -> tuple[Engine, str]:
    """Open an engine; returns it with the database's name without password.

    Raises:
        ConnectorError: `records.url`, `records.cannot-open`, `records.driver`.
    """
    text = str(url_or_path)
    try:
        url = sa.make_url(text if "://" in text else f"sqlite:///{Path(text).absolute()}")
    except ArgumentError as error:
        raise ConnectorError("records.url", f"{text!r} is not a database URL", fix="use a path or a URL") from error
    kind = url.get_backend_name()
    if kind == "sqlite" and url.database and url.database != ":memory:":
        return _sqlite(url, url.database, lock_timeout_s), url.database
    if kind == "postgresql":
        return _postgresql(url, lock_timeout_s), url.render_as_string(hide_password=True)
    raise ConnectorError("records.url", f"{text!r} is not a record store", fix="an SQLite file, or postgresql://...")


def _sqlite(url: sa.URL, path: str, lock_timeout_s: float) -> Engine:
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConnectorError("records.cannot-open", f"cannot create the folder of {path}: {error.strerror}") from error
    engine = sa.create_engine(
        url, connect_args={"timeout": lock_timeout_s, "isolation_level": None}, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: SqliteConnection, _entry: ConnectionPoolEntry) -> None:
        if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    _ = set_pragmas  # pyright does not see that the decorator uses it
    return engine


def _postgresql(url: sa.URL, lock_timeout_s: float) -> Engine:
    options = f"-c lock_timeout={int(lock_timeout_s * 1000)}"
    try:
        return sa.create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"connect_timeout": 10, "options": options},
        )
    except ModuleNotFoundError as error:
        what = f"PostgreSQL needs the driver {error.name!r}"
        raise ConnectorError("records.driver", what, fix="install compound[postgres]") from error
