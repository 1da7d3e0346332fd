"""Many runs at once, each waiting for one call: what a run then costs, and what it holds in memory.

The calls take 200 ms on average, half to one and a half of it, the same for the same run in every framework. How many runs
end in a second follows from the calls until the CPU is full, and from CPU per run afterwards: so the bars are held against
CPU and bytes. The share of the ideal throughput is wall time and only printed. *Ideal* is what a framework that costs
nothing would take: the same calls in the same order with as many in flight.
"""

from __future__ import annotations

import heapq
import statistics
from collections.abc import Mapping, Sequence

from tests.bench._processes import started
from tests.bench._rows import Bar, Pair, Row, absent, at_most, reported
from tests.bench.peers.steps import Call

RUNS = 1_000
LATENCY_S = 0.2
ROUNDS = 3
IN_FLIGHT = (64, 256, 1_024)
KIB = 1024
HELD = 1_024
OURS, PEER, NOTHING = "Compound", "raw langgraph", "plain asyncio"
LOADED = Bar(0.5, "half of langgraph's CPU per run means twice the runs a second once the CPU is full")
GROWTH = Bar(
    1.5, "the 1,024th run beside others costs what the first does: nothing is searched that grows with their number"
)
MEMORY = Bar(1.0, "checked and traced, a waiting run holds no more than one of langgraph that keeps nothing")

Samples = Mapping[tuple[str, int], Sequence[Mapping[str, float]]]


def rows() -> list[Row]:
    """CPU per run under load, memory of a run in flight."""
    return [*under_load(), *memory()]


def ideal_s(runs: int, in_flight: int, seed: int) -> float:
    """Seconds until the last call ends when nothing else takes any time."""
    Call.latency_s, Call.seed = LATENCY_S, seed
    free = [0.0] * min(in_flight, runs)
    for number in range(runs):
        heapq.heapreplace(free, free[0] + Call.seconds(number))
    return max(free)


def under_load() -> list[Row]:
    """Compound, raw langgraph and no framework in turn; every other round in the opposite order."""
    samples: dict[tuple[str, int], list[Mapping[str, float]]] = {}
    with started([OURS, PEER, NOTHING]) as (there, missing):
        for seed in range(ROUNDS):
            for in_flight in IN_FLIGHT:
                best = ideal_s(RUNS, in_flight, seed)
                for name in list(there) if seed % 2 == 0 else reversed(list(there)):
                    took = there[name].ask("load", runs=RUNS, in_flight=in_flight, latency_s=LATENCY_S, seed=seed)
                    found = {"cpu_us": took["cpu_us"], "share": best / took["wall_s"]}
                    samples.setdefault((name, in_flight), []).append(found)
    return judged(samples, missing)


def judged(samples: Samples, missing: Mapping[str, str]) -> list[Row]:
    """The figures against their bars."""
    out: list[Row] = []
    for in_flight in IN_FLIGHT:
        title = f"share of ideal throughput, {in_flight} in flight"
        for name in (OURS, PEER, NOTHING):
            if name in missing:
                out.append(absent(f"{title}, {name}", missing[name]))
            else:
                share = statistics.median(one["share"] for one in samples[name, in_flight])
                out.append(reported(f"{title}, {name}", share, "share"))
    for in_flight in IN_FLIGHT:
        title = f"CPU per run, {in_flight} in flight, {OURS} / {PEER}"
        if PEER in missing:
            out.append(absent(title, missing[PEER]))
        else:
            pair = Pair(_cpu(samples, OURS, in_flight), _cpu(samples, PEER, in_flight))
            out.append(at_most(title, pair.ratio, LOADED))
    grown = Pair(_cpu(samples, OURS, IN_FLIGHT[-1]), _cpu(samples, OURS, IN_FLIGHT[0]))
    out.append(at_most(f"CPU per run, {IN_FLIGHT[-1]} in flight / {IN_FLIGHT[0]} in flight", grown.ratio, GROWTH))
    return out


def _cpu(samples: Samples, name: str, in_flight: int) -> list[float]:
    return [one["cpu_us"] for one in samples[name, in_flight]]


def memory() -> list[Row]:
    """What a run in flight holds: growth of resident memory of a fresh process, and what Python says it allocated."""
    held: dict[tuple[str, bool], float] = {}
    absent_peer = ""
    for traced in (False, True):
        for name in (OURS, PEER):
            with started([name]) as (there, missing):
                if name == OURS and missing:
                    raise RuntimeError(missing[name])
                absent_peer = missing.get(PEER, absent_peer)
                if name in there:
                    held[name, traced] = there[name].ask("memory", in_flight=HELD, traced=traced)["bytes"] / KIB
    return held_rows(held, absent_peer)


def held_rows(held: Mapping[tuple[str, bool], float], absent_peer: str) -> list[Row]:
    """The figures against their bars."""
    out: list[Row] = []
    for traced, kind in ((False, "resident"), (True, "allocated by Python")):
        title = f"memory of a run in flight, {HELD} at once, {kind}"
        out.append(reported(f"{title}, {OURS}", held[OURS, traced], "KiB"))
        if absent_peer:
            out.append(absent(f"{title}, {OURS} / {PEER}", absent_peer))
            continue
        out.append(reported(f"{title}, {PEER}", held[PEER, traced], "KiB"))
        out.append(at_most(f"{title}, {OURS} / {PEER}", held[OURS, traced] / held[PEER, traced], MEMORY))
    return out
