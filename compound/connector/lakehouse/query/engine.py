"""The hardened DuckDB instance over a set of snapshots, shared inside a process and between processes.

Order matters: `read_only` and the limits in the configuration, then ATTACH, then no external access, then the
lock. No later SQL can undo it.
"""

from __future__ import annotations

import atexit
import contextlib
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb

from compound.connector.lakehouse.table.snapshot import discard
from compound.connector.lakehouse.value.types import Resources
from compound.connector.lakehouse.value.values import literal, quoted
from compound.errors import ConnectorError
from compound.language.sha import sha

if TYPE_CHECKING:
    from collections.abc import Sequence

CATALOG_BUILD: Final = 1
_PARSED: Final = 256
_LOCK: Final = threading.Lock()
_OPEN: Final[dict[Path, _Shared]] = {}


@dataclass(slots=True)
class _Shared:
    connection: duckdb.DuckDBPyConnection
    users: int


class QueryEngine:
    """A hardened connection with one view per table, and one cursor per thread.

    Attributes:
        catalog: The DuckDB file that holds the views.
    """

    def __init__(self, files: Mapping[str, Path], cache_dir: Path, resources: Resources) -> None:
        self._config = _config(resources)
        described = repr((CATALOG_BUILD, sorted(self._config.items()), sorted(files.items())))
        key = sha(described, 20)
        self.catalog = (cache_dir / f"catalog-{key}.duckdb").resolve()
        self._files = dict(files)
        self._local = threading.local()
        self._connection = self._acquire()
        self._closed = False

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """This thread's cursor.

        Raises:
            ConnectorError: ``lakehouse.closed``.
        """
        if self._closed:
            raise ConnectorError("lakehouse.closed", "the lakehouse is closed", fix="open it again")
        cursor: duckdb.DuckDBPyConnection | None = getattr(self._local, "cursor", None)
        if cursor is None:
            cursor = self._connection.cursor()
            self._local.cursor = cursor
        return cursor

    def parsed(self, sql: str) -> duckdb.Statement:
        """This thread's parsed form of a text; parsing is a third of a point query."""
        known: dict[str, duckdb.Statement] | None = getattr(self._local, "parsed", None)
        if known is None:
            known = self._local.parsed = {}
        statement = known.get(sql)
        if statement is None:
            if len(known) >= _PARSED:
                known.clear()
            statement = known[sql] = self.cursor().extract_statements(sql)[0]
        return statement

    def close(self) -> None:
        """Release the instance; the last user in the process closes it."""
        with _LOCK:
            if self._closed:
                return
            self._closed = True
            shared = _OPEN.get(self.catalog)
            if shared is not None:
                shared.users -= 1
                if shared.users == 0:
                    del _OPEN[self.catalog]
                    shared.connection.close()

    def damaged(self) -> None:
        """Discard this instance's snapshots, because reading them failed."""
        for file in self._files.values():
            discard(file)

    def _acquire(self) -> duckdb.DuckDBPyConnection:
        with _LOCK:
            shared = _OPEN.get(self.catalog)
            if shared is None:
                shared = _Shared(self._open(), 0)
                _OPEN[self.catalog] = shared
            shared.users += 1
            return shared.connection

    def _open(self) -> duckdb.DuckDBPyConnection:
        names = list(self._files)
        if not self.catalog.exists():
            self._make_catalog(names)
        try:
            return self._harden(names)
        except duckdb.Error:
            # A damaged catalogue holds only views: rebuild it once.
            self._make_catalog(names)
        try:
            return self._harden(names)
        except duckdb.Error as error:
            self.damaged()
            what = f"the snapshots in {self.catalog.parent} cannot be opened: {error}"
            raise ConnectorError("lakehouse.cache", what, fix="open the lakehouse again; they are rebuilt") from error

    def _harden(self, names: Sequence[str]) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(str(self.catalog), read_only=True, config=dict(self._config))
        try:
            self._attach(connection, names)
            connection.execute("SET GLOBAL TimeZone = 'UTC'")
            connection.execute("SET GLOBAL enable_external_access = false")
            connection.execute("SET GLOBAL lock_configuration = true")
            for name in names:
                connection.execute(f"SELECT * FROM {quoted(name)} LIMIT 0").fetchall()
        except duckdb.Error:
            connection.close()
            raise
        return connection

    def _attach(self, connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> None:
        for number, name in enumerate(names):
            connection.execute(f"ATTACH {literal(str(self._files[name]))} AS s{number} (READ_ONLY)")

    def _make_catalog(self, names: Sequence[str]) -> None:
        """Write the views to a temporary file and publish it by renaming."""
        work = Path(tempfile.mkdtemp(prefix=".catalog-", dir=self.catalog.parent))
        file = work / "catalog.duckdb"
        try:
            with contextlib.closing(duckdb.connect(str(file))) as connection:
                self._attach(connection, names)
                for number, name in enumerate(names):
                    connection.execute(f"CREATE VIEW {quoted(name)} AS SELECT * FROM s{number}.main.t")
            file.replace(self.catalog)
        except (duckdb.Error, OSError) as error:
            self.damaged()
            what = f"the catalogue of the snapshots in {self.catalog.parent} cannot be written: {error}"
            raise ConnectorError("lakehouse.cache", what, fix="free space, or choose a writable cache") from error
        finally:
            file.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                work.rmdir()


def _config(resources: Resources) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "threads": resources.threads,
        "memory_limit": resources.memory_limit,
        "temp_directory": "",
        "autoload_known_extensions": False,
        "autoinstall_known_extensions": False,
        "allow_community_extensions": False,
        "allow_persistent_secrets": False,
        "python_enable_replacements": False,
    }


@atexit.register
def _close_all() -> None:
    """Close open instances before the interpreter unloads the driver."""
    for shared in _OPEN.values():
        shared.connection.close()
    _OPEN.clear()
