"""Many runs at once, each waiting for one call: throughput, and what a run in flight holds in memory.

The calls take 200 ms on average, half to one and a half of it, the same for the same run in every framework. *Ideal* is
what a framework that costs nothing would take: the same calls in the same order with as many in flight. Wall time, so
run it on a quiet machine; plain asyncio, measured beside, says how near to ideal this machine comes at all.
"""

from __future__ import annotations

import heapq
import statistics
from collections.abc import Sequence

from tests.bench._processes import Process, started
from tests.bench._rows import Row, absent, at_least, at_most, reported
from tests.bench.peers.steps import Call

RUNS = 2_000
LATENCY_S = 0.2
ROUNDS = 3
BARS = {64: 0.95, 256: 0.80, 1_024: 0.30}
KIB = 1024
HELD = 1_024


def rows() -> list[Row]:
    """Throughput in one process and in two, memory of a run in flight."""
    return [*one_process(), *two_processes(), *memory()]


def ideal_s(runs: int, in_flight: int, seed: int, first: int = 0) -> float:
    """Seconds until the last call ends when nothing else takes any time."""
    Call.latency_s, Call.seed = LATENCY_S, seed
    free = [0.0] * min(in_flight, runs)
    for number in range(first, first + runs):
        heapq.heapreplace(free, free[0] + Call.seconds(number))
    return max(free)


def one_process() -> list[Row]:
    """Share of the ideal throughput with one process, Compound and raw langgraph and no framework in turn."""
    shares: dict[tuple[str, int], list[float]] = {}
    with started(["Compound", "raw langgraph", "plain asyncio"]) as (there, missing):
        for seed in range(ROUNDS):
            for in_flight in BARS:
                best = ideal_s(RUNS, in_flight, seed)
                for name, process in there.items():
                    took = process.ask("load", runs=RUNS, in_flight=in_flight, latency_s=LATENCY_S, seed=seed)
                    shares.setdefault((name, in_flight), []).append(best / took["wall_s"])
    out: list[Row] = []
    for in_flight, bar in BARS.items():
        title = f"share of ideal throughput, {in_flight} in flight"
        out.append(at_least(title, statistics.median(shares["Compound", in_flight]), "share", bar))
        for name in ("raw langgraph", "plain asyncio"):
            if name in missing:
                out.append(absent(f"{title}, {name}", missing[name]))
            else:
                out.append(reported(f"{title}, {name}", statistics.median(shares[name, in_flight]), "share"))
    return out


def two_processes() -> list[Row]:
    """The same with 256 in flight, in two processes that run half of the tickets each."""
    shares: list[float] = []
    half = RUNS // 2
    with Process("Compound") as one, Process("Compound") as other:
        for seed in range(ROUNDS):
            best = max(ideal_s(half, 128, seed, first) for first in (0, half))
            for process, first in ((one, 0), (other, half)):
                process.tell("load", runs=half, in_flight=128, latency_s=LATENCY_S, seed=seed, first=first)
            shares.append(best / max(process.answer()["wall_s"] for process in (one, other)))
    return [at_least("share of ideal throughput, 256 in flight, two processes", median(shares), "share", 0.95)]


def memory() -> list[Row]:
    """What a run in flight holds: growth of resident memory of a fresh process, and what Python says it allocated."""
    out: list[Row] = []
    for name in ("Compound", "raw langgraph"):
        with started([name]) as (there, missing):
            title = f"memory of a run in flight, {HELD} at once"
            if name in missing:
                out.append(absent(f"{title}, {name}", missing[name]))
                continue
            resident = there[name].ask("memory", in_flight=HELD, latency_s=8)["bytes"] / KIB
        if name != "Compound":
            out.append(reported(f"{title}, {name}, resident", resident, "KiB"))
            continue
        with Process(name) as process:
            traced = process.ask("memory", in_flight=HELD, latency_s=20, traced=True)["bytes"] / KIB
        out.append(at_most(f"{title}, resident", resident, "KiB", 60))
        out.append(at_most(f"{title}, allocated by Python", traced, "KiB", 60))
    return out


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)
