"""What running through Compound costs, beside its peers: the same eight nodes, interleaved, CPU per run.

Round after round every framework runs the graph some hundred times, each in its own process and one process at a time;
every other round in the opposite order. A ratio is the median of the ratios within a round, so that a machine that is
slow for a while is slow for both sides.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from tests.bench._processes import OURS, PEERS, started
from tests.bench._rows import Row, absent, at_most, reported

if TYPE_CHECKING:
    from pydantic import JsonValue

ROUNDS = 9
RUNS = 400
BARS: Mapping[str, float] = {
    "raw langgraph": 0.5,
    "langgraph + OpenInference": 0.15,
    "pydantic-graph": 1.0,
    "Haystack": 1.0,
    "LlamaIndex workflows": 1.0,
}
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
    names = [*OURS, *PEERS]
    samples: dict[str, list[float]] = {}
    with started(names) as (there, missing):
        for number in range(ROUNDS):
            for name in list(there) if number % 2 == 0 else reversed(list(there)):
                samples.setdefault(name, []).append(there[name].ask("run", runs=RUNS)["cpu_us"])
    out = [
        absent(f"CPU per run, {name}", missing[name]) if name in missing
        else reported(f"CPU per run, {name}", statistics.median(samples[name]), "us")
        for name in names
    ]  # fmt: skip
    for name, bar in BARS.items():
        title = f"Compound with traces / {name}"
        if name in missing:
            out.append(absent(title, missing[name]))
        else:
            pairs = zip(samples["Compound"], samples[name], strict=True)
            out.append(at_most(title, statistics.median(ours / theirs for ours, theirs in pairs), "x", bar))
    return out


def critical_path() -> Row:
    """Two nodes of 0.1 s beside one of 0.5 s: as long as the longest way, whatever lies beside it; traces on."""
    times = asyncio.run(diamond(5))
    return at_most("uneven diamond (0.1 + 0.1 beside 0.5 s)", statistics.median(times), "s", 0.5 * 1.03)


async def diamond(runs: int) -> list[float]:
    """Wall time of each run."""
    from compound.graph import Engine
    from compound.spec import load_graph
    from compound.testing import FakeServices
    from compound.trace import ParquetStore, Recorder

    async def wait(given: Mapping[str, JsonValue]) -> JsonValue:
        await asyncio.sleep(cast("float", given["seconds"]))
        return True

    times: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(ParquetStore(folder))
        async with Engine(load_graph(DIAMOND, "diamond.yaml"), FakeServices({"wait": wait}), recorder) as engine:
            for number in range(runs):
                begin = time.perf_counter()
                result = await engine.run({}, run_id=f"diamond-{number}")
                times.append(time.perf_counter() - begin)
                if result.status != "done":
                    raise RuntimeError("the diamond did not run") from result.error
        recorder.close()
    return times
