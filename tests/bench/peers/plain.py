"""No framework: the same awaits by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tests.bench.peers import steps
from tests.bench.peers.process import Plain


async def run(number: int) -> str:
    """One run."""
    state = steps.ticket(number)
    state |= await steps.measure(state)
    state |= await steps.sort(state)
    state |= await (steps.brief if state["kind"] == "brief" else steps.thorough)(state)
    for found in await asyncio.gather(steps.passages(state), steps.orders(state)):
        state |= found
    state |= await steps.write(state)
    state |= await steps.prove(state)
    return state["reply"]


@asynccontextmanager
async def opened() -> AsyncGenerator[Plain]:
    """Ready at once."""
    yield Plain(run)
