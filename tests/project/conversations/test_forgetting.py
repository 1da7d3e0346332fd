"""What is kept of conversations goes with the person, and with the time that a policy gives."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from compound.connector.state import tables
from compound.connector.state.messages import Arrival, Messages
from tests.project.conversations.helpline import GRAPH, batch, did, helpline, letter, shown
from tests.project.keys.table import Place
from tests.support.data.state_stores import postgresql_url

ANN, BEN = "ann@x.example", "ben@x.example"
POLICY = """\
compound: policy/v1
name: short
effects: {send_answer: {}}
retention: {content: 2d}
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    files = {
        "graphs/answer.yaml": GRAPH.replace("name: answer\n", "name: answer\npolicy: short\n"),
        "graphs/policies/short.yaml": POLICY,
    }
    return helpline(tmp_path, files, state=postgresql_url() if request.param == "postgresql" else None)


def words(place: Place) -> dict[str, str]:
    """Letter to the text that is kept of it."""
    with place.open() as project, project.resources.state.read() as db:
        return {row.item_id: row.words.get("body", "") for row in db.execute(sa.select(tables.message))}


def test_erasing_a_person_removes_their_messages_and_no_others(place: Place) -> None:
    batch(place, letter("m-1", "One."), letter("m-2", "Two.", thread="m-1"), letter("b-1", "Ben's.", email=BEN))
    said = did(place.say("erase", "--customer", ANN, "--json"))
    assert said.json["complete"] is True
    assert words(place) == {"m-1": "", "m-2": "", "b-1": "Ben's."}


def test_a_message_whose_run_never_began_is_erased_too(place: Place) -> None:
    with place.open() as project:
        arrival = Arrival(mailbox="inbox", item_id="m-1", words={"body": f"I am {ANN}."})
        Messages(project.resources.state).arrive(arrival, "no run", now=time.time())
    said = did(place.say("erase", "--customer", ANN, "--json"))
    assert (said.json["complete"], said.json["removed"]["messages"]) == (True, 1)
    assert words(place) == {"m-1": ""}


def test_a_letter_after_the_erasure_is_told_nothing_of_before(place: Place) -> None:
    batch(place, letter("m-1", "My secret."))
    did(place.say("erase", "--customer", ANN))
    batch(place, letter("m-2", "Again.", thread="m-1"), name="later.jsonl")
    assert shown(place, "m-2")["draft"] == "Re Again."
    assert "secret" not in str(shown(place, "m-2"))


def test_prune_removes_the_words_of_messages_with_their_runs(place: Place) -> None:
    batch(place, letter("m-1", "Old."))
    did(place.say("review", "approve", "m-1"))
    with place.open() as project:
        arrival = Arrival(mailbox="inbox", item_id="m-9", words={"body": "Never run."})
        Messages(project.resources.state).arrive(arrival, "no run", now=time.time())
        assert project.prune(now=time.time() + 86_400).removed.get("messages", 0) == 0
        report = project.prune(now=time.time() + 3 * 86_400)
    assert report.removed["messages"] == 2
    assert words(place) == {"m-1": "", "m-9": ""}
    batch(place, letter("m-2", "New.", thread="m-1"), name="later.jsonl")
    told = shown(place, "m-2")["conversation"]
    assert [(one["who"], one["text"], one["effects"][0]["arguments"]) for one in told] == [("us", "", {})]
