"""A message that comes while others work on its conversation: nothing is lost, and nothing is done twice."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from compound.batch import BatchOptions
from compound.connector.state.messages import Arrival, Messages
from compound.errors import ConflictError
from compound.project import Project
from compound.project.decision.recheck import ProjectProbe
from tests.project.conversations.helpline import answers, batch, did, helpline, letter, shown, statuses
from tests.project.keys.table import Place
from tests.support.data.state_stores import postgresql_url


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return helpline(tmp_path, state=postgresql_url() if request.param == "postgresql" else None)


def arrives(project: Project, name: str, **links: str) -> None:
    """A letter comes to a process of its own, which has just begun its run."""
    arrival = Arrival(mailbox="inbox", item_id=name, words={"body": "Hello."}, **links)
    project.services.conversations.begin(f"run of {name}", arrival)


def wait_until(path: Path) -> None:
    end = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < end, path
        time.sleep(0.01)


def test_the_decision_first_is_carried_out_and_the_letter_knows_it(place: Place) -> None:
    batch(place, letter("m-1", "Send slowly."))
    with place.open() as one, place.open() as other, ThreadPoolExecutor(1) as threads:
        approval = threads.submit(partial(one.reviews().decide, "m-1", "approve", user="nora"))
        wait_until(place.root / "send.here")
        place.write({"later.jsonl": '{"id": "m-2", "subject": "", "body": "Hello.", "thread": "m-1"}\n'})
        other.batch("answer", str(place.root / "later.jsonl"), BatchOptions())
        (place.root / "send.go").touch()
        assert approval.result(timeout=60).run_status == "done"
    assert statuses(place) == {"m-1": "decided", "m-2": "pending"}
    assert answers(place) == [("m-1", "Re Send slowly.")]
    ours = shown(place, "m-2")["conversation"][1]
    assert (ours["action"], ours["effects"][0]["outcome"]) == ("approve", "sent")


def test_the_letter_first_makes_the_decision_come_too_late(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The letter comes after the last look at the conversation, and before the decision is written."""
    batch(place, letter("m-1"))
    looks: list[int] = []
    present = ProjectProbe.current

    with place.open() as project, place.open() as other:

        def current(probe: ProjectProbe, refs: Mapping[str, int]) -> Mapping[str, int]:
            found = present(probe, refs)
            looks.append(1)
            if len(looks) == 2:
                arrives(other, "m-2", thread="m-1")
            return found

        monkeypatch.setattr(ProjectProbe, "current", current)
        with pytest.raises(ConflictError, match="m-2") as caught:
            project.reviews().decide("m-1", "approve", user="nora")
    assert caught.value.code == "review.stale"
    assert len(looks) > 2
    assert answers(place) == []
    assert statuses(place) == {"m-1": "stale"}


def test_a_letter_that_comes_during_drafting_makes_the_draft_stale_at_once(place: Place) -> None:
    given: dict[str, Any] = {"letter": letter("m-1", "Draft slowly.")}
    with place.open() as one, place.open() as other, ThreadPoolExecutor(1) as threads:
        run = threads.submit(partial(one.run, "answer", given, message={"mailbox": "inbox"}))
        wait_until(place.root / "draft.here")
        arrives(other, "m-2", in_reply_to="m-1")
        (place.root / "draft.go").touch()
        assert run.result(timeout=60).status == "waiting_review"
    assert statuses(place) == {"m-1": "stale"}
    did(place.say("review", "redraft", "m-1"))
    assert shown(place, "m-1")["draft"] == "Re Draft slowly. | customer m-2: Hello."
    did(place.say("review", "approve", "m-1"))
    assert len(answers(place)) == 1


def test_a_batch_drafts_again_what_a_letter_made_stale_while_it_was_drafted(place: Place) -> None:
    place.write({"letters.jsonl": '{"id": "m-1", "subject": "", "body": "Draft slowly."}\n'})

    def meanwhile(project: Project) -> None:
        wait_until(place.root / "draft.here")
        arrives(project, "m-2", in_reply_to="m-1")
        (place.root / "draft.go").touch()

    with place.open() as one, place.open() as other, ThreadPoolExecutor(1) as threads:
        letter_comes = threads.submit(meanwhile, other)
        assert one.batch("answer", "inbox", BatchOptions()).counts == {"waiting_review": 1}
        letter_comes.result(timeout=60)
    assert statuses(place) == {"m-1": "pending"}
    assert shown(place, "m-1")["draft"] == "Re Draft slowly. | customer m-2: Hello."


def test_a_process_that_dies_before_it_marks_anything_is_made_good_at_the_decision(place: Place) -> None:
    batch(place, letter("m-1"))
    with place.open() as project:
        arrival = Arrival(mailbox="inbox", item_id="m-2", thread="m-1", words={"body": "Hello."})
        Messages(project.resources.state).arrive(arrival, "a run that never began", now=time.time())
    assert statuses(place) == {"m-1": "pending"}
    refused = place.say("review", "approve", "m-1")
    assert "review.stale" in refused.err
    assert "m-2" in refused.err
    assert statuses(place) == {"m-1": "stale"}
    batch(place, letter("m-1"), letter("m-2", thread="m-1"))
    assert statuses(place) == {"m-1": "stale", "m-2": "pending"}


def test_letters_of_one_conversation_that_come_at_once_have_each_a_place(place: Place) -> None:
    with place.open() as project, ThreadPoolExecutor(4) as threads:
        messages = Messages(project.resources.state)

        def arrive(number: int) -> int:
            arrival = Arrival(mailbox="inbox", item_id=f"m-{number}", thread="7")
            return messages.arrive(arrival, f"run {number}", now=float(number)).seen

        assert sorted(threads.map(arrive, range(12))) == list(range(1, 13))
        assert [one.place for one in messages.of_item("inbox", "m-3")] == list(range(1, 13))


def test_a_batch_in_many_workers_keeps_the_order_of_a_conversation(place: Place) -> None:
    letters = [letter(f"m-{n}-{who}", f"{n}.", thread=who) for n in range(4) for who in ("a", "b", "c")]
    batch(place, *letters, graph="direct")
    sent = [str(name) for name, _ in answers(place)]
    for who in ("a", "b", "c"):
        assert [name for name in sent if name.endswith(who)] == [f"m-{n}-{who}" for n in range(4)]
    told = dict(answers(place))
    assert all(told[f"m-3-{who}"].count("customer") >= 3 for who in ("a", "b", "c"))
