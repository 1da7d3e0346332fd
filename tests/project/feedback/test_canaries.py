"""Canaries: planted faults that look like any review, are never carried out, and measure reviewers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from compound.errors import ConflictError
from compound.project import Project
from tests.project.conversations.helpline import answers, batch, did, helpline, letter, shown
from tests.project.keys.table import Place

POLICY = "compound: policy/v1\nname: rules\neffects: {send_answer: {}}\ncanaries: 50%\n"
LETTERS = [
    letter(f"L{n}", f"Your order A-10{n} arrives on 2026-12-0{n}. It costs {n}5 euros. Please call us.", subject=f"W {n}")
    for n in range(1, 7)
]


def watched(root: Path, policy: str = POLICY, state: str | None = None) -> Place:
    """A helpline whose policy declares canaries."""
    place = helpline(root, {"graphs/policies/rules.yaml": policy}, state=state)
    return place.edit("graphs/answer.yaml", "name: answer\n", "name: answer\npolicy: rules\n")


def canaries(project: Project) -> list[str]:
    """Ids of reviews that wait and that no letter of the mailbox asked for."""
    reviews = project.reviews()
    return [one.review_id for one in reviews.list() if project.run_record(one.run_id) is None]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Two letters are answered; as people list reviews, a canary is opened."""
    place = watched(tmp_path)
    batch(place, *LETTERS[:2])
    for name in ("L1", "L2"):
        did(place.say("review", "approve", name, "--user", "ann"))
    return place


def test_a_canary_looks_like_a_review_and_is_never_sent(place: Place) -> None:
    [row] = place.say("review", "list", "--json").json
    name = row["review_id"]
    before = answers(place)
    view = shown(place, name)
    copied = next(one for one in LETTERS if one["id"] == row["item_id"])
    assert (view["status"], view["canary"], view["item"]["body"]) == ("pending", None, copied["body"])
    # the fault stands in the draft, in what approving would send, and in the evidence that repeats the draft
    [call] = view["effects"]["approve"]
    assert view["draft"] == call["arguments"]["text"] == view["fields"]["text"] == view["evidence"]["draft"]
    assert view["draft"] != f"Re {copied['body']}"
    assert "canary" not in did(place.say("review", "show", name)).out
    said = did(place.say("review", "approve", name, "--user", "bea", "--json")).json
    assert (said["canary"]["caught"], said["effects"]) == (False, [])
    assert said["canary"]["after"] in view["draft"]
    assert "missed; nothing was sent or changed" in did(place.say("review", "show", name)).out
    for words in (["review", "resume"], ["review", "sweep"], ["review", "resume", name]):
        did(place.say(*words))
    assert answers(place) == before
    assert did(place.say("effects", "list", "--json")).json == did(place.say("effects", "list", "--json")).json
    with place.open() as project:
        assert len(project.effects().list()) == 2
        assert project.reviews().open_resumes() == []
        with pytest.raises(ConflictError, match="was a canary"):
            project.reviews().undo(name, user="bea")
        assert project.reviews().queue.verify_audit().ok


def decided(project: Project, action: str, **fields: Any) -> bool | None:
    """Decide the next canary; whether it was caught."""
    reviews = project.reviews()
    for one in LETTERS:
        if not canaries(project):
            project.run(None, {"letter": dict(one, id=f"{one['id']}-{len(reviews.counts())}-{action}")})
    [name] = canaries(project)
    note = "say it right" if action == "return" else ""
    told = reviews.decide(name, action, user="bea", fields=fields, note=note)
    assert told.canary is not None
    caught = told.canary["caught"]
    assert caught is None or isinstance(caught, bool)
    return caught
