"""Reserves disk space for memory-mapped files: without it the system kills the process with a signal."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from compound.errors import ConnectorError

_FULL: Final = ("No space left on device", "Disk quota exceeded", "File too large")
_BLOCK: Final = 512
_LEAST: Final = 32 << 20
"""Bytes that a small index needs while it is built."""
_MARGIN: Final = 1 << 20


def reserve(folder: Path, *, largest: int | None = None) -> None:
    """Allocate all blocks of a folder's files if disk space is short.

    A sparse file allocates blocks when its map is written, on some file systems even when it is read; without free
    blocks the process gets SIGBUS, which cannot be handled.

    Args:
        folder: The folder.
        largest: Only files of at most this many bytes; None for all.

    Raises:
        OSError: The disk is full; `filename` says which file.
    """
    holes: dict[Path, int] = {}
    for path in folder.rglob("*"):
        status = path.stat()
        missing = status.st_size - status.st_blocks * _BLOCK
        if path.is_file() and missing > 0 and (largest is None or status.st_size <= largest):
            holes[path] = missing
    if not holes or shutil.disk_usage(folder).free > sum(holes.values()) + _MARGIN:
        return
    for path in holes:
        try:
            handle = os.open(path, os.O_RDWR)
        except PermissionError:
            continue  # it is read-only, so its map is never written
        try:
            os.posix_fallocate(handle, 0, path.stat().st_size)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(path)) from error
        finally:
            os.close(handle)


def require_room(folder: Path, name: str) -> None:
    """Raise if the disk has no room for even a small index.

    Raises:
        ConnectorError: `vector.no-room`.
    """
    free = shutil.disk_usage(folder).free
    if free < _LEAST:
        what = f"index {name!r} needs {_LEAST >> 20} MiB or more to be built; the disk of {folder} has {free >> 20}"
        raise ConnectorError("vector.no-room", what, fix="free some space")


def is_full(error: BaseException) -> bool:
    """Whether an engine's error says that the disk is full."""
    return any(sign.lower() in str(error).lower() for sign in _FULL)
