"""Events of a run as `text/event-stream`, for browsers and for any HTTP framework that streams bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final

import anyio
import orjson

from compound.graph.run.events import event_json

if TYPE_CHECKING:
    from compound.graph.run.events import RunEvent

SSE_HEADERS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}
"""Headers of the stream: no caching, and no buffering in proxies."""
MEDIA_TYPE: Final = "text/event-stream"
"""Content type of the stream."""


async def sse(
    events: AsyncGenerator[RunEvent], *, heartbeat_s: float = 15.0, retry_ms: int = 3000, first_id: int = 1
) -> AsyncGenerator[bytes]:
    r"""Each event as one block: `id` counts up, `event` is its name, `data` is its JSON record.

    While nothing happens, a comment is sent every `heartbeat_s` seconds, which keeps the connection open and detects
    a reader that has left. Then the framework closes this generator, which closes `events`, which stops the run. The
    error of a run that cannot start is an event `error`.

    Args:
        events: From `Engine.stream`; closed at the end.
        heartbeat_s: Seconds of silence before a comment.
        retry_ms: Milliseconds until a browser reconnects.
        first_id: The first `id`, for a resumed stream.

    Example:
        ```python
        return StreamingResponse(sse(engine.stream(letter, run_id=run_id)), media_type=MEDIA_TYPE, headers=SSE_HEADERS)
        ```
    """
    from compound.errors import CompoundError

    number = first_id
    coming: asyncio.Future[RunEvent] | None = None
    try:
        yield b"retry: %d\n\n" % retry_ms
        while True:
            if coming is None:
                coming = asyncio.ensure_future(anext(events))
            done, _ = await asyncio.wait([coming], timeout=heartbeat_s)
            if not done:
                yield b": still here\n\n"
                continue
            event, coming = coming.result(), None
            yield _block(number, event.event, orjson.dumps(event_json(event)))
            number += 1
    except StopAsyncIteration:
        return
    except CompoundError as error:
        yield _block(number, "error", orjson.dumps(error.to_json()))
    finally:
        await _close(events, coming)


async def _close(events: AsyncGenerator[RunEvent], coming: asyncio.Future[RunEvent] | None) -> None:
    with anyio.CancelScope(shield=True):
        if coming is not None and not coming.done():
            coming.cancel()
            await asyncio.wait([coming])
        await events.aclose()


def _block(number: int, name: str, data: bytes) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (number, name.encode(), data)
