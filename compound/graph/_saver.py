"""Checkpoints in SQLite, written where langgraph asks for it: on the event loop's thread.

langgraph's own asynchronous saver sends every statement to a thread and waits for it, about twenty times a run; each
way there and back costs more than the write itself, which reaches the page cache and no disk. A second process that
writes at the same moment makes this one wait, as with the state store.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from langgraph.checkpoint.sqlite import SqliteSaver

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, CheckpointTuple

_LOCK_WAIT_S: Final = 30.0


class CheckpointFile(SqliteSaver):
    """langgraph's SQLite saver with its asynchronous methods; `close` it in the end."""

    @classmethod
    def open(cls, path: Path) -> CheckpointFile:
        """Open a file, or make it.

        Raises:
            sqlite3.Error: It is no database, or cannot be opened.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=_LOCK_WAIT_S, check_same_thread=False)
        try:
            saver = cls(connection)
            saver.setup()
            # A power cut may lose the last checkpoint, never an effect: the run then goes on from the one before.
            connection.execute("PRAGMA synchronous = NORMAL")
        except BaseException:
            connection.close()
            raise
        return saver

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
