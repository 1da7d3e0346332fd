"""A new message of the customer recalls a decided reply that is not sent yet."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from compound.connector.state.messages import Arrival, Messages
from compound.effect.outbox import Outbox
from tests.project.conversations.helpline import GRAPH, answers, batch, did, helpline, letter, shown, statuses
from tests.project.keys.table import Place
from tests.support.data.state_stores import postgresql_url

POLICY = "compound: policy/v1\nname: rules\neffects: {send_answer: {undo: 15m}}\n"
UNDO = {
    "graphs/answer.yaml": GRAPH.replace("name: answer\n", "name: answer\npolicy: rules\n"),
    "graphs/policies/rules.yaml": POLICY,
}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str | None:
    return postgresql_url() if request.param == "postgresql" else None


@pytest.fixture
def place(url: str | None, tmp_path: Path) -> Place:
    """A helpline whose replies can be undone for 15 minutes."""
    return helpline(tmp_path, UNDO, state=url)


@pytest.fixture
def at_once(url: str | None, tmp_path: Path) -> Place:
    """A helpline whose replies are sent at once."""
    return helpline(tmp_path, state=url)


def an_hour_later(place: Place) -> Sequence[str]:
    """What `compound review sweep` resumes after the time to undo."""
    with place.open() as project:
        project.resources.clock = lambda: time.time() + 3600
        return project.reviews().sweep().resumed


def only_arrives(place: Place, name: str, **links: str) -> None:
    """A message that is stored, by a process that died before it did anything else."""
    with place.open() as project:
        arrival = Arrival(mailbox="inbox", item_id=name, words={"body": "Hello."}, **links)
        Messages(project.resources.state).arrive(arrival, f"run of {name}", now=time.time())


def test_a_new_letter_recalls_a_reply_that_can_still_be_undone(place: Place) -> None:
    batch(place, letter("m-1", "No water."))
    assert "undo" in did(place.say("review", "approve", "m-1")).out
    assert statuses(place) == {"m-1": "decided"}
    batch(place, letter("m-2", "It runs again.", in_reply_to="m-1"), name="later.jsonl")
    assert statuses(place) == {"m-1": "stale", "m-2": "pending"}
    assert an_hour_later(place) == ()
    assert answers(place) == []
    why = did(place.say("review", "show", "m-1")).out
    assert "m-2" in why
    assert "compound review redraft" in why
    did(place.say("review", "redraft", "m-1"))
    assert shown(place, "m-1")["draft"] == "Re No water. | customer m-2: It runs again."
    did(place.say("review", "approve", "m-1"))
    assert len(an_hour_later(place)) == 1
    assert answers(place) == [("m-1", "Re No water. | customer m-2: It runs again.")]


def test_a_letter_of_another_thread_recalls_nothing(place: Place) -> None:
    batch(place, letter("m-1"))
    did(place.say("review", "approve", "m-1"))
    batch(place, letter("m-2"), name="later.jsonl")
    assert statuses(place) == {"m-1": "decided", "m-2": "pending"}
    assert len(an_hour_later(place)) == 1
    assert answers(place) == [("m-1", "Re Hello.")]


def test_an_edited_reply_is_recalled_and_its_text_is_kept(place: Place) -> None:
    batch(place, letter("m-1"))
    did(place.say("review", "edit", "m-1", "--text", "Dear Ann."))
    batch(place, letter("m-2", thread="m-1"), name="later.jsonl")
    assert statuses(place) == {"m-1": "stale", "m-2": "pending"}
    did(place.say("review", "redraft", "m-1"))
    assert "Dear Ann." in str(shown(place, "m-1"))
    assert an_hour_later(place) == ()
    assert answers(place) == []


def test_a_rejection_is_not_recalled(place: Place) -> None:
    batch(place, letter("m-1"))
    did(place.say("review", "reject", "m-1", "--reason", "tone"))
    batch(place, letter("m-2", thread="m-1"), name="later.jsonl")
    assert statuses(place) == {"m-1": "decided", "m-2": "pending"}


def test_a_recalled_reply_cannot_be_undone_or_resumed(place: Place) -> None:
    batch(place, letter("m-1"))
    did(place.say("review", "approve", "m-1"))
    batch(place, letter("m-2", thread="m-1"), name="later.jsonl")
    for command in ("undo", "resume"):
        assert place.say("review", command, "m-1").code != 0
    assert statuses(place)["m-1"] == "stale"
    assert answers(place) == []


def test_a_letter_whose_process_died_recalls_the_reply_when_it_would_be_sent(place: Place) -> None:
    batch(place, letter("m-1"))
    did(place.say("review", "approve", "m-1"))
    only_arrives(place, "m-2", in_reply_to="m-1")
    assert statuses(place) == {"m-1": "decided"}
    an_hour_later(place)
    assert statuses(place) == {"m-1": "stale"}
    assert answers(place) == []
    assert "m-2" in did(place.say("review", "show", "m-1")).out


@pytest.mark.parametrize("moment", ["before it is scheduled", "before it is sent"])
def test_a_letter_between_the_decision_and_the_send_recalls_it(
    at_once: Place, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    batch(at_once, letter("m-1"))
    enqueue = Outbox.enqueue

    def enqueued(outbox: Outbox, *args: Any, **more: Any) -> list[str]:
        if moment == "before it is scheduled":
            only_arrives(at_once, "m-2", thread="m-1")
        keys = enqueue(outbox, *args, **more)
        if moment == "before it is sent":
            only_arrives(at_once, "m-2", thread="m-1")
        return keys

    with monkeypatch.context() as patched:
        patched.setattr(Outbox, "enqueue", enqueued)
        said = at_once.say("review", "approve", "m-1")
    assert "m-2" in said.out + said.err
    assert answers(at_once) == []
    assert statuses(at_once) == {"m-1": "stale"}
    did(at_once.say("review", "redraft", "m-1"))
    did(at_once.say("review", "approve", "m-1"))
    assert answers(at_once) == [("m-1", "Re Hello. | customer m-2: Hello.")]
