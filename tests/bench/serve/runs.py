"""The pages of runs when the traces have a million spans; beside the same pages of a store with a thousand."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench import traces
from tests.bench._rows import Bar, Pair, Row, at_most, in_turn, none_of, reported
from tests.bench.serve.client import Client
from tests.bench.serve.costs import p95
from tests.bench.serve.desk import FIRST, drafted, letter, waterworks
from tests.bench.serve.reviewers import PASSWORD
from tests.bench.serve.served import Served, server

MANY: Final = traces.RUNS
FEW: Final = 100
ROUNDS: Final = 12
PROMISED_MS: Final = 300
"""95th percentile of the page of one run on a quiet machine with two cores; printed, never held."""
BARS: Final = {
    "page of a run": Bar(2, "a run is found by its id: the spans of other runs are not read"),
    "list of the week": Bar(2, "files of other days are not read"),
    "list of all runs": Bar(4, "the newest runs, and how many ended how, are known after a look at every span"),
}
_ADDRESS: Final = {"list of the week": "/runs", "list of all runs": "/runs?when=all"}
_PERSON: Final = "reader"


@dataclass
class Store:
    """A served project with traces.

    Attributes:
        run_id: A run that the product made, among the others.
        took_ms: Kind of page to milliseconds until the answer.
        wrong: Answers that are errors.
    """

    served: Served
    client: Client
    run_id: str
    took_ms: dict[str, list[float]]
    wrong: list[str]

    def page(self, kind: str) -> float:
        """Milliseconds of CPU of one page."""
        before = self.served.cpu_s()
        address = _ADDRESS.get(kind, f"/runs/{self.run_id}")
        answers = [self.client.get(address) for _ in range(5)]
        self.took_ms.setdefault(kind, []).extend(one.took_s * 1e3 for one in answers)
        self.wrong += [f"{kind}: {one.status}" for one in answers if one.status != 200]
        return (self.served.cpu_s() - before) / len(answers) * 1e3


def rows() -> list[Row]:
    """CPU and time of the list and of one run, both stores in turn."""
    with store(MANY) as large, store(FEW) as small:
        pairs = {kind: pair(large, small, kind) for kind in BARS}
        return judged(pairs, large.took_ms, [*large.wrong, *small.wrong])


@contextmanager
def store(runs: int) -> Generator[Store]:
    """A project with so many runs in its traces, ten spans each, served."""
    from compound.web.identity.people import People

    with tempfile.TemporaryDirectory() as folder:
        place = waterworks(Path(folder))
        drafted(place, "answer", [letter(FIRST, risk=1)])
        with place.open() as project:
            People(project.resources.state, project.resources.clock).add(_PERSON, roles=["admin"], password=PASSWORD)
            run_id = project.reviews().list()[0].run_id
            traces.fill(project.settings.home / "traces", runs)
        with server(Path(folder)) as served:
            client = Client(served.address)
            client.sign_in(_PERSON, PASSWORD)
            yield Store(served, client, run_id, {}, [])
            client.close()


def pair(large: Store, small: Store, kind: str) -> Pair:
    """One kind of page, both stores in turn; the first request loads modules and templates."""
    for one in (large, small):
        one.page(kind)
        one.took_ms[kind].clear()
    return in_turn(lambda: large.page(kind), lambda: small.page(kind), ROUNDS)


def judged(pairs: dict[str, Pair], took_ms: dict[str, list[float]], wrong: list[str]) -> list[Row]:
    """The figures against their bars."""
    out: list[Row] = []
    for kind, one in pairs.items():
        promised = f", promised {PROMISED_MS}" if kind == "page of a run" else ""
        out += [
            reported(f"a million spans: {kind}", statistics.median(one.ours), "ms of CPU"),
            reported(f"a million spans: {kind}, 95 %{promised}", p95(took_ms[kind]), "ms"),
            at_most(f"a million spans: {kind} / a thousand spans", one.ratio, BARS[kind]),
        ]
    out.append(none_of("a million spans: errors", len(wrong), "answers", ", ".join(wrong[:5]) or "all answer"))
    return out
