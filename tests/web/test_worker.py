"""What a server does by itself: it sends what was decided, once, also after it was killed."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.project.conversations import helpline as desk
from tests.project.conversations.helpline import GRAPH, helpline, letter
from tests.project.keys.table import Place
from tests.support.data.state_stores import postgresql_url
from tests.web.caller import Caller
from tests.web.conftest import Site, aside, served

UNDO = {
    "graphs/answer.yaml": GRAPH.replace("name: answer\n", "name: answer\npolicy: rules\n"),
    "graphs/policies/rules.yaml": "compound: policy/v1\nname: rules\neffects: {send_answer: {undo: 1s}}\n",
}


def batch(place: Place, *letters: Mapping[str, object]) -> None:
    """Letters come in, and are drafted."""
    aside(desk.batch, place, *letters)


def answers(place: Place) -> list[tuple[str | None, str]]:
    """What customers got: the letter and the answer."""
    return aside(desk.answers, place)


def statuses(place: Place) -> dict[str, str]:
    """Letter to the status of its review."""
    return aside(desk.statuses, place)


def wait_for(is_so: Callable[[], bool], *, seconds: float = 20.0) -> None:
    """Wait until something is so."""
    ends = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.05)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A helpline, on each kind of state store."""
    return helpline(tmp_path, state=postgresql_url() if request.param == "postgresql" else None)


@pytest.fixture
def undoable(tmp_path: Path) -> Iterator[Site]:
    """A helpline whose replies can be undone for a second."""
    place = helpline(tmp_path, UNDO)
    batch(place, letter("m-1", "No water."))
    with served(place) as site:
        yield site


def test_a_reply_is_sent_after_the_time_to_undo_without_a_command(undoable: Site) -> None:
    with Caller(undoable.link) as ann:
        assert ann.decide(ann.reviews()["Water"], "approve").status_code == 303
    assert answers(undoable.place) == []
    wait_for(lambda: answers(undoable.place) == [("m-1", "Re No water.")])


def test_an_undone_reply_is_never_sent(undoable: Site) -> None:
    with Caller(undoable.link) as ann:
        path = ann.reviews()["Water"]
        page = ann.get(ann.decide(path, "approve").headers["location"]).text
        assert ann.send(f"{path}/undo", {"csrf": ann.csrf(page)}).status_code == 303
    time.sleep(2.5)
    assert (answers(undoable.place), statuses(undoable.place)) == ([], {"m-1": "in_review"})


def test_a_snoozed_review_returns_by_itself(tmp_path: Path) -> None:
    place = helpline(tmp_path)
    batch(place, letter("m-1", "No water."))
    with served(place) as site:
        assert aside(place.say, "review", "snooze", "m-1", "--for", "1s").code == 0
        wait_for(lambda: statuses(site.place) == {"m-1": "pending"})


def test_a_server_that_was_killed_while_it_sent_sends_once_after_its_restart(place: Place) -> None:
    batch(place, letter("m-1", "Send slowly.", subject="Slow"), letter("m-2", "Quick.", subject="Quick"))
    with served(place) as site, Caller(site.link) as ann:
        listed = ann.reviews()
        began = time.monotonic()
        assert ann.decide(listed["Slow"], "approve").status_code == 303
        assert time.monotonic() - began < 10, "a decision does not wait for its effect"
        wait_for((place.root / "send.here").exists)
        assert ann.decide(listed["Quick"], "approve").status_code == 303
        wait_for(lambda: answers(place) == [("m-2", "Re Quick.")])
        site.process.send_signal(signal.SIGKILL)
        site.process.wait()
    assert (answers(place), statuses(place)) == ([("m-2", "Re Quick.")], {"m-1": "decided", "m-2": "decided"})
    (place.root / "send.go").touch()
    with served(place):
        wait_for(lambda: sorted(answers(place)) == [("m-1", "Re Send slowly."), ("m-2", "Re Quick.")])
        time.sleep(1.5)
    assert sorted(answers(place)) == [("m-1", "Re Send slowly."), ("m-2", "Re Quick.")]
