"""Lists the valid Parquet files, and merges many into one so that readers always see each row exactly once.

A merge first writes the new file under a temporary name, then a note that lists the files it replaces, then
renames, deletes those files and at last the note. A reader that finds a note whose merged file exists ignores the
listed files; the next merge finishes or reverts an interrupted one.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

try:
    import fcntl
except ImportError:  # pragma: no cover - without file locks only one process may compact a folder
    fcntl = None

from compound.trace.query.views import FRESH

if TYPE_CHECKING:
    import duckdb

_ORDER: Final = {"spans": "trace_id, start_time_unix_nano", "blobs": "sha256", "scores": "run_id, name"}
_NOTE: Final = ".replaces.json"


def files(folder: Path, table: str, since: str = "") -> list[Path]:
    """The files of a table: complete ones that no finished merge replaces.

    Args:
        folder: Folder of the store.
        table: `spans`, `blobs` or `scores`.
        since: Only files of this day (`YYYY-MM-DD`) or later.
    """
    out: list[Path] = []
    for day in sorted((folder / table).glob("date=*")):
        if day.name < f"date={since}":
            continue
        gone = _replaced(day)
        out += [path for path in sorted(day.glob("*.parquet")) if path.name not in gone]
    return out


def has_day(folder: Path, table: str, at: float) -> bool:
    """Whether a table has files of the day of a time (UTC seconds) or earlier."""
    last = time.strftime("date=%Y-%m-%d", time.gmtime(at))
    return any(day.name <= last for day in (folder / table).glob("date=*"))


def _replaced(day: Path) -> set[str]:
    gone: set[str] = set()
    for note in day.glob(f"*{_NOTE}"):
        try:
            names = json.loads(note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue  # removed in the meantime, with its files
        if (day / note.name.replace(_NOTE, ".parquet")).exists():
            gone.update(names)
    return gone


def compact(folder: Path, tables: list[str], above_files: int, row_group_rows: int) -> int:
    """Merge the files of each day with more than `above_files`; returns the number of removed files."""
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return 0
    gone = 0
    with only_rewriter(folder, waits=False) as is_only:
        for table in tables if is_only else ():
            for day in finished_days(folder, table):
                parts = sorted(day.glob("*.parquet"))
                if len(parts) > max(1, above_files):
                    fresh = FRESH if table == "blobs" else ""
                    rewrite(table, parts, f"SELECT * FROM {source(parts)} {fresh}", row_group_rows)
                    gone += len(parts) - 1
    return gone


@contextmanager
def only_rewriter(folder: Path, *, waits: bool) -> Generator[bool]:
    """Hold the rewrite lock of the folder; yields False if another process holds it and `waits` is False."""
    with (folder / ".compact.lock").open("a") as lock:
        if fcntl is not None:
            try:
                fcntl.flock(lock.fileno(), fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
            except OSError:
                yield False
                return
        yield True


def finished_days(folder: Path, table: str) -> Generator[Path]:
    """The folders of a table, oldest first, after cleaning up interrupted rewrites."""
    for day in sorted((folder / table).glob("date=*")):
        _finish(day)
        yield day


def _finish(day: Path) -> None:
    """Finish or revert an interrupted merge."""
    for name in _replaced(day):
        (day / name).unlink(missing_ok=True)
    for note in day.glob(f"*{_NOTE}"):
        note.unlink(missing_ok=True)


def source(parts: Sequence[Path]) -> str:
    """The files as a table in SQL."""
    names = ", ".join("'" + str(path).replace("'", "''") + "'" for path in parts)
    return f"read_parquet([{names}], union_by_name = true)"


def rewrite(
    table: str,
    parts: Sequence[Path],
    query: str,
    row_group_rows: int,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> None:
    """Replace files of one day by one file with the rows of a query."""
    import duckdb

    day = parts[0].parent
    target = day / f"m-{os.urandom(8).hex()}.parquet"
    note = day / f"{target.stem}{_NOTE}"
    note.write_text(json.dumps([path.name for path in parts]), encoding="utf-8")
    if connection is not None:
        write(connection, query, table, target, row_group_rows)
    else:
        with duckdb.connect(config={"threads": 1}) as own:
            write(own, query, table, target, row_group_rows)
    for path in parts:
        path.unlink(missing_ok=True)
    note.unlink(missing_ok=True)


def write(connection: duckdb.DuckDBPyConnection, query: str, table: str, target: Path, row_group_rows: int) -> None:
    """Write a query's rows to `target`, sorted, through a temporary file and a rename."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.urandom(3).hex()}.tmp")
    name = str(part).replace("'", "''")
    try:
        connection.execute(
            f"COPY ({query} ORDER BY {_ORDER[table]}) TO '{name}' "
            f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {row_group_rows})"
        )
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
