"""The bench itself: what it compares with, and that a peer that is not there is never good news."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench import __main__ as bench
from tests.bench import _processes, demo, engine, environment, load, review, start, traces
from tests.bench._clock import run_on_own_clock
from tests.bench._programs import cpu_of
from tests.bench._rows import RATIO, Bar, Pair, Row, absent, at_most, in_turn, none_of
from tests.bench.peers import compound_graph, plain, steps
from tests.bench.peers.process import answer, loaded
from tests.bench.serve import measure


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
    assert at_most("a", 0.50001, Bar(0.5, "half")).ok is False
    assert at_most("a", 0.5, Bar(0.5, "half")).ok is True
    assert none_of("a", 1, "modules", "none").ok is False


def test_sides_are_measured_in_turn_and_compared_within_a_round() -> None:
    said: list[str] = []
    slow = iter((1.0, 1.0, 8.0, 8.0, 1.0, 1.0))  # the machine is eight times slower for a round

    def side(name: str, cost: float) -> float:
        said.append(name)
        return cost * next(slow)

    pair = in_turn(lambda: side("ours", 2.0), lambda: side("theirs", 4.0), 3)
    assert said == ["ours", "theirs", "theirs", "ours", "ours", "theirs"]
    assert pair.ratio == 0.5


def evenly(ratio: float) -> Pair:
    return Pair([ratio, ratio, ratio], [1.0, 1.0, 1.0])


def engine_rows(slower: float) -> list[Row]:
    samples = {name: [1.0] for name in (*_processes.OURS, *_processes.PEERS)}
    samples["Compound"] = [0.1 * slower]
    return [*engine.judged(samples, {}), engine.longest(0.5 if slower == 1 else 0.6)]


def load_rows(slower: float) -> list[Row]:
    cost = {load.OURS: 0.2 * slower, load.PEER: 1.0, load.NOTHING: 0.01}
    samples = {
        (name, many): [{"cpu_us": cost[name] * (slower if many == 1_024 else 1), "share": 0.9}]
        for name in cost
        for many in load.IN_FLIGHT
    }
    held = {(name, traced): cost[name] * 4 for name in (load.OURS, load.PEER) for traced in (False, True)}
    return [*load.judged(samples, {}), *load.held_rows(held, "")]


TOPICS: dict[str, Callable[[float], list[Row]]] = {
    "start_up": lambda slower: start.judged(
        evenly(0.4 * slower), evenly(0.3 * slower), evenly(0.7 * slower), 0 if slower == 1 else 1
    ),
    "environment": lambda slower: environment.judged(1.1 * slower, 1.0, 0 if slower == 1 else 1),
    "demo": lambda slower: demo.judged(evenly(2.7 * slower), 5.0 * slower, 16.0, {}),
    "engine": engine_rows,
    "load": load_rows,
    "review": lambda slower: review.judged(evenly(1.3 * slower)),
    "serve": lambda slower: measure.judged(
        "serve",
        {kind: [bar.most * slower / 2] * 4 for kind, bar in measure.BARS.items()},
        dict.fromkeys(measure.BARS, [1.0] * 4),
        [] if slower == 1 else ["500"],
    ),
    "traces": lambda slower: traces.judged(evenly(1.3 * slower), evenly(1.7 * slower), evenly(2.5 * slower)),
}


def test_the_verdicts_of_every_topic_are_tried() -> None:
    assert set(TOPICS) == set(bench.TOPICS)


@pytest.mark.parametrize("topic", list(TOPICS))
def test_every_bar_is_missed_when_ours_costs_more_and_only_ratios_have_bars(topic: str) -> None:
    usual, slow = TOPICS[topic](1.0), TOPICS[topic](11.0)
    held = [row for row in usual if row.ok is not None]
    assert held
    assert all(row.ok for row in held)
    assert [row.name for row in slow if row.ok is False] == [row.name for row in held]
    assert all(row.why and (row.unit == RATIO or row.bar == "0") for row in held)
    assert all(row.unit != RATIO and not row.bar for row in usual if row.ok is None)


def test_a_missed_bar_is_told_with_its_reason_and_ends_the_bench_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept: list[object] = []
    monkeypatch.setattr(bench, "write", kept.append)
    for slower, code in ((1.0, 0), (11.0, 1)):
        monkeypatch.setitem(bench.TOPICS, "review", lambda slower=slower: TOPICS["review"](slower))
        assert bench.main(["review"]) == code
    first, second = capsys.readouterr().out.split("every bar holds")
    assert "MISSED" not in first
    assert "MISSED" in second
    assert review.WAIT.why in second
    assert len(kept) == 2


def test_cpu_of_a_program_counts_its_own_processes_and_no_waiting() -> None:
    burn = "sum(i for i in range(3_000_000))"
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}], check=True)"
    idle = cpu_of(sys.executable, "-c", "import time; time.sleep(0.5)")[0]
    alone, inside = cpu_of(sys.executable, "-c", burn)[0], cpu_of(sys.executable, "-c", nested)[0]
    assert inside > alone / 2 > idle / 2
    with pytest.raises(RuntimeError, match="no_such_module"):
        cpu_of(sys.executable, "-m", "no_such_module")


def test_the_own_clock_tells_a_schedule_that_waits_too_long() -> None:
    async def barrier() -> float:
        clock = asyncio.get_running_loop().time
        begin = clock()
        await asyncio.gather(asyncio.sleep(0.1), asyncio.sleep(0.5))  # `second` waits for `long` too
        await asyncio.sleep(0.1)
        return clock() - begin

    took = run_on_own_clock(barrier())
    assert took == pytest.approx(0.6)
    assert engine.longest(took).ok is False
    assert engine.critical_path().ok is True


def test_an_installation_is_its_requirements_and_theirs() -> None:
    names = environment.closure(["compound"])
    assert {"compound", "langgraph", "langchain-core", "numpy"} <= names
    assert "pytest" not in names
    assert environment.closure(environment.ENGINES) < names
    assert environment.size_of({"typer"}) > 10_000


def test_compound_and_plain_code_do_the_same_work() -> None:
    async def play() -> None:
        async with compound_graph.opened() as ours, plain.opened() as theirs:
            for number in range(4):
                assert await ours.run(number) == await theirs.run(number) == steps.expected(number)
            await ours.settle()
            assert (await answer(ours, {"do": "run", "runs": 3}))["cpu_us"] > 0
            assert (await loaded(theirs, 10, 3))["wall_s"] > 0
            assert (await answer(ours, {"do": "memory", "in_flight": 8, "traced": True}))["bytes"] > 0
            assert steps.Call.gate is None

    asyncio.run(play())


def test_every_peer_is_pinned() -> None:
    lines = [line for line in _processes.PINS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert all("==" in line and "://" not in line for line in lines)
    modules = {path.stem for path in Path(compound_graph.__file__).parent.glob("*.py")}
    assert set(_processes.PEERS.values()) | set(_processes.OURS.values()) <= modules


def test_the_store_of_the_traces_topic_answers_both_sides(tmp_path: Path) -> None:
    traces.fill(tmp_path, runs=2_000)
    assert all(pair.ours and pair.theirs and pair.ratio > 0 for pair in traces.measure(tmp_path, rounds=1))
