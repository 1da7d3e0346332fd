"""`kill -9` at any moment of a batch, and the same command again: nothing is lost, nothing happens twice."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa

from compound.connector.state import tables
from tests.e2e.desk_homes import (
    Ending,
    Home,
    end_of,
    ending_of,
    finished_calls,
    kill,
    plain_tickets,
    tickets_of_same_customers,
    write_tickets,
)
from tests.support.forked import PipedProcess

STATE_TABLES = (
    *("batch_job", "batch_item", "run", "call", "review", "draft_version", "decision", "resume"),
    *("outbox", "audit"),
)
SHOP_TABLES = ("orders", "customers", "order_payments", "applied_effect")
WRITES = (*STATE_TABLES, *SHOP_TABLES, "checkpoint", "reply")
TELLING = ("run", "call", "checkpoint", "decision", "outbox", "applied_effect", "reply")
BROKEN = (
    b'{"id": "B-1", "subject": "no body", "body": ""}\n',
    b'{"id": "B-2", "subject": "half", "body": "caf\xc3"}\n',
    b'{"id": "B-3", "subject": "colour", "body": "hello", "colour": "red"}\n',
)
KILLED = -9

pytestmark = pytest.mark.timeout(1200)


class Backlog:
    """A file of tickets and how a batch over it ends when nobody disturbs it."""

    def __init__(self, folder: Path, seeded: Home, count: int) -> None:
        self._seeded = seeded
        self._folder = folder
        self._copies = 0
        self.file = folder / "tickets.jsonl"
        lines = [json.dumps(ticket).encode() + b"\n" for ticket in plain_tickets(seeded, count)]
        for place, broken in enumerate(BROKEN):
            lines.insert(3 * place + 2, broken)
        self.file.write_bytes(b"".join(lines))
        self.command = ("batch", "--from", str(self.file), "--limit", str(count))
        home = self.fresh()
        code, said = end_of(home.start(*self.command))
        assert code == 3, said
        self.home = home
        self.ending = ending_of(home)
        self.calls = finished_calls(home)
        self._require_telling(count)

    def _require_telling(self, count: int) -> None:
        """A backlog in which nothing happens would prove nothing."""
        done = [status for status, *_ in self.ending.tickets.values()]
        assert len(done) == count
        assert done.count("dead") == len(BROKEN)
        assert done.count("done") >= count / 3
        assert done.count("waiting_review") >= 1
        assert len(self.ending.messages) >= count / 3
        assert len(self.ending.applied) >= count / 3

    def fresh(self) -> Home:
        """A home on which this backlog was never run."""
        self._copies += 1
        return self._seeded.copy(self._folder / f"home-{self._copies}").certify()


class Watch:
    """Looks at a home after each death: no call that was finished may go to a provider again."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._finished = set[str]()
        self._made = 0

    def look(self) -> None:
        """Call it when a process has ended."""
        made = self._home.log.read_text().splitlines() if self._home.log.exists() else []
        assert self._finished.isdisjoint(made[self._made :])
        self._made = len(made)
        self._finished = finished_calls(self._home) if (self._home.path / "sample" / "state.db").exists() else set()


def require_same(home: Home, backlog: Backlog) -> None:
    """The home stands as after an undisturbed batch."""
    ending = ending_of(home)
    for field in fields(Ending):
        assert getattr(ending, field.name) == getattr(backlog.ending, field.name), field.name
    assert finished_calls(home) == backlog.calls


def finish(home: Home, backlog: Backlog, watch: Watch) -> None:
    """The same command again, undisturbed, and all that must hold then."""
    code, said = end_of(home.start(*backlog.command))
    assert code == 3, said
    watch.look()
    require_same(home, backlog)
    code, said = end_of(home.start(*backlog.command))
    assert code == 3, said
    watch.look()
    require_same(home, backlog)


@pytest.fixture(scope="module")
def small(seeded: Home, tmp_path_factory: pytest.TempPathFactory) -> Backlog:
    return Backlog(tmp_path_factory.mktemp("small"), seeded, 16)


@pytest.fixture(scope="module")
def large(seeded: Home, tmp_path_factory: pytest.TempPathFactory) -> Backlog:
    return Backlog(tmp_path_factory.mktemp("large"), seeded, 90)


def test_tickets_of_one_customer_end_alike_however_many_run_side_by_side(seeded: Home, tmp_path: Path) -> None:
    """The second ticket is drafted before the first one acts; in its turn it is drafted again, and nobody is asked."""
    file = write_tickets(tmp_path / "pairs.jsonl", tickets_of_same_customers(seeded, 3))
    endings: list[Ending] = []
    for concurrency in ("1", "6"):
        home = seeded.copy(tmp_path / concurrency).certify()
        home.run("batch", "--from", str(file), "--concurrency", concurrency, check=True)
        audited = [row["reasons"] for row in cast("list[dict[str, Any]]", home.json("review", "list"))]
        assert all(reasons == ["audit"] for reasons in audited)
        endings.append(ending_of(home, are_all_sent=False))
    one, six = endings
    assert [status for status, *_ in one.tickets.values()].count("done") == len(one.tickets) - len(audited)
    assert (one.tickets, one.shop, one.versions) == (six.tickets, six.shop, six.versions)
    assert sorted(one.messages.values(), key=str) == sorted(six.messages.values(), key=str)


