"""Effects happen in the backlog's order, whatever order the tickets finish in."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compound.batch import OrderGate


@settings(max_examples=40, deadline=None)
@given(
    delays=st.lists(st.integers(0, 3), min_size=1, max_size=12),
    settled=st.sets(st.integers(0, 11)),
    concurrency=st.integers(1, 5),
)
def test_whatever_the_delays_the_order_of_effects_is_the_backlog_s(
    delays: list[int], settled: set[int], concurrency: int
) -> None:
    done_before = {seq for seq in settled if seq < len(delays)}
    effects: list[int] = []

    async def backlog() -> None:
        gate = OrderGate(range(len(delays)), done_before)
        queue = iter([seq for seq in range(len(delays)) if seq not in done_before])

        async def work() -> None:
            for seq in queue:
                for _ in range(delays[seq]):
                    await anyio.lowlevel.checkpoint()
                await gate.wait(seq)
                effects.append(seq)
                gate.settle(seq)

        with anyio.fail_after(5):
            async with anyio.create_task_group() as group:
                for _ in range(concurrency):
                    group.start_soon(work)

    anyio.run(backlog)
    assert effects == [seq for seq in range(len(delays)) if seq not in done_before]


def test_a_ticket_without_effects_does_not_wait() -> None:
    async def backlog() -> None:
        gate = OrderGate([0, 1, 2])
        gate.settle(1)
        with pytest.raises(TimeoutError), anyio.fail_after(0.01):
            await gate.wait(2)
        gate.settle(0)
        with anyio.fail_after(1):
            await gate.wait(2)

    anyio.run(backlog)
