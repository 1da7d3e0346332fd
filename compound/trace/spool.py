"""Spools: rows appended to a JSONL file, so that they survive a killed process.

A spool is locked by its owner; an unlocked one belongs to a dead process, and the next process that opens the store
publishes it. The name of the published file is derived from the spool's, so publishing is idempotent.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from io import FileIO
from itertools import count
from pathlib import Path
from typing import Final

try:
    import fcntl
except ImportError:  # pragma: no cover - without file locks every foreign spool counts as alive
    fcntl = None

_SUFFIX: Final = ".ndjson"
_serial = count()


class Spool:
    """An open spool of a table, owned by this process."""

    def __init__(self, folder: Path, table: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path, self._file = _create(folder, table)
        self.rows = 0

    def append(self, lines: Sequence[bytes]) -> None:
        """Append rows; a partial write (full disk) is rolled back."""
        at = self._file.tell()
        rest = memoryview(b"\n".join(lines) + b"\n")
        try:
            while rest:  # a full disk may accept a part and fail at the next call
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            self._file.truncate(at)
            self._file.seek(at)
            raise OSError(error.errno, error.strerror, str(self.path)) from error
        self.rows += len(lines)

    def remove(self) -> None:
        """Delete the file after its rows are published."""
        self.path.unlink(missing_ok=True)
        self._file.close()


def _create(folder: Path, table: str) -> tuple[Path, FileIO]:
    while True:
        stem = f"{time.time_ns():x}-{os.getpid():x}-{next(_serial):x}-{os.urandom(3).hex()}"
        path = folder / f"{stem}.{table}{_SUFFIX}"
        file = FileIO(path, "x+b")
        if _lock(file, path):
            return path, file
        file.close()  # another process treated it as abandoned between open and lock


def _lock(file: FileIO, path: Path) -> bool:
    """Lock the file; returns False if another process holds it or it is no longer at `path`."""
    if fcntl is None:  # pragma: no cover
        return True
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.fstat(file.fileno()).st_ino == path.stat().st_ino
    except OSError:
        return False


def begun(stem: str) -> str:
    """The day, `YYYY-MM-DD` in UTC, on which this spool was created."""
    try:
        seconds = int(stem.split("-", 1)[0], 16) / 1e9
    except ValueError:
        return "1970-01-01"
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))


class Abandoned:
    """A spool of a dead process, locked while this process publishes it."""

    def __init__(self, path: Path, file: FileIO) -> None:
        self.path = path
        self._file = file
        self.stem, self.table = path.name.removesuffix(_SUFFIX).rsplit(".", 1)

    def trim(self) -> bool:
        """Remove a partial last row; returns False if nothing is left."""
        size = self._file.seek(0, os.SEEK_END)
        tail = b""
        at = size
        while at and b"\n" not in tail:
            at = max(0, at - 65_536)
            self._file.seek(at)
            tail = self._file.read(size - at)
        whole = at + tail.rfind(b"\n") + 1
        if whole != size:
            self._file.truncate(whole)
        return whole > 0

    def remove(self) -> None:
        """Delete the file."""
        self.path.unlink(missing_ok=True)
        self._file.close()

    def release(self) -> None:
        """Leave the file for the next process that opens the store."""
        self._file.close()


def abandoned(folder: Path) -> list[Abandoned]:
    """Lock and return the spools without an owner."""
    out: list[Abandoned] = []
    if fcntl is None or not folder.is_dir():  # pragma: no cover
        return out
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        try:
            file = FileIO(path, "r+b")
        except OSError:
            continue
        if _lock(file, path):
            out.append(Abandoned(path, file))
        else:
            file.close()
    return out
