"""One framework in a process of its own: `python -m tests.bench.peers.process MODULE`, then one command a line.

    {"do": "run", "runs": 500}                                   one after the other
    {"do": "load", "runs": 2000, "in_flight": 64, "latency_s": 0.2, "seed": 7}
    {"do": "memory", "in_flight": 1024}

Each is answered by a line of JSON. CPU is user and system time of the whole process, all its threads included, from the
first run of a command to the moment at which everything that was recorded is in its store. Standard library only.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import sys
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.bench.peers.steps import Call, expected


class Framework(Protocol):
    """The same graph in one framework, ready to run."""

    async def run(self, number: int) -> str:
        """Run it on one ticket; what `write` gave."""
        ...

    async def settle(self) -> None:
        """Wait until what was recorded so far is stored."""
        ...


@dataclass(slots=True)
class Plain:
    """A framework that records nothing."""

    graph: Callable[[int], Awaitable[str]]

    async def run(self, number: int) -> str:
        """Run the graph."""
        return await self.graph(number)

    async def settle(self) -> None:
        """Nothing is recorded."""


async def one_by_one(framework: Framework, runs: int) -> dict[str, float]:
    """CPU and wall time of a run, in microseconds, with nothing beside it."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    for number in range(runs):
        require(number, await framework.run(number))
    await framework.settle()
    return {
        "cpu_us": (time.process_time() - cpu) / runs * 1e6,
        "wall_us": (time.perf_counter() - wall) / runs * 1e6,
    }


async def loaded(framework: Framework, runs: int, in_flight: int, first: int = 0) -> dict[str, float]:
    """Seconds that many runs took with so many in flight."""
    numbers = iter(range(first, first + runs))
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    async with asyncio.TaskGroup() as group:
        for _ in range(min(in_flight, runs)):
            group.create_task(work_through(framework, numbers))
    took = time.perf_counter() - wall
    await framework.settle()
    return {"wall_s": took, "cpu_us": (time.process_time() - cpu) / runs * 1e6}


async def work_through(framework: Framework, numbers: Iterator[int]) -> None:
    """One of those that run tickets side by side."""
    for number in numbers:
        require(number, await framework.run(number))


async def held(framework: Framework, in_flight: int, *, traced: bool) -> dict[str, float]:
    """Bytes that a run holds while it waits for its call: resident memory, or (slower) what Python allocated.

    The calls wait at a gate until all runs have come to it, however long that takes on this machine.
    """
    gc.collect()
    Call.gate, Call.waiting = asyncio.Event(), 0
    if traced:
        tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0] if traced else resident_bytes()
    tasks = [asyncio.ensure_future(framework.run(number)) for number in range(in_flight)]
    while Call.waiting < in_flight:
        if any(task.done() for task in tasks):
            raise RuntimeError("a run ended before all were in flight")
        await asyncio.sleep(0.01)
    after = tracemalloc.get_traced_memory()[0] if traced else resident_bytes()
    tracemalloc.stop()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    Call.gate = None
    return {"bytes": (after - before) / in_flight}


def resident_bytes() -> float:
    """Resident memory of this process."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("this system does not say how much memory a process holds")


def require(number: int, reply: str) -> None:
    """A framework that does not do the work is not measured."""
    if reply != expected(number):
        raise RuntimeError(f"run {number} gave {reply!r}, not {expected(number)!r}")


async def answer(framework: Framework, command: dict[str, Any]) -> dict[str, float]:
    """Do what a command says."""
    Call.latency_s = float(command.get("latency_s", 0.0))
    Call.seed = int(command.get("seed", 0))
    match command["do"]:
        case "run":
            return await one_by_one(framework, int(command["runs"]))
        case "load":
            return await loaded(
                framework, int(command["runs"]), int(command["in_flight"]), int(command.get("first", 0))
            )
        case "memory":
            return await held(framework, int(command["in_flight"]), traced=bool(command.get("traced")))
        case other:
            raise ValueError(f"no command {other!r}")


async def serve(module: str) -> None:
    """Open the framework, warm it up, then answer each line until there are none left."""
    async with importlib.import_module(module).opened() as framework:
        for number in range(20):
            require(number, await framework.run(number))
        await framework.settle()
        say({"ready": True})
        for line in sys.stdin:
            say(await answer(framework, json.loads(line)))


def say(document: dict[str, Any]) -> None:
    """One answer."""
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(sys.argv[1]))
