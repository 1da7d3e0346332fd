"""Closing a stream that nobody reads any more, also when the reader was cancelled."""

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
    """The stream, hung up when the block ends: what is not read is not written and not paid for.

    In a cancelled task every wait ends at once, so the connection would stay open: closing is shielded.
    """
    try:
        yield events
    finally:
        close = getattr(events, "aclose", None)
        if close is not None:
            with anyio.move_on_after(_PATIENCE_S, shield=True):
                await close()
