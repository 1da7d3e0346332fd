"""One client per event loop, because connections belong to one loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Generic, TypeVar

Client = TypeVar("Client")


class PerLoop(Generic[Client]):
    """Creates a client for each event loop, and closes it when that loop ends.

    Args:
        make: Creates a client.
        close: Closes a client, in its loop.
    """

    def __init__(self, make: Callable[[], Client], close: Callable[[Client], Awaitable[None]]) -> None:
        self._make = make
        self._close = close
        self._open: dict[asyncio.AbstractEventLoop, tuple[Client, AsyncGenerator[None]]] = {}

    async def get(self) -> Client:
        """The client of the running loop."""
        loop = asyncio.get_running_loop()
        found = self._open.get(loop)
        if found is None:
            for over in [one for one in self._open if one.is_closed()]:
                self._open.pop(over, None)
            client = self._make()
            found = self._open[loop] = (client, self._until_the_end(loop, client))
            await anext(found[1])
        return found[0]

    async def aclose(self) -> None:
        """Close the client of the running loop; clients of other loops are closed when those end."""
        found = self._open.get(asyncio.get_running_loop())
        if found is not None:
            await found[1].aclose()

    async def _until_the_end(self, loop: asyncio.AbstractEventLoop, client: Client) -> AsyncGenerator[None]:
        # A loop closes its open async generators when it ends: the only notice of its end.
        try:
            yield
        finally:
            self._open.pop(loop, None)
            await self._close(client)
