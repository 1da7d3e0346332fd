"""One process a job; the operating system lets go of the lock when the process dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from compound.batch._letters import writing
from compound.errors import ConflictError


@contextmanager
def single_process(path: Path) -> Generator[None]:
    """Hold the file's lock while the block runs.

    Raises:
        ConflictError: `batch.already-running`: another process holds it; the message has its process id.
        ConnectorError: `batch.cannot-write`.
    """
    with writing(path):
        opened = path.open("a+", encoding="utf-8")
    with opened as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise ConflictError(
                "batch.already-running",
                f"process {file.read().strip() or 'unknown'} runs this batch already",
                fix="wait for it, or stop it with Ctrl-C; the same command then goes on",
            ) from error
        with suppress(OSError):  # the lock holds without its number, which is for the message alone
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
        yield
