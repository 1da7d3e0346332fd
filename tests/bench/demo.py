"""The sample desk as a whole: CPU of its batch and of the demo, beside the libraries alone on the same tickets."""

from __future__ import annotations

import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

from tests.bench._programs import program, python
from tests.bench._rows import Bar, Pair, Row, at_most, in_turn, reported

ROUNDS = 2
BATCH = Bar(
    4, "plan, checks, traces, journal and queue of a ticket cost at most three times its lookups and commits by hand"
)
DEMO = Bar(7, "seed, index, train, check, batch and evaluation together stay below two batches at their bar")


def rows() -> list[Row]:
    """A batch from a home that is seeded once and copied for each run, as a finished run is only looked up again."""
    with tempfile.TemporaryDirectory() as folder:
        seeded = Path(folder) / "seeded"
        for command in (["seed"], ["index"], ["train", "intent"]):
            program(*command, home=str(seeded))
        rates: list[float] = []

        def fresh() -> Path:
            home = Path(folder) / "home"
            shutil.rmtree(home, ignore_errors=True)
            return shutil.copytree(seeded, home)

        def ours() -> float:
            took, batch = program("batch", home=str(fresh()))
            rates.append(batch["ran"] / batch["seconds"])
            return took

        batches = in_turn(ours, lambda: python("-m", "tests.bench.peers.by_hand", str(fresh())), ROUNDS)
        demo_s, report = program("demo", home=str(Path(folder) / "demo"))
    return judged(batches, demo_s, statistics.median(rates), report["evaluation"]["scores"])


def judged(batches: Pair, demo_s: float, rate: float, scores: dict[str, Any]) -> list[Row]:
    """The figures against their bars."""
    by_hand = statistics.median(batches.theirs)
    return [
        reported("batch, offline, traces on", statistics.median(batches.ours), "s of CPU"),
        reported("batch, offline, traces on, wall time", rate, "tickets/s"),
        reported("the same lookups and commits by hand", by_hand, "s of CPU"),
        at_most("batch / its lookups and commits by hand", batches.ratio, BATCH),
        reported("demo without installation", demo_s, "s of CPU"),
        at_most("demo / lookups and commits of its batch by hand", demo_s / by_hand, DEMO),
        *(
            reported(f"sample {name}", score["value"], "share")
            for name, score in scores.items()
            if score["value"] is not None
        ),
    ]