def test_after_some_kinds_of_commit(small: Backlog) -> None:
    deaths_in_turn(small, TELLING)


@pytest.mark.parametrize("moment", ["after:call:12", "after:reply:3", "after:run:20"])
def test_traces_after_a_death(small: Backlog, moment: str) -> None:
    """At the death every settled run has its root span; afterwards each node counts as in an undisturbed batch."""
    home = small.fresh()
    code, said = end_of(home.start(*small.command, moment=moment))
    assert code == KILLED, said
    project = home.open()
    try:
        with project.resources.state.read() as db:
            settled = sa.select(tables.run.c.run_id).where(tables.run.c.status != "running")
            runs = set(db.execute(settled).scalars())
        ended = {row[0] for row in project.resources.traces.sql("select run_id from legs where has_ended").rows}
        assert runs <= ended
    finally:
        project.close()
    code, said = end_of(home.start(*small.command))
    assert code == 3, said
    assert node_counts(home) == node_counts(small.home)


def node_counts(home: Home) -> dict[str, int]:
    """Node to how often it ran, without what a killed process had begun and a later one did again."""
    # how often a person is asked again depends on what the tickets before have changed by then
    query = "select node_name, n from node_stats where node_kind not in ('review', 'effect')"
    return {str(row["node_name"]): row["n"] for row in cast("list[dict[str, Any]]", home.json("traces", "sql", query))}


@pytest.mark.soak
def test_after_each_kind_of_commit(small: Backlog) -> None:
    deaths_in_turn(small, WRITES)


def deaths_in_turn(small: Backlog, kinds: Sequence[str]) -> None:
    """One batch that dies after the first commit of each kind in turn, as far as it gets; then another one."""
    moments = [f"after:{what}:1" for what in kinds]
    home, is_fresh = small.fresh(), True
    watch = Watch(home)
    while moments:
        code, said = end_of(home.start(*small.command, moment=moments[0]))
        watch.look()
        if code == KILLED:
            moments.pop(0)
            is_fresh = False
            continue
        assert code == 3, said
        assert not is_fresh, f"no commit as in {moments[0]} ever happens"
        require_same(home, small)
        home, is_fresh = small.fresh(), True
        watch = Watch(home)
    finish(home, small, watch)


@pytest.mark.soak
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", WRITES)
def test_around_every_commit_of_a_kind(small: Backlog, when: str, what: str) -> None:
    """A batch that dies at the first such commit, the second, ... each time from the beginning."""
    deaths = 0
    for nth in (1, 4, 11):
        home = small.fresh()
        watch = Watch(home)
        code, said = end_of(home.start(*small.command, moment=f"{when}:{what}:{nth}"))
        assert code in {KILLED, 3}, said
        deaths += code == KILLED
        watch.look()
        finish(home, small, watch)
    assert deaths


def test_at_a_few_random_moments(small: Backlog) -> None:
    random_deaths(small, random.Random(20260901), deaths=6)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_at_fifty_random_moments(large: Backlog, seed: int) -> None:
    random_deaths(large, random.Random(seed), deaths=50)


def random_deaths(backlog: Backlog, chance: random.Random, *, deaths: int) -> None:
    """Kill batches while tickets are in flight, each at a random moment, until so many have died."""
    home = backlog.fresh()
    watch = Watch(home)
    while deaths:
        process = home.start(*backlog.command)
        if die_in_flight(home, process, chance):
            deaths -= 1
            watch.look()
            continue
        code, said = end_of(process)
        assert code == 3, said
        watch.look()
        require_same(home, backlog)
        home = backlog.fresh()
        watch = Watch(home)
    finish(home, backlog, watch)


def die_in_flight(home: Home, process: PipedProcess, chance: random.Random) -> bool:
    """Kill the process at a moment that chance chooses; false when it ended before."""
    calls = _calls(home) + chance.randint(1, 8) if chance.random() < 0.8 else None
    while process.poll() is None:
        if calls is None and f"{process.pid}" in _lock(home):
            break  # it has just begun
        if calls is not None and _calls(home) >= calls:
            break  # tickets are in flight
        time.sleep(0.002)
    time.sleep(chance.uniform(0, 0.3))
    if process.poll() is not None:
        return False
    kill(process)
    return True


def _calls(home: Home) -> int:
    return home.log.read_bytes().count(b"\n") if home.log.exists() else 0


def _lock(home: Home) -> str:
    """Who holds the batch, as the store has it."""
    path = home.path / "sample" / "state.db"
    if not path.exists():
        return ""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as db:
        try:
            return str(db.execute("select owner from lease where owner is not null").fetchall())
        except sqlite3.OperationalError:
            return ""  # it is being made
