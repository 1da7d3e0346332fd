"""`kill -9` of a server and of a sender beside it, while people decide: nothing decided is lost, nothing happens twice."""

from __future__ import annotations

import os
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from compound.connector.state import tables
from compound.project import Project
from compound.web.identity.people import People
from tests.project.keys.table import Place
from tests.support.data.state_stores import postgresql_url
from tests.support.forked import COMPOUND, Process
from tests.web.histories.crowd import Records, Reviewer
from tests.web.histories.post_office import CLASSES, left, post_office, rows, write_letters

pytestmark = pytest.mark.timeout(3000)


class Server:
    """`compound serve` at one address; it starts again after each death."""

    def __init__(self, place: Place) -> None:
        self._place = place
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self._said = os.open(place.root / f"said-{self.port}.txt", os.O_CREAT | os.O_APPEND | os.O_RDWR)
        self.start()

    def start(self) -> None:
        """Start it; it is not there yet."""
        with open(os.devnull, "rb") as nothing:
            self.process = Process(
                [COMPOUND, "serve", "--port", str(self.port)],
                (nothing.fileno(), self._said, self._said),
                cwd=self._place.root,
                env=None,
            )

    def is_there(self) -> bool:
        """Wait until it answers."""
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            try:
                return httpx.get(f"{self.address}/health").status_code == 200
            except httpx.TransportError:
                assert self.process.poll() is None, self.said
                time.sleep(0.02)
        return False

    def kill(self) -> None:
        """`kill -9`, and start it again."""
        self.process.kill()
        self.process.wait(30)
        self.start()

    @property
    def said(self) -> str:
        """What it printed."""
        return (self._place.root / f"said-{self.port}.txt").read_text()

    def end(self) -> None:
        """Ask it to end."""
        self.process.terminate()
        self.process.wait(30)
        os.close(self._said)


@contextmanager
def two_servers(place: Place) -> Generator[list[Server]]:
    """The server of the people, and another one on the same store that sends as well."""
    servers: list[Server] = []
    try:
        servers += [Server(place), Server(place)]
        assert all(one.is_there() for one in servers)
        yield servers
    finally:
        for one in servers:
            one.end()


def a_day(place: Place, names: list[str], *, kills: int, letters: int) -> Records:
    """People decide what comes in while one of the servers dies, or both."""
    records, over, chance = Records(), threading.Event(), random.Random(kills)
    with place.open() as project, two_servers(place) as servers:
        known = People(project.resources.state, project.resources.clock)
        write_letters(project, 0, letters)
        people = [
            Reviewer(servers[0].address, name, records, over, token=_token(known, name) if place_of % 3 == 0 else "")
            for place_of, name in enumerate(names)
        ]
        for one in people:
            one.start()
        for number in range(kills):
            _a_while(records, chance)
            for dies in chance.choice([servers[:1], servers[:1], servers[1:], servers]):
                dies.kill()
            write_letters(project, letters * (number + 1), letters)
            if chance.random() < 0.9:  # else the next death comes while it starts
                assert all(one.is_there() for one in servers)
        _until_decided(project, records)
        over.set()
        for one in people:
            one.join(60)
            assert one.error is None, one.error
    return records


def _a_while(records: Records, chance: random.Random) -> None:
    """Until a few more decisions are made, and a moment longer: deaths come while people decide."""
    wanted, ends = len(records.answers) + chance.randrange(6), time.monotonic() + 8
    while len(records.answers) < wanted and time.monotonic() < ends:
        time.sleep(0.01)
    time.sleep(chance.uniform(0.0, 0.3))


def _token(people: People, name: str) -> str:
    return people.token(name, label="client", scopes=["read", "decide"])


def _until_decided(project: Project, records: Records) -> None:
    """Wait until nobody has anything left to do, or a minute passes in which nobody decides anything."""
    made, since = 0, time.monotonic()
    while any(row["status"] != "decided" for row in rows(project, tables.review)):
        if len(records.answers) != made:
            made, since = len(records.answers), time.monotonic()
        assert time.monotonic() - since < 60, "somebody waits for ever"
        time.sleep(0.2)


