"""Effects of one key happen in the backlog's order, whatever order the tickets finish in; others wait for nobody."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compound.batch.gate import OrderGate, keys_of


@settings(max_examples=60, deadline=None)
@given(
    tickets=st.lists(
        st.tuples(st.integers(0, 3), st.sets(st.sampled_from("abc")), st.sets(st.sampled_from("abcd"))),
        min_size=1,
        max_size=12,
    ),
    concurrency=st.integers(1, 5),
)
def test_whatever_the_delays_the_order_of_a_key_is_the_backlog_s(
    tickets: list[tuple[int, set[str], set[str]]], concurrency: int
) -> None:
    effects: list[int] = []

    async def backlog() -> None:
        gate = OrderGate({seq: keys for seq, (_, keys, _) in enumerate(tickets)})
        queue = iter(range(len(tickets)))

        async def work() -> None:
            for seq in queue:
                for _ in range(tickets[seq][0]):
                    await anyio.lowlevel.checkpoint()
                await gate.wait(seq, tickets[seq][2])
                effects.append(seq)
                gate.settle(seq)

        with anyio.fail_after(5):
            async with anyio.create_task_group() as group:
                for _ in range(concurrency):
                    group.start_soon(work)

    anyio.run(backlog)
    assert sorted(effects) == list(range(len(tickets)))
    for key in "abc":
        # What is known of a ticket beforehand holds it back, and those behind it.
        known = [seq for seq in effects if key in tickets[seq][1]]
        assert known == sorted(known)


def test_a_row_that_shows_late_holds_the_order_too() -> None:
    async def backlog() -> list[int]:
        done: list[int] = []
        gate = OrderGate({0: ["x"], 1: ["x"], 2: []})

        async def act(seq: int, rows: list[str]) -> None:
            await gate.wait(seq, rows)
            done.append(seq)

        async with anyio.create_task_group() as group:
            group.start_soon(act, 1, ["row"])  # waits for 0, and says which row it will change
            await anyio.wait_all_tasks_blocked()
            group.start_soon(act, 2, ["row"])
            await anyio.wait_all_tasks_blocked()
            assert done == []
            gate.settle(0)
            await anyio.wait_all_tasks_blocked()
            assert done == [1]
            gate.settle(1)
        return done

    assert anyio.run(backlog) == [1, 2]


def test_a_ticket_waits_for_its_own_key_only() -> None:
    async def backlog() -> None:
        gate = OrderGate({0: ["a"], 1: ["b"], 2: ["a", "b"]})
        with anyio.fail_after(1):
            await gate.wait(1)
        gate.settle(1)
        with pytest.raises(TimeoutError), anyio.fail_after(0.01):
            await gate.wait(2)
        gate.settle(0)
        with anyio.fail_after(1):
            await gate.wait(2)

    anyio.run(backlog)


def test_keys_are_the_customer_the_sender_and_what_is_named() -> None:
    mine = keys_of({"id": "1", "email": "Ann Lee <Ann@X.example>", "subject": "#W12345"}, "c1")
    assert mine == {"key c1", "address ann@x.example", "named #W12345"}
    assert mine & keys_of({"id": "2", "email": "ann@x.example "})
    assert mine & keys_of({"id": "3", "body": "about #W12345, please"})
    assert not keys_of({"id": "4", "body": "hello, on 2026-11-29 at 10:30 I paid 12 dollars in 90210"})
    assert not keys_of(None)
