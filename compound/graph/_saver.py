"""langgraph's SQLite checkpoints, each operation in one trip to one thread.

The saver that langgraph has for asynchronous code makes a trip for every cursor, statement and commit; these trips were
half of what a pause and its resume cost. The synchronous one does the same work in one piece.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from langgraph.checkpoint.sqlite import SqliteSaver

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import (
        ChannelVersions,
        Checkpoint,
        CheckpointMetadata,
        CheckpointTuple,
        DeltaChannelHistory,
    )

P = ParamSpec("P")
R = TypeVar("R")


class SqliteCheckpoints(SqliteSaver):
    """A checkpoint file and the thread that works on it; `close` ends both."""

    def __init__(self, connection: sqlite3.Connection, thread: ThreadPoolExecutor) -> None:
        super().__init__(connection)
        self._thread = thread

    @classmethod
    async def open(cls, path: Path, *, wait_s: float = 30.0) -> SqliteCheckpoints:
        """Open the file, make it where it is missing.

        Args:
            path: The file; its folder is made.
            wait_s: How long a writer waits for another process.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="compound-checkpoints")
        try:
            return await asyncio.get_running_loop().run_in_executor(thread, cls._opened, path, wait_s, thread)
        except BaseException:
            thread.shutdown(wait=True)  # the process would wait for it
            raise

    @classmethod
    def _opened(cls, path: Path, wait_s: float, thread: ThreadPoolExecutor) -> SqliteCheckpoints:
        connection = sqlite3.connect(path, timeout=wait_s, check_same_thread=False)
        try:
            saver = cls(connection, thread)
            saver.setup()
            # A power cut may lose the last checkpoint, never an effect: the run then goes on from the one before.
            connection.execute("PRAGMA synchronous=NORMAL")
        except BaseException:
            connection.close()
            raise
        return saver

    async def close(self) -> None:
        """Let what is under way end, then close the file."""
        await self._do(self.conn.close)
        self._thread.shutdown(wait=True)

    async def _do(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        # Cancelling the caller does not stop the work: a checkpoint is written whole or not at all.
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(work, *args, **kwargs))

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """As `get_tuple`."""
        return await self._do(self.get_tuple, config)

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """As `list`; read before the first is given."""

        def read() -> list[CheckpointTuple]:
            return [*self.list(config, filter=filter, before=before, limit=limit)]

        for one in await self._do(read):
            yield one

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """As `put`."""
        return await self._do(self.put, config, checkpoint, metadata, new_versions)

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """As `put_writes`."""
        await self._do(self.put_writes, config, writes, task_id, task_path)

    async def adelete_thread(self, thread_id: str) -> None:
        """As `delete_thread`."""
        await self._do(self.delete_thread, thread_id)

    async def aget_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """As `get_delta_channel_history`."""
        return await self._do(self.get_delta_channel_history, config=config, channels=channels)