def carry_out(project: Project) -> None:
    """What was left when the servers ended; what is unknown stays unknown."""
    service, ends = project.reviews(), time.monotonic() + 300
    while left_over := (set(service.open_resumes()) | undoable(project)) - unknown_of(project):
        assert time.monotonic() < ends, left_over
        service.sweep()
        time.sleep(0.1)
    for row in rows(project, tables.resume):  # what a page says of it
        left_to_do = project.services.queue.not_carried_out(row["decision_id"])
        assert left_to_do is None or row["review_id"] in unknown_of(project), row


def undoable(project: Project) -> set[str]:
    """Reviews whose decision is not carried out yet because it may still be undone."""
    now = time.time()
    return {
        str(row["review_id"])
        for row in rows(project, tables.resume)
        if row["status"] == "pending" and (row["undo_until"] or 0.0) > now
    }


def unknown_of(project: Project) -> set[str]:
    """Reviews with an effect that a person has to look for."""
    of = {row["decision_id"]: str(row["review_id"]) for row in rows(project, tables.decision)}
    return {of[row["decision_id"]] for row in rows(project, tables.outbox) if row["status"] == "unknown"}


def require_all(place: Place, records: Records) -> Counter[str]:
    """Everything that people were told is so, and happened once; counts what happened."""
    counted: Counter[str] = Counter(confirmed=len(records.answers), broken_requests=records.broken)
    with place.open() as project:
        carry_out(project)
        decisions = {row["decision_id"]: row for row in rows(project, tables.decision)}
        resumes = {row["decision_id"]: row["status"] for row in rows(project, tables.resume)}
        effects = {row["decision_id"]: row for row in rows(project, tables.outbox) if row["status"] != "cancelled"}
        reviews = rows(project, tables.review)
        letters = {str(row["review_id"]): str(row["item_id"]) for row in reviews}
        decided = sorted(str(row["review_id"]) for row in reviews if row["status"] == "decided")
        assert project.reviews().queue.verify_audit().ok
    assert records.wrong == []
    for one in records.answers:
        stored = decisions[one.decision_id]
        assert (stored["actor"], stored["action"], stored["review_id"]) == (one.user, one.action, one.review_id)
        if one.text is not None:
            assert one.text in str(stored["draft"])
        if one.undone is not None:
            assert (resumes[one.decision_id] == "cancelled") is one.undone, one
    happened = Counter(one.letter for one in left(place))
    assert [name for name, times in happened.items() if times > 1] == []
    texts = {one.letter: one.text for one in left(place)}
    stand = {name: row for name, row in decisions.items() if resumes[name] != "cancelled"}
    assert sorted(row["review_id"] for row in stand.values()) == decided  # the last may just have been undone
    for name, row in stand.items():
        letter, effect = letters[row["review_id"]], effects.get(name)
        if row["action"] == "reject":
            assert (effect, happened[letter]) == (None, 0)
            counted["rejected"] += 1
            continue
        assert effect is not None, row
        counted[f"{effect['target'].removeprefix('post_')} {effect['status']}"] += 1
        if effect["status"] == "sent":
            assert texts[letter] == effect["args"]["text"] in str(row["draft"])
        else:
            assert (effect["status"], effect["target"]) == ("unknown", "post_D")
            counted["D unknown that had happened"] += happened[letter]
    counted["undone"] = sum(status == "cancelled" for status in resumes.values())
    return counted


def _day(tmp_path: Path, *, of: str, kills: int, letters: int, reviewers: int) -> Counter[str]:
    names = [f"reviewer-{number}" for number in range(reviewers)]
    place = post_office(tmp_path, people=names, state=postgresql_url() if of == "postgresql" else None)
    return require_all(place, a_day(place, names, kills=kills, letters=letters))


def test_nothing_is_lost_or_doubled_when_servers_are_killed(tmp_path: Path) -> None:
    counted = _day(tmp_path, of="sqlite", kills=3, letters=3, reviewers=4)
    assert sum(counted[f"{way} sent"] for way in CLASSES) > 0, counted


@pytest.mark.soak
@pytest.mark.parametrize("of", ["sqlite", "postgresql"])
def test_two_hundred_deaths_under_twenty_reviewers(of: str, tmp_path: Path) -> None:
    counted = _day(tmp_path, of=of, kills=200, letters=4, reviewers=20)
    assert all(counted[f"{way} sent"] for way in CLASSES), counted
    assert counted["broken_requests"] > 100, "the deaths came while nobody worked"
