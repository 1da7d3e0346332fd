"""Canaries: planted faults that look like any review, are never carried out, and measure reviewers."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compound.errors import ConflictError
from compound.project import Project
from tests.project.conversations.helpline import answers, batch, did, helpline, letter, shown
from tests.project.keys.table import Place

POLICY = "compound: policy/v1\nname: rules\neffects: {send_answer: {}}\ncanaries: 50%\n"
LETTERS = [
    letter(
        f"L{n}", f"Your order A-10{n} arrives on 2026-12-0{n}. It costs {n}5 euros. Please call us.", subject=f"W {n}"
    )
    for n in range(1, 7)
]


def watched(root: Path, policy: str = POLICY, state: str | None = None) -> Place:
    """A helpline whose policy declares canaries."""
    root.mkdir(exist_ok=True)
    place = helpline(root, {"graphs/policies/rules.yaml": policy}, state=state)
    return place.edit("graphs/answer.yaml", "name: answer\n", "name: answer\npolicy: rules\n")


def asked(project: Project, one: Any) -> str:
    """A letter comes in; its review."""
    [name] = project.run(None, {"letter": one}).review_ids
    return name


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
    figures = did(place.say("review", "figures", "--json")).json
    assert (figures["canaries"]["k"], figures["canaries"]["n"], figures["all"]["decided"]) == (0, 1, 2)
    with place.open() as project:
        assert len(project.effects().list()) == 2
        assert project.reviews().open_resumes() == []
        with pytest.raises(ConflictError, match="was a canary"):
            project.reviews().undo(name, user="bea")
        assert project.reviews().queue.verify_audit().ok


def next_canary(project: Project, number: int) -> str:
    """Two more letters are answered; the canary that is then due."""
    for one in (2 * number, 2 * number + 1):
        body = f"Your order A-{200 + one} arrives on 2026-12-{one + 10}. It costs {one + 20} euros. You can call us."
        name = asked(project, letter(f"N{one}", body, customer_id=f"c{one}"))
        project.reviews().decide(name, "approve", user="ann")
    [name] = canaries(project)
    return name


def test_what_counts_as_caught(tmp_path: Path) -> None:
    place = watched(tmp_path)
    with place.open() as project:
        reviews, caught, operators = project.reviews(), list[Any](), list[str]()

        def decide(
            number: int, user: str, action: str, fields: Callable[[str, str], dict[str, Any]] | None = None
        ) -> None:
            name = next_canary(project, number)
            draft, seed = reviews.find(name).draft.text, reviews.canary_of(name)
            assert seed is not None
            right = reviews.find(seed.source_id).draft.text
            given = fields(draft, right) if fields else {}
            note = "say it right" if action == "return" else ""
            told = reviews.decide(
                name, action, user=user, fields=given, note=note, reason="wrong" if action == "return" else ""
            )
            assert told.canary is not None
            caught.append(told.canary["caught"])
            operators.append(seed.operator)

        decide(0, "bea", "reject", lambda _wrong, _right: {"reason": "wrong"})
        decide(1, "bea", "return")
        decide(2, "bea", "edit", lambda _, right: {"text": right})
        decide(3, "cem", "edit", lambda wrong, _: {"text": f"Dear Ann, {wrong}"})
        decide(4, "cem", "approve")
        decide(5, "cem", "escalate")
        assert caught == [True, True, True, False, False, None]
        # the kinds take turns
        assert set(operators) == {"number", "order_id", "negation", "dropped_sentence", "date"}
        report = reviews.canaries()
        rates = {one.reviewer: (one.caught, one.n) for one in (report.all, *report.reviewers)}
        assert rates == {"": (3, 5), "bea": (3, 3), "cem": (0, 2)}
        bea = report.reviewers[0]
        assert (bea.rate, bea.method, bea.low, bea.high) == (1.0, "wilson", pytest.approx(0.4385, abs=1e-3), 1.0)
        assert (report.escalated, report.waiting, canaries(project)) == (1, 0, [])
        # never training examples; never labels, never told to other programs
        assert not [row for kind in ("sft", "dpo") for row in reviews.export(kind) if row["canary"]]
        cases = list(reviews.export("eval", canaries=True))
        assert sum(bool(row["canary"]) for row in cases) == 5
        assert len(list(reviews.export("eval"))) == len(cases) - 5
    said = did(place.say("review", "canaries")).out
    assert re.search(r"bea +3 +3 +1.000 +0.439 to 1.000", said), said
    assert re.search(r"cem +0 +2 +0.000 ", said), said
    assert did(place.say("review", "canaries", "--json")).json["all"]["n"] == 5
    assert "1 escalated" in did(place.say("review", "canaries")).err


def test_never_more_than_the_declared_share(tmp_path: Path) -> None:
    policy = POLICY.replace("50%", "30%").replace("{send_answer: {}}", "{send_answer: {second: true}}")
    place = watched(tmp_path, policy)  # one for each four letters
    with place.open() as project:
        reviews, counts = project.reviews(), list[int]()
        for number in range(9):
            body = f"Order B-{number}11 costs {number + 10} euros."
            name = asked(project, letter(f"M{number}", body))
            if number < 3:
                reviews.decide(name, "approve", user="ann")
                reviews.decide(name, "approve", user="cem")
            for _ in range(2):
                reviews.sweep()
            counts.append(len(canaries(project)))
        assert counts == [0, 0, 0, 1, 1, 1, 1, 2, 2]
        # where two people must approve, the first one is told: nothing is left to approve
        told = reviews.decide(canaries(project)[0], "approve", user="bea")
        assert (told.run_status, told.agree) == ("not resumed: the review was a canary", "")


def test_no_canary_where_nothing_is_to_plant(tmp_path: Path) -> None:
    with watched(tmp_path).open() as project:
        for number in range(3):
            name = asked(project, letter(f"L{number}", "Hello"))
            project.reviews().decide(name, "approve", user="ann")
        project.reviews().sweep()
        assert (canaries(project), project.reviews().canaries().waiting) == ([], 0)


def test_a_canary_is_removed_with_its_source(place: Place) -> None:
    [row] = place.say("review", "list", "--json").json
    did(place.say("review", "reject", row["review_id"], "--reason", "wrong", "--user", "bea"))
    with place.open() as project:
        [source] = [one for one in project.reviews().canaries().decided]
        report = project.erase([str(project.reviews().find(str(source["source_id"])).item["subject"])])
        assert report.removed["reviews"] >= 2
        canary = project.reviews().canary_of(row["review_id"])
        assert canary is not None
        assert (canary.planted, canary.caught) == ({}, True)
        view = project.reviews().show(row["review_id"])
        assert (view.draft, view.item, view.evidence) == ("", {}, {})
