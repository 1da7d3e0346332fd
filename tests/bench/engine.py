"""What running through Compound costs, beside its peers: the same eight nodes, interleaved, CPU per run.

Round after round every framework runs the graph some hundred times, each in its own process and one process at a time;
every other round in the opposite order. A ratio is the median of the ratios within a round, so that a machine that is
slow for a while is slow for both sides.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from tests.bench._clock import run_on_own_clock
from tests.bench._processes import OURS, PEERS, started
from tests.bench._rows import Bar, Pair, Row, absent, at_most, reported

if TYPE_CHECKING:
    from pydantic import JsonValue

ROUNDS = 9
RUNS = 400
BARS: Mapping[str, Bar] = {
    "raw langgraph": Bar(0.5, "checked and traced, a run costs at most half of what langgraph alone costs"),
    "langgraph + OpenInference": Bar(
        0.15, "traces are no reason to run without them: a seventh of langgraph's with traces"
    ),
    "pydantic-graph": Bar(1.0, "checked and traced, a run costs no more than there without checks and traces"),
    "Haystack": Bar(1.0, "checked and traced, a run costs no more than there without checks and traces"),
    "LlamaIndex workflows": Bar(1.0, "checked and traced, a run costs no more than there without checks and traces"),
}
LONGEST = Bar(1.0001, "a node starts when what it needs is there: a run takes as long as its longest way, nothing more")
DIAMOND = """\
compound: graph/v1
name: bench_diamond
input: {}
output: {left: $second, right: $long}
nodes:
  first: {use: tool, tool: wait, in: {seconds: 0.1}}
  second: {use: tool, tool: wait, in: {seconds: 0.1, behind: $first}}
  long: {use: tool, tool: wait, in: {seconds: 0.5}}
  join: {use: tool, tool: wait, in: {seconds: 0, left: $second, right: $long}}
"""


def rows() -> list[Row]:
    """CPU per run of everybody, the ratios that have a bar, and the critical path."""
    return [*side_by_side(), critical_path()]


def side_by_side() -> list[Row]:
    """CPU per run."""
    samples: dict[str, list[float]] = {}
    with started([*OURS, *PEERS]) as (there, missing):
        for number in range(ROUNDS):
            for name in list(there) if number % 2 == 0 else reversed(list(there)):
                samples.setdefault(name, []).append(there[name].ask("run", runs=RUNS)["cpu_us"])
    return judged(samples, missing)


def judged(samples: Mapping[str, list[float]], missing: Mapping[str, str]) -> list[Row]:
    """The figures against their bars."""
    out = [
        absent(f"CPU per run, {name}", missing[name]) if name in missing
        else reported(f"CPU per run, {name}", statistics.median(samples[name]), "us")
        for name in (*OURS, *PEERS)
    ]  # fmt: skip
    for name, bar in BARS.items():
        title = f"Compound with traces / {name}"
        if name in missing:
            out.append(absent(title, missing[name]))
        else:
            out.append(at_most(title, Pair(samples["Compound"], samples[name]).ratio, bar))
    return out


def critical_path() -> Row:
    """Two nodes of 0.1 s beside one of 0.5 s: as long as the longest way, whatever lies beside it; traces on.

    On a clock that moves only when nothing is left to do, so that the machine's speed has no part in it.
    """
    return longest(run_on_own_clock(diamond()))


def longest(took_s: float) -> Row:
    """The time of the diamond against its longest way."""
    return at_most("uneven diamond (0.1 + 0.1 beside 0.5 s) / its longest way", took_s / 0.5, LONGEST)


async def diamond() -> float:
    """Seconds of the loop's clock that a run takes."""
    from compound.graph import Engine
    from compound.spec import load_graph
    from compound.testing.fakes import FakeServices
    from tests.support.tracing import on_disk

    async def wait(given: Mapping[str, JsonValue]) -> JsonValue:
        await asyncio.sleep(cast("float", given["seconds"]))
        return True

    clock = asyncio.get_running_loop().time
    with tempfile.TemporaryDirectory() as folder:
        _, recorder = on_disk(folder)
        async with Engine(load_graph(DIAMOND, "diamond.yaml"), FakeServices({"wait": wait}), recorder) as engine:
            begin = clock()
            result = await engine.run({}, run_id="diamond")
            took = clock() - begin
            if result.status != "done":
                raise RuntimeError("the diamond did not run") from result.error
        recorder.close()
    return took
