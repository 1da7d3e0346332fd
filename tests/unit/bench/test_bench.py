"""The bench itself: what it compares with, and that a peer that is not there is never good news."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.bench import _processes, load
from tests.bench._rows import absent, at_least, at_most
from tests.bench.peers import compound_graph, plain, steps
from tests.bench.peers.process import answer, loaded


def test_ideal_is_the_longest_of_the_slots_that_take_the_next_call_when_they_are_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(steps.Call, "latency_s", 0.0)  # put back at the end: the bench sets it
    one = load.ideal_s(4, 1, seed=3)
    assert one == pytest.approx(sum(steps.Call.seconds(number) for number in range(4)))
    assert all(0.1 <= steps.Call.seconds(number) <= 0.3 for number in range(100))
    assert load.ideal_s(4, 4, seed=3) == pytest.approx(max(steps.Call.seconds(number) for number in range(4)))
    assert load.ideal_s(4, 100, seed=3) == load.ideal_s(4, 4, seed=3)
    assert load.ideal_s(500, 50, seed=3) < load.ideal_s(500, 25, seed=3)


def test_a_peer_that_cannot_start_is_absent_and_never_ok(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_processes.OURS, "nothing", "no_such_module")
    with _processes.started(["nothing"]) as (there, missing):
        assert there == {}
        row = absent("CPU per run, nothing", missing["nothing"])
    assert (row.value, row.ok) == (None, None)
    assert "no_such_module" in row.unit


def test_a_bar_is_held_against_the_figure_as_measured() -> None:
    assert at_most("a", 0.50001, "x", 0.5).ok is False
    assert at_least("a", 0.94999, "x", 0.95).ok is False
    assert at_most("a", 0.5, "x", 0.5).ok is True


def test_compound_and_plain_code_do_the_same_work() -> None:
    async def play() -> None:
        async with compound_graph.opened() as ours, plain.opened() as theirs:
            for number in range(4):
                assert await ours.run(number) == await theirs.run(number) == steps.expected(number)
            await ours.settle()
            assert (await answer(ours, {"do": "run", "runs": 3}))["cpu_us"] > 0
            assert (await loaded(theirs, 10, 3))["wall_s"] > 0

    asyncio.run(play())


def test_every_peer_is_pinned() -> None:
    lines = [line for line in _processes.PINS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert all("==" in line and "://" not in line for line in lines)
    modules = {path.stem for path in Path(compound_graph.__file__).parent.glob("*.py")}
    assert set(_processes.PEERS.values()) | set(_processes.OURS.values()) <= modules
