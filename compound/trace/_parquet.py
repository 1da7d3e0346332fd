"""Traces as Parquet files: `<folder>/<table>/date=YYYY-MM-DD/<name>.parquet`.

A writer appends to a spool (see `_spool`) and now and then turns it into one file per day, written under
another name and renamed, so a reader sees whole files only. Any number of processes may write into one folder.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from compound.errors import DataError
from compound.trace import _compact, _views
from compound.trace._columns import TABLES
from compound.trace._spool import Spool, abandoned
from compound.trace._store import CONFIG, Answer, TraceReader, load_ndjson

if TYPE_CHECKING:
    import duckdb

ROW_GROUP_ROWS: Final = 8_192
_COMPACT_ABOVE_FILES: Final = 64

T = TypeVar("T")


class ParquetStore(TraceReader):
    """A folder of Parquet files, zstd, row groups of 8,192 rows sorted by trace.

    Opening is free; the folder is made by the first write. `sql`, `list_runs` and `tree` read what was
    published, including what a killed process left in its spool.

    Args:
        folder: `.compound/<profile>/traces`.
        auto_compact: Merge the files of a day when the store is closed and has more than 64 of them.
    """

    is_immediate = False

    def __init__(self, folder: str | Path, *, auto_compact: bool = True) -> None:
        self.folder = Path(folder)
        self._auto_compact = auto_compact
        self._spools: dict[str, Spool] = {}
        self._lock = threading.Lock()

    def append(self, table: str, lines: Sequence[bytes]) -> None:
        """Append rows to this process's spool.

        Raises:
            OSError: the disk is full or the folder cannot be written; nothing of the call was kept.
        """
        with self._lock:
            spool = self._spools.get(table)
            if spool is None:
                spool = self._spools[table] = Spool(self._spool_folder, table)
            spool.append(lines)

    def publish(self) -> None:
        """Turn the spools into Parquet files.

        Raises:
            OSError, duckdb.Error: not written; the spool keeps the rows and the next call tries again.
        """
        with self._lock:
            for table in list(self._spools):
                spool = self._spools[table]
                self._write(table, spool.path, spool.path.name.split(".", 1)[0])
                del self._spools[table]
                spool.remove()

    def close(self) -> None:
        """Publish, and compact the days that have many files."""
        self.publish()
        if self._auto_compact:
            self.compact(above_files=_COMPACT_ABOVE_FILES)

    def compact(self, *, above_files: int = 1) -> int:
        """Merge the files of each table and day; returns how many files are gone.

        Readers and writers may go on meanwhile; a second compaction at the same time does nothing.

        Args:
            above_files: Only days with more files than this.
        """
        self._recover()
        return _compact.compact(self.folder, list(TABLES), above_files, ROW_GROUP_ROWS)

    @property
    def _spool_folder(self) -> Path:
        return self.folder / ".spool"

    def _write(self, table: str, spool: Path, stem: str) -> None:
        """One Parquet file per day of the spool's rows, published by rename."""
        import duckdb  # noqa: PLC0415 heavy; reading and writing only

        with duckdb.connect(config={**CONFIG, "threads": 1}) as connection:
            _views.create_tables(connection)
            load_ndjson(connection, table, str(spool))
            days = connection.execute(f"SELECT DISTINCT date FROM {table} ORDER BY 1").fetchall()
            for (day,) in days:
                target = self.folder / table / f"date={day}" / f"{stem}.parquet"
                query = f"SELECT * FROM {table} WHERE date = '{day}'"
                _compact.write(connection, query, table, target, ROW_GROUP_ROWS)

    def _recover(self) -> None:
        """Publish what killed processes left behind."""
        if not os.access(self.folder, os.W_OK):
            return
        for spool in abandoned(self._spool_folder):
            try:
                if spool.table in TABLES and spool.trim():
                    self._write(spool.table, spool.path, spool.stem)
                spool.remove()
            except Exception:
                spool.release()
                raise

    def _load(self, connection: duckdb.DuckDBPyConnection, tables: frozenset[str]) -> None:
        for table in tables:
            files = [str(path) for path in _compact.files(self.folder, table)]
            if files:
                _fill(connection, table, files)

    def sql(self, query: str, params: Mapping[str, object] | None = None) -> Answer:
        """As `TraceReader.sql`; first publishes what this and killed processes have spooled."""
        self.publish()
        self._recover()
        # A compaction may remove a file between the listing and the read; the next listing has its successor.
        return _again(lambda: super(ParquetStore, self).sql(query, params))


def _again(action: Callable[[], T], *, tries: int = 3) -> T:
    import duckdb  # noqa: PLC0415

    for _ in range(tries - 1):
        try:
            return action()
        except duckdb.IOException:
            continue
    try:
        return action()
    except duckdb.Error as error:
        raise DataError(
            "trace.unreadable", f"a trace file cannot be read: {error}", fix="move the named file away"
        ) from error


def _fill(connection: duckdb.DuckDBPyConnection, table: str, files: list[str]) -> None:
    """Copy the files into the table; columns that a newer version added are null in older files."""
    fresh = ""
    if table == "blobs":
        fresh = "QUALIFY row_number() OVER (PARTITION BY sha256 ORDER BY first_seen) = 1"
    connection.execute(
        f"INSERT INTO {table} BY NAME SELECT * FROM read_parquet($files, union_by_name = true) {fresh}",
        {"files": files},
    )
