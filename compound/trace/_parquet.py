"""Traces as Parquet files: `<folder>/<table>/date=YYYY-MM-DD/<name>.parquet`.

A writer appends to a spool (see `_spool`) and now and then turns it into one file, written under another name
and renamed, so a reader sees whole files only. Any number of processes may write into one folder. The date of
the folder is the day on which the spool was begun.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from compound.errors import DataError
from compound.trace import _compact
from compound.trace._columns import TABLES
from compound.trace._prune import SPARES_S, TraceAge, TraceCuts, TracePrune, ages
from compound.trace._spool import Spool, abandoned, begun
from compound.trace._store import CONFIG, Answer, TraceReader, read_ndjson, repaired
from compound.trace._views import FRESH

if TYPE_CHECKING:
    import duckdb

ROW_GROUP_ROWS: Final = 8_192
_COMPACT_ABOVE_FILES: Final = 64


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
        self._full: list[tuple[str, Spool]] = []
        self._writer: duckdb.DuckDBPyConnection | None = None
        self._lock = threading.Lock()  # of the spools that are appended to
        self._publishing = threading.RLock()  # of the writer and the spools that become files

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
        with self._publishing:
            with self._lock:
                self._full += self._spools.items()
                self._spools = {}
            while self._full:
                table, spool = self._full[0]
                self._write(table, spool.path, spool.path.name.split(".", 1)[0])
                del self._full[0]
                spool.remove()

    def close(self) -> None:
        """Publish, and compact the days that have many files."""
        self.publish()
        if self._auto_compact:
            self.compact(above_files=_COMPACT_ABOVE_FILES)
        with self._publishing:
            writer, self._writer = self._writer, None
            if writer is not None:
                writer.close()

    def compact(self, *, above_files: int = 1) -> int:
        """Merge the files of each table and day; returns how many files are gone.

        Readers and writers may go on meanwhile; a second compaction at the same time does nothing.

        Args:
            above_files: Only days with more files than this.
        """
        self._recover()
        return _compact.compact(self.folder, list(TABLES), above_files, ROW_GROUP_ROWS)

    def ages(self, *, before: float | None = None) -> list[TraceAge]:
        """When each run was last heard of, and whether its content was removed.

        Args:
            before: UTC seconds; no run at all where no file is of that day or older, which costs nothing to see.

        Raises:
            DataError: ``trace.unreadable``.
        """
        import duckdb

        self._settle()
        if before is not None and not _compact.has_day(self.folder, "spans", before):
            return []
        with duckdb.connect(config=CONFIG) as connection:
            return _retried(lambda: ages(connection, self.folder))

    def prune(
        self,
        *,
        emptied: Collection[str],
        dropped: Collection[str],
        now: float,
        lost_before: float | None = None,
        spares_s: float = SPARES_S,
        dry_run: bool = False,
    ) -> TraceCuts:
        """Remove the content of runs, and all of others; readers and writers may go on meanwhile.

        A blob goes when every run that it belongs to does. The caller knows that these runs are over.

        Args:
            emptied: Run ids; of their inputs and outputs hashes and sizes stay.
            dropped: Run ids of which nothing stays.
            now: UTC seconds, for the mark.
            lost_before: UTC seconds; older content that no span leads to is removed as well.
            spares_s: Content younger than this stays: a span that another process has not written yet may lead to it.
            dry_run: Only count.

        Raises:
            DataError: ``trace.unreadable``.
        """
        import duckdb

        self._settle()
        with duckdb.connect(config=CONFIG) as connection:
            cut = TracePrune(
                connection,
                self.folder,
                emptied=emptied,
                dropped=dropped,
                lost_before=lost_before,
                row_group_rows=ROW_GROUP_ROWS,
                spares_s=spares_s,
            )
            return _retried(lambda: cut.run(now=now, dry_run=dry_run))

    def _settle(self) -> None:
        """Publish what this process and killed ones have spooled; what cannot be published hides nothing."""
        import duckdb

        with suppress(OSError, duckdb.Error):
            self.publish()
            self._recover()

    @property
    def _spool_folder(self) -> Path:
        return self.folder / ".spool"

    def _write(self, table: str, spool: Path, stem: str) -> None:
        """One Parquet file of the spool's rows, in the folder of the day on which the spool was begun."""
        import duckdb

        if self._writer is None:  # a connection costs 30 ms
            self._writer = duckdb.connect(config={**CONFIG, "threads": 1})
        target = self.folder / table / f"date={begun(stem)}" / f"{stem}.parquet"
        try:
            _compact.write(self._writer, read_ndjson(table, str(spool)), table, target, ROW_GROUP_ROWS)
        except duckdb.IOException:
            raise
        except duckdb.Error:
            with repaired(table, str(spool)) as copy:
                _compact.write(self._writer, read_ndjson(table, copy), table, target, ROW_GROUP_ROWS)

    def _recover(self) -> None:
        """Publish what killed processes left behind."""
        if not os.access(self.folder, os.W_OK):
            return
        with self._publishing:
            for spool in abandoned(self._spool_folder):
                try:
                    if spool.table in TABLES and spool.trim():
                        self._write(spool.table, spool.path, spool.stem)
                    spool.remove()
                finally:
                    spool.release()

    def _load(self, connection: duckdb.DuckDBPyConnection, tables: frozenset[str]) -> None:
        for table in tables:
            files = [str(path) for path in _compact.files(self.folder, table)]
            if files:
                _fill(connection, table, files)

    def sql(self, query: str, params: Mapping[str, object] | None = None) -> Answer:
        """As `TraceReader.sql`; first publishes what this and killed processes have spooled.

        Raises:
            DataError: ``trace.query``; ``trace.unreadable``: a file of the folder is broken.
        """
        self._settle()
        return _retried(lambda: super(ParquetStore, self).sql(query, params))


T = TypeVar("T")


def _retried(read: Callable[[], T]) -> T:
    """Read again where a file went between listing and reading: a compaction did that, the next listing knows."""
    import duckdb

    for is_last in (False, False, True):
        try:
            return read()
        except duckdb.Error as error:
            if is_last or not isinstance(error, duckdb.IOException):
                raise DataError("trace.unreadable", f"a trace file: {error}", fix="move the named file away") from error
    raise AssertionError  # the loop returns or raises


def _fill(connection: duckdb.DuckDBPyConnection, table: str, files: list[str]) -> None:
    """Copy the files into the table; columns that a newer version added are null in older files."""
    fresh = FRESH if table == "blobs" else ""
    connection.execute(
        f"INSERT INTO {table} BY NAME SELECT * FROM read_parquet($files, union_by_name = true) {fresh}",
        {"files": files},
    )
