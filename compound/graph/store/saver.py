"""Checkpoints in SQLite, written on the event loop's thread.

langgraph's own asynchronous saver sends every statement to a thread and waits for it, about twenty times a run; each
round trip costs more than the write itself, which goes to the page cache, not to the disk. This one waits for a
second process that writes at the same time, like the state store.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from langgraph.checkpoint.sqlite import SqliteSaver

from compound.errors import ConnectorError

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, CheckpointTuple

# By the primary result code of SQLite, the low byte: https://sqlite.org/rescode.html
_SYMPTOMS: Final = {
    sqlite3.SQLITE_BUSY: ("checkpoint.locked", "is locked by another process", "end it, or try again"),
    sqlite3.SQLITE_LOCKED: ("checkpoint.locked", "is locked by another connection", "try again"),
    sqlite3.SQLITE_FULL: ("checkpoint.disk-full", "cannot grow: the disk is full", "free some space"),
    sqlite3.SQLITE_IOERR: (
        "checkpoint.disk",
        "could not be read or written (disk error, or a full disk)",
        "free some space, or check the disk",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "checkpoint.cannot-open",
        "cannot be opened",
        "check the path, its permissions and the space on its disk",
    ),
    sqlite3.SQLITE_READONLY: ("checkpoint.read-only", "may not be written", "check its permissions"),
    sqlite3.SQLITE_NOTADB: ("checkpoint.corrupt", "is not a database", "restore it from a copy"),
    sqlite3.SQLITE_CORRUPT: ("checkpoint.corrupt", "is damaged", "restore it from a copy"),
}


@contextmanager
def translated(path: Path) -> Generator[None]:
    """Convert SQLite's errors to `ConnectorError` with a code for each cause; the message has the path."""
    try:
        yield
    except sqlite3.Error as error:
        # A mistake of the caller (a closed connection) has no code of SQLite.
        number = getattr(error, "sqlite_errorcode", None)
        known = None if number is None else _SYMPTOMS.get(number & 0xFF)
        if known is None:
            raise ConnectorError("checkpoint.failed", f"the checkpoint file {path} failed: {error}") from error
        code, what, fix = known
        raise ConnectorError(code, f"the checkpoint file {path} {what} ({error})", fix=fix) from error


class CheckpointFile(SqliteSaver):
    """langgraph's SQLite saver with its asynchronous methods; must be closed.

    Every method raises `ConnectorError` (`checkpoint.*`) if SQLite fails; an incomplete write is rolled back.
    """

    path: Path

    @classmethod
    def open(cls, path: Path, *, wait_s: float = 30.0) -> CheckpointFile:
        """Open a file, or create it.

        Args:
            path: The file; its folder is created.
            wait_s: How long a write waits for another process.

        Raises:
            ConnectorError: `checkpoint.*`: it is not a database, is locked, or cannot be opened.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            what = f"cannot make the folder of {path}: {error.strerror}"
            raise ConnectorError("checkpoint.cannot-open", what, fix="check the path and its permissions") from error
        with translated(path):
            connection = sqlite3.connect(path, timeout=wait_s, check_same_thread=False)
            try:
                saver = cls(connection)
                saver.path = path
                saver.setup()
                # A power failure may lose the last checkpoint, never an effect: the run resumes from the one before.
                connection.execute("PRAGMA synchronous = NORMAL")
            except BaseException:
                connection.close()
                raise
        return saver

    @contextmanager
    def cursor(self, transaction: bool = True) -> Generator[sqlite3.Cursor]:
        """See `SqliteSaver`, which would commit the first half of a write whose second half failed."""
        with translated(self.path), self.lock:
            cursor = self.conn.cursor()
            try:
                yield cursor
                if transaction:
                    self.conn.commit()
            except BaseException:
                self.conn.rollback()
                raise
            finally:
                cursor.close()

    def close(self) -> None:
        """Close the file."""
        self.conn.close()

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """See `BaseCheckpointSaver`."""
        return self.get_tuple(config)

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """See `BaseCheckpointSaver`."""
        for one in list(self.list(config, filter=filter, before=before, limit=limit)):
            yield one

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """See `BaseCheckpointSaver`."""
        return self.put(config, checkpoint, metadata, new_versions)

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """See `BaseCheckpointSaver`."""
        self.put_writes(config, writes, task_id, task_path)

    async def adelete_thread(self, thread_id: str) -> None:
        """See `BaseCheckpointSaver`."""
        self.delete_thread(thread_id)
