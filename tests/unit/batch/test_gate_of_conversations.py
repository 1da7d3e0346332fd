"""An item is begun when the earlier ones of its conversation are settled; of others it only waits before effects."""

from __future__ import annotations

import anyio
import pytest

from compound.batch.gate import OrderGate  # pyright: ignore[reportPrivateUsage]


@pytest.mark.anyio
async def test_waiting_for_some_keys_passes_over_the_others() -> None:
    gate = OrderGate({0: {"customer"}, 1: {"thread", "customer"}, 2: {"thread", "customer"}})
    begun: list[int] = []

    async def begin(seq: int, names: set[str]) -> None:
        await gate.wait_for(seq, names)
        begun.append(seq)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(begin, 2, {"thread"})
        tasks.start_soon(begin, 1, {"thread"})
        await anyio.wait_all_tasks_blocked()
        assert begun == [1]
        gate.settle(1)
    assert begun == [1, 2]


@pytest.mark.anyio
async def test_waiting_for_nothing_returns_at_once() -> None:
    gate = OrderGate({0: {"customer"}, 1: {"customer"}})
    with anyio.fail_after(5):
        await gate.wait_for(1, ())
