"""Traces as Parquet files: `<folder>/<table>/date=YYYY-MM-DD/<name>.parquet`.

A writer appends to a spool (see `_spool`) and regularly converts it to one file, through a rename, so that readers
see only complete files. Any number of processes may write to a folder. The date is the day on which the spool was
created.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from compound.errors import DataError
from compound.trace import compact as _compact
from compound.trace.columns import TABLES
from compound.trace.prune import SPARES_S, TraceAge, TraceCuts, TracePrune, ages
from compound.trace.spool import Spool, abandoned, begun
from compound.trace.store import CONFIG, TraceReader, TraceRows, read_ndjson, repaired
from compound.trace.views import FRESH

if TYPE_CHECKING:
    import duckdb

ROW_GROUP_ROWS: Final = 8_192
_COMPACT_ABOVE_FILES: Final = 64


class ParquetStore(TraceReader):
    """A folder of Parquet files, zstd, row groups of 8,192 rows sorted by trace.

    Opening is free; the first write creates the folder. `sql`, `list_runs` and `tree` read published rows, including
    those in spools of killed processes.

    Args:
        folder: `.compound/<profile>/traces`.
        auto_compact: Merge the files of a day with more than 64 files when the store is closed.
    """

    is_immediate = False

    def __init__(self, folder: str | Path, *, auto_compact: bool = True) -> None:
        self.folder = Path(folder)
        self._auto_compact = auto_compact
        self._spools: dict[str, Spool] = {}
        self._full: list[tuple[str, Spool]] = []
        self._writer: duckdb.DuckDBPyConnection | None = None
        self._lock = threading.Lock()  # guards the open spools
        self._publishing = threading.RLock()  # guards the writer and publishing

    def append(self, table: str, lines: Sequence[bytes]) -> None:
        """Append rows to this process's spool.

        Raises:
            OSError: the disk is full or the folder cannot be written; no row was stored.
        """
        with self._lock:
            spool = self._spools.get(table)
            if spool is None:
                spool = self._spools[table] = Spool(self._spool_folder, table)
            spool.append(lines)

    def publish(self) -> None:
        """Convert the spools to Parquet files.

        Raises:
            OSError, duckdb.Error: not written; the spool keeps the rows and the next call retries.
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
        """Publish, and compact days with many files."""
        self.publish()
        if self._auto_compact:
            self.compact(above_files=_COMPACT_ABOVE_FILES)
        with self._publishing:
            writer, self._writer = self._writer, None
            if writer is not None:
                writer.close()

    def compact(self, *, above_files: int = 1) -> int:
        """Merge the files of each table and day; returns the number of removed files.

        Readers and writers can continue; a concurrent second compaction does nothing.

        Args:
            above_files: Only days with more files than this.
        """
        self._recover()
        return _compact.compact(self.folder, list(TABLES), above_files, ROW_GROUP_ROWS)

    def ages(self, *, before: float | None = None) -> list[TraceAge]:
        """The last activity of each run, and whether its content was pruned.

        Args:
            before: UTC seconds; returns no runs, without reading, if no file is of that day or older.

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
        """Delete the content of some runs, and others completely; readers and writers can continue.

        A blob is deleted when all of its runs are. The caller ensures that these runs have ended.

        Args:
            emptied: Ids of runs whose inputs and outputs are deleted; hashes and sizes stay.
            dropped: Ids of runs to delete completely.
            now: UTC seconds, stored as the time of pruning.
            lost_before: UTC seconds; older content without a span is deleted too.
            spares_s: Newer content is kept: its span may not be written yet.
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
        """Publish the spools of this process and of killed ones; failures do not affect other rows."""
        import duckdb

        with suppress(OSError, duckdb.Error):
            self.publish()
            self._recover()

    @property
    def _spool_folder(self) -> Path:
        return self.folder / ".spool"

    def _write(self, table: str, spool: Path, stem: str) -> None:
        """Write the spool's rows to a Parquet file, in the folder of the day on which the spool was created."""
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
        """Publish the spools of killed processes."""
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

    def sql(self, query: str, params: Mapping[str, object] | None = None) -> TraceRows:
        """Like `TraceReader.sql`, after publishing the spools of this process and of killed ones.

        Raises:
            DataError: ``trace.query``; ``trace.unreadable``: a file in the folder is corrupt.
        """
        self._settle()
        return _retried(lambda: super(ParquetStore, self).sql(query, params))


T = TypeVar("T")


def _retried(read: Callable[[], T]) -> T:
    """Retry if a compaction removed a file between listing and reading."""
    import duckdb

    for is_last in (False, False, True):
        try:
            return read()
        except duckdb.Error as error:
            if is_last or not isinstance(error, duckdb.IOException):
                raise DataError(
                    "trace.unreadable", f"a trace file: {error}", fix="move the named file out of the folder"
                ) from error
    raise AssertionError  # the loop returns or raises


def _fill(connection: duckdb.DuckDBPyConnection, table: str, files: list[str]) -> None:
    """Copy the files into the table; columns that a newer version added are null in older files."""
    fresh = FRESH if table == "blobs" else ""
    connection.execute(
        f"INSERT INTO {table} BY NAME SELECT * FROM read_parquet($files, union_by_name = true) {fresh}",
        {"files": files},
    )
