"""A letter with several questions: each answer is an item of a map, with a review of its own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.project.conversations.helpline import TOOLS, answers, batch, did, helpline, letter
from tests.project.keys.table import Place

GRAPH = """\
compound: graph/v1
name: answer
policy: rules
input: {letter: {id: str, subject: str, body: str, email: str?}}
item: {input: letter, id: letter.id, title: letter.subject}
output: {actions: $answers}
nodes:
  before: {use: tool, tool: inbox_conversation, in: {item_id: $input.letter.id}}
  questions: {use: tool, tool: questions, in: {body: $input.letter.body}, out: "list[str]"}
  answers:
    map: {each: $questions, as: question}
    nodes:
      draft: {use: tool, tool: answer, in: {question: $question, before: $before}, out: str}
      ok:
        use: review
        show: [$draft]
        decide: {approve: {}, edit: {text: str}, hand_over: {to: str}, reject: {reason: str}}
      send:
        use: effect
        tool: send_answer
        when: ok.action in ['approve', 'edit']
        in: {letter_id: $input.letter.id, text: $ok.text ?? $draft}
      told:
        use: effect
        tool: hand_over
        when: ok.action == 'hand_over'
        in: {letter_id: $input.letter.id, to: $ok.to}
    out: $ok.action
"""
MORE = '''

class HandOver(BaseModel):
    letter_id: str
    to: str


@effect("hand_over", target="inbox")
def hand_over(tx: MailboxTransaction, args: HandOver) -> JsonValue:
    """Hand over."""
    return tx.transfer(f"for {args.to}", item_id=args.letter_id)


@tool
def questions(body: str) -> list[str]:
    """The questions of a letter."""
    return [one.strip() + "?" for one in body.split("?") if one.strip()]


@tool
def answer(question: str, before: list[JsonValue]) -> str:
    """Answer a question."""
    return " | ".join([f"Re {question}", *(str(one["text"]) for one in before)])
'''
UNDO = "{send_answer: {undo: 15m}, hand_over: {undo: 2h}}"
BOTH = ("answers[0].ok", "answers[1].ok")


def desk(root: Path, effects: str = UNDO, graph: str = GRAPH, more: str = "") -> Place:
    policy = f"compound: policy/v1\nname: rules\neffects: {effects}\n{more}"
    tools = TOOLS + MORE
    files = {"graphs/answer.yaml": graph, "graphs/policies/rules.yaml": policy, "tools/answers.py": tools}
    place = helpline(root, {**files, "graphs/direct.yaml": ""})
    (root / "graphs" / "direct.yaml").unlink()
    return place


def rows(place: Place) -> dict[str, dict[str, Any]]:
    """Review of the letter m-1 to its row."""
    found = did(place.say("review", "list", "--all", "--json")).json
    return {str(one["node"]): one for one in found if one["item_id"] == "m-1"}


def asked(place: Place) -> tuple[str, str]:
    """The two reviews of a letter with two questions."""
    batch(place, letter("m-1", "Is it safe? When is it back?"))
    found = rows(place)
    assert tuple(sorted(found)) == BOTH
    return str(found[BOTH[0]]["review_id"]), str(found[BOTH[1]]["review_id"])


def statuses(place: Place) -> list[str]:
    found = rows(place)
    return [str(found[one]["status"]) for one in BOTH]


def later(place: Place, hours: float) -> Sequence[str]:
    """What `compound review sweep` resumes some hours later."""
    with place.open() as project:
        project.resources.clock = lambda: time.time() + 3600 * hours
        return project.reviews().sweep().resumed


def test_the_graph_is_sound(tmp_path: Path) -> None:
    assert desk(tmp_path).codes() == []


def test_a_review_says_which_question_it_answers(tmp_path: Path) -> None:
    place = desk(tmp_path)
    first, second = asked(place)
    assert [rows(place)[one]["subject"] for one in BOTH] == [
        "answers[0]: Is it safe? · Water",
        "answers[1]: When is it back? · Water",
    ]
    listed = did(place.say("review", "list")).out
    assert "answers[0]: Is it safe?" in listed
    assert "answers[1]: When is it back?" in listed
    shown = did(place.say("review", "show", second)).out
    assert "m-1: answers[1]: When is it back? · Water" in shown
    assert "question: When is it back?" in shown
    assert "question" not in did(place.say("review", "show", first)).out.split("question: Is it safe?")[1][:40]
    source = did(place.say("review", "show", first, "--json")).json["item"]
    assert list(source)[:2] == ["question", "id"]


def test_a_new_letter_recalls_each_answer_that_can_still_be_undone(tmp_path: Path) -> None:
    place = desk(tmp_path)
    first, second = asked(place)
    for one in (first, second):
        did(place.say("review", "approve", one))
    assert statuses(place) == ["decided", "decided"]
    batch(place, letter("m-2", "It runs again", in_reply_to="m-1"), name="later.jsonl")
    assert statuses(place) == ["stale", "stale"]
    assert later(place, 1) == ()
    assert answers(place) == []
    assert "m-2" in did(place.say("review", "show", first)).out
    did(place.say("review", "redraft", first))
    assert statuses(place) == ["pending", "stale"]
    did(place.say("review", "approve", first))
    assert len(later(place, 1)) == 1
    assert answers(place) == [("m-1", "Re Is it safe? | It runs again")]
    did(place.say("review", "redraft", second))
    did(place.say("review", "approve", second))
    assert len(later(place, 1)) == 1
    # The conversation has the first answer now.
    assert answers(place)[1:] == [("m-1", "Re When is it back? | It runs again | Re Is it safe? | It runs again")]


def test_an_answer_that_was_sent_stands_when_a_letter_comes(tmp_path: Path) -> None:
    place = desk(tmp_path, "{send_answer: {}, hand_over: {}}")
    first, second = asked(place)
    did(place.say("review", "approve", first))
    batch(place, letter("m-2", "It runs again", in_reply_to="m-1"), name="later.jsonl")
    assert statuses(place) == ["decided", "stale"]
    assert place.say("review", "approve", second).code != 0
    did(place.say("review", "redraft", second))
    did(place.say("review", "approve", second))
    assert [text for _, text in answers(place)] == [
        "Re Is it safe?",
        "Re When is it back? | Re Is it safe? | It runs again",
    ]


def test_an_undo_is_as_long_as_the_effects_of_the_decision(tmp_path: Path) -> None:
    place = desk(tmp_path)
    first, second = asked(place)
    did(place.say("review", "approve", first))
    with place.open() as project:
        project.reviews().decide(second, "hand_over", user="ann", fields={"to": "Bo"})
    assert len(later(place, 1)) == 1
    assert answers(place) == [("m-1", "Re Is it safe?")]
    assert len(later(place, 3)) == 1
    assert [text for _, text in answers(place)] == ["Re Is it safe?", "for Bo"]


def test_only_the_decision_whose_effect_asks_for_it_needs_two_people(tmp_path: Path) -> None:
    place = desk(tmp_path, "{send_answer: {}, hand_over: {second: true}}")
    first, second = asked(place)
    did(place.say("review", "approve", first))
    assert answers(place) == [("m-1", "Re Is it safe?")]
    for user, status in (("ann", "awaiting_second"), ("ben", "decided")):
        with place.open() as project:
            project.reviews().decide(second, "hand_over", user=user, fields={"to": "Bo"})
        assert statuses(place) == ["decided", status]
    assert [text for _, text in answers(place)][1:] == ["for Bo"]


AUTOMATIC = "automatic: {error_at_most: 10%, confidence: 90%}\n"


@pytest.mark.parametrize(
    ("action", "effects", "named"),
    [
        ("approve", "{send_answer: {}, hand_over: {}}", ["send_answer"]),
        ("approve", "{send_answer: {automatic: true}, hand_over: {}}", []),
        ("reject", "{send_answer: {}, hand_over: {}}", []),
    ],
)
def test_a_rule_of_an_item_may_not_start_what_needs_a_person(
    tmp_path: Path, action: str, effects: str, named: list[str]
) -> None:
    rule = f"        auto: {{when: question == 'Is it safe?', action: {action}}}\n        decide: {{approve"
    graph = GRAPH.replace("        decide: {approve", rule)
    place = desk(tmp_path, effects, graph, AUTOMATIC)
    found = [one for one in place.findings() if one.code == "policy.needs-person"]
    assert [name for one in found for name in ("send_answer", "hand_over") if name in one.message] == named
    line = next(number for number, text in enumerate(graph.splitlines(), 1) if "auto:" in text)
    assert {one.where.line for one in found} <= {line}
