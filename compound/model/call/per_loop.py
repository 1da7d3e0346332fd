"""One client per event loop: the connections of one loop are of no use to another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Generic, TypeVar

Client = TypeVar("Client")


class PerLoop(Generic[Client]):
    """Makes a client for each event loop that asks for one, and closes it when that loop ends.

    Args:
        make: Makes a client.
        close: Closes one, in the loop that it was made for.
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
        """Close the client of the running loop; those of other loops are closed when these end."""
        found = self._open.get(asyncio.get_running_loop())
        if found is not None:
            await found[1].aclose()

    async def _until_the_end(self, loop: asyncio.AbstractEventLoop, client: Client) -> AsyncGenerator[None]:
        # A loop that ends closes the async generators that are still open in it: the only notice of its end.
        try:
            yield
        finally:
            self._open.pop(loop, None)
            await self._close(client)
