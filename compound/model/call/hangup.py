"""Closes streams that are no longer read, also when the reader is cancelled."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import anyio

if TYPE_CHECKING:
    from compound.model.call.types import StreamEvent

_PATIENCE_S: Final = 5.0


@asynccontextmanager
async def reading(events: AsyncIterator[StreamEvent]) -> AsyncGenerator[AsyncIterator[StreamEvent]]:
    """The stream, closed when the block ends, so that unread tokens are not generated or paid for.

    In a cancelled task every await fails at once and the connection would stay open, so closing is shielded.
    """
    try:
        yield events
    finally:
        close = getattr(events, "aclose", None)
        if close is not None:
            with anyio.move_on_after(_PATIENCE_S, shield=True):
                await close()
