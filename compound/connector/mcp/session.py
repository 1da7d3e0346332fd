"""An open connection, held by its own task.

The SDK's client is a tree of task groups, which must close in the task that opened them, but nodes run in tasks of
their own. One task therefore opens the client, waits until it is no longer needed, and closes it. It ends with its
event loop at the latest: a cancelled holder still stops the server's process.
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp import Client


class Session:
    """A client for all tasks of one event loop.

    Attributes:
        is_open: Whether it is open.
        is_stale: Whether the tools must be read: never read, or changed according to the server.
        checking: Lock held while the tools are read.
        checked_at: When the tools were read, by the connection's clock.
        problems: Tool to what changed since it was pinned.
    """

    def __init__(self, connect: Callable[[Session], AbstractAsyncContextManager[Client]], name: str) -> None:
        self.loop = asyncio.get_running_loop()
        self.is_stale = True
        self.checking = asyncio.Lock()
        self.checked_at = float("-inf")
        self.problems: dict[str, str] = {}
        self._connect = connect
        self._ready: asyncio.Future[Client] = self.loop.create_future()
        self._leave = asyncio.Event()
        self._holder = self.loop.create_task(self._hold(), name=f"mcp {name}")

    @property
    def is_open(self) -> bool:
        """Whether it can be used, possibly after the server has started."""
        return not self._holder.done() and not self._leave.is_set()

    async def client(self) -> Client:
        """Wait for the client to connect.

        Raises:
            Exception: The reason why it did not start.
        """
        return await asyncio.shield(self._ready)

    def leave(self) -> None:
        """Close it without waiting."""
        self._leave.set()

    async def aclose(self) -> None:
        """Close it and wait until its process or connections have ended."""
        self.leave()
        if not self._ready.done():
            self._holder.cancel()
        await asyncio.wait([self._holder])

    async def _hold(self) -> None:
        try:
            async with self._connect(self) as client:
                self._ready.set_result(client)
                await self._leave.wait()
        except Exception as error:  # noqa: BLE001 - goes to the waiting caller; while closing nobody needs it
            if not self._ready.done():
                self._ready.set_exception(error)
                # The waiting caller may be gone; the failure is then ignored.
                self._ready.exception()
        finally:
            self._ready.cancel()
