"""One open connection, held by a task of its own.

The SDK's client is a tree of task groups, which must close in the task that opened them; nodes come and go in
tasks of their own. So one task opens the client, waits until it is no longer needed, and closes it. It ends with
its event loop at the latest: a cancelled holder still stops the server's process.
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp import Client


class Session:
    """A client that any task of one event loop may use.

    Attributes:
        is_open: It was opened and nobody has closed it.
        is_stale: The tools were not read yet, or the server said that they changed.
        checking: Held while the tools are read.
        checked_at: When they were read, by the connection's clock.
        problems: Tool to what is wrong with it since it was pinned.
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
        """It can be used now, or as soon as the server has started."""
        return not self._holder.done() and not self._leave.is_set()

    async def client(self) -> Client:
        """The client, as soon as the server has answered.

        Raises:
            Exception: Whatever kept it from starting.
        """
        return await asyncio.shield(self._ready)

    def leave(self) -> None:
        """Close it, without waiting until it is closed."""
        self._leave.set()

    async def aclose(self) -> None:
        """Close it and wait until its process or its connections are gone."""
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
                # Somebody may have stopped waiting already; the failure is then nobody's.
                self._ready.exception()
        finally:
            self._ready.cancel()
