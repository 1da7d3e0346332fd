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

    At most `buffer` events wait to be read: then the run waits too, and so does the model that sends the tokens.
    Closing the generator cancels the run and waits until it has stopped: provider streams are closed and nothing more
    is called. Finished calls are journalled, and the same run id resumes from there.

    Raises:
        Exception: Any error of `start`.
    """
    sender, receiver = anyio.create_memory_object_stream[RunEvent](buffer)

    async def work() -> None:
        with sender:
            await sender.send(RunFinished.of(await start(sender.send)))

    # A generator may be read and closed by different tasks, so the run has its own, which ends with it.
    task = asyncio.get_running_loop().create_task(work())
    try:
        async for event in receiver:
            yield event
        await task
    finally:
        # Stop the run first, then close the channel: a run that cannot send would continue as if its nodes had failed.
        task.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait([task])
        receiver.close()
        if not task.cancelled():
            task.exception()
