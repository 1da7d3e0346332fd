"""A run as a stream of events: bounded, and stopped when the reader stops listening."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TYPE_CHECKING

import anyio

from compound.graph.run.events import Listener, RunEvent, RunFinished

if TYPE_CHECKING:
    from compound.graph.run.result import RunResult


async def stream_events(start: Callable[[Listener], Awaitable[RunResult]], *, buffer: int) -> AsyncGenerator[RunEvent]:
    """The events of a run that `start` runs, as they happen; the last one is `RunFinished`.

    At most `buffer` events wait to be read: then the run waits too, and with it the model whose tokens they are.
    Closing the generator cancels the run and waits until it has let go: streams of providers are hung up and
    nothing more is called. What had finished is journalled, and the same run id goes on from there.

    Raises:
        Exception: What `start` raises.
    """
    sender, receiver = anyio.create_memory_object_stream[RunEvent](buffer)

    async def work() -> None:
        with sender:
            await sender.send(RunFinished.of(await start(sender.send)))

    # A generator may be read and closed by different tasks, so the run has one of its own, which dies with it.
    task = asyncio.get_running_loop().create_task(work())
    try:
        async for event in receiver:
            yield event
        await task
    finally:
        # First the run, then its way out: a run that cannot tell would go on as if its nodes had failed.
        task.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait([task])
        receiver.close()
        if not task.cancelled():
            task.exception()
