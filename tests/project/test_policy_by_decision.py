"""What a policy asks of an effect holds for the decisions that lead to it, and for no other."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.project.conversations.helpline import TOOLS, answers, batch, did, helpline, letter, shown, statuses
from tests.project.keys.table import Place

GRAPH = """\
compound: graph/v1
name: answer
policy: rules
input: {letter: {id: str, subject: str, body: str, email: str?}}
item: {input: letter, id: letter.id, title: letter.subject}
output: {text: $draft, action: $ok.action}
nodes:
  draft: {use: tool, tool: draft, in: {letter: $input.letter, before: []}, out: str}
  ok:
    use: review
    show: [$draft]
    AUTO
    decide: {approve: {}, edit: {text: str}, hand_over: {to: str}, close: {}, reject: {reason: str}}
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
"""
MORE = '''

class HandOver(BaseModel):
    letter_id: str
    to: str


@effect("hand_over", target="inbox")
def hand_over(tx: MailboxTransaction, args: HandOver) -> JsonValue:
    """Hand over."""
    return tx.transfer(f"for {args.to}", item_id=args.letter_id)
'''
UNDO = "{send_answer: {undo: 15m}, hand_over: {undo: 1h}}"


def desk(root: Path, effects: str = UNDO, auto: str = "", graph: str = GRAPH, more: str = "") -> Place:
    files = {
        "graphs/answer.yaml": graph.replace("    AUTO\n", f"    auto: {auto}\n" if auto else ""),
        "graphs/policies/rules.yaml": f"compound: policy/v1\nname: rules\neffects: {effects}\n{more}",
        "graphs/direct.yaml": "",
        "tools/answers.py": TOOLS + MORE,
    }
    place = helpline(root, files)
    (root / "graphs" / "direct.yaml").unlink()
    return place


def needs_person(place: Place) -> list[str]:
    return [one.message for one in place.findings() if one.code == "policy.needs-person"]


AUTOMATIC = "automatic: {error_at_most: 10%, confidence: 90%}\n"
WHEN = "input.letter.subject == 'Thanks'"


@pytest.mark.parametrize(
    ("action", "effects", "named"),
    [
        ("approve", "{send_answer: {}, hand_over: {}}", ["send_answer"]),
        ("approve", "{send_answer: {automatic: true}, hand_over: {}}", []),
        ("reject", "{send_answer: {}, hand_over: {}}", []),
    ],
)
def test_only_the_effects_of_the_decision_of_a_rule_need_a_person(
    tmp_path: Path, action: str, effects: str, named: list[str]
) -> None:
    auto = f'{{when: "{WHEN}", action: {action}}}'
    found = needs_person(desk(tmp_path, effects, auto, more=AUTOMATIC))
    assert len(found) == len(named)
    for what, effect in zip(found, named, strict=True):
        assert effect in what
        assert action in what


WAY = """\
  who: {use: tool, tool: draft, when: ok.action == 'edit', in: {letter: $input.letter, before: []}, out: str}
  fine: {use: check, kind: says_something, when: ok.action == 'edit', in: {text: $who}}
  told: {use: effect, tool: hand_over, when: fine?.ok, in: {letter_id: $input.letter.id, to: $who}}
"""


def test_a_condition_on_the_way_to_the_effect_counts(tmp_path: Path) -> None:
    """The effect itself asks nothing of the decision: it needs a node that runs only after another one."""
    graph = GRAPH[: GRAPH.index("  told:")].replace("hand_over: {to: str}, close: {}, ", "") + WAY
    effects = "{send_answer: {automatic: true}, hand_over: {undo: 1h}}"
    automatic = desk(tmp_path, effects, f'{{when: "{WHEN}"}}', graph=graph, more=AUTOMATIC)
    assert needs_person(automatic) == []
    place = automatic.edit("graphs/answer.yaml", f'    auto: {{when: "{WHEN}"}}\n', "")
    batch(place, letter("m-1"))
    assert shown(place, "m-1")["undo_s"] == {"edit": 3600}


def left(place: Place, name: str) -> float:
    """Seconds until the run of a decided review goes on; 0 if it has."""
    with place.open() as project:
        queue = project.services.queue
        decision = queue.decisions(project.reviews().find(name).review_id)[-1]
        until = queue.undo_until(decision.decision_id)
        return 0.0 if until is None else until - time.time()


def test_each_decision_can_be_undone_as_long_as_its_own_effects(tmp_path: Path) -> None:
    place = desk(tmp_path)
    batch(place, *(letter(f"m-{n}") for n in range(5)))
    assert shown(place, "m-0")["undo_s"] == {"approve": 900, "edit": 900, "hand_over": 3600}
    assert "approve for 15 min; edit for 15 min; hand_over for 1 h" in did(place.say("review", "show", "m-0")).out
    did(place.say("review", "approve", "m-0"))
    did(place.say("review", "edit", "m-1", "--text", "Dear Ann."))
    did(place.say("review", "decide", "m-2", "hand_over", "--field", "to=Bo"))
    did(place.say("review", "decide", "m-3", "close"))
    did(place.say("review", "reject", "m-4", "--reason", "tone"))
    assert 800 < left(place, "m-0") <= 900
    assert 800 < left(place, "m-1") <= 900
    assert 3500 < left(place, "m-2") <= 3600
    assert (left(place, "m-3"), left(place, "m-4")) == (0, 0)
    assert answers(place) == []


def test_a_decision_whose_effects_ask_for_no_time_is_done_at_once(tmp_path: Path) -> None:
    place = desk(tmp_path, "{send_answer: {}, hand_over: {undo: 1h}}")
    batch(place, letter("m-1"))
    assert "can be undone: hand_over for 1 h" in did(place.say("review", "show", "m-1")).out
    did(place.say("review", "approve", "m-1"))
    assert answers(place) == [("m-1", "Re Hello.")]


def test_two_people_must_agree_only_to_what_the_policy_asks_it_of(tmp_path: Path) -> None:
    place = desk(tmp_path, "{send_answer: {}, hand_over: {second: true}}")
    batch(place, letter("m-1"), letter("m-2"))
    assert shown(place, "m-1")["second"] == ["hand_over"]
    assert "two people must choose hand_over" in did(place.say("review", "show", "m-1")).out
    did(place.say("review", "approve", "m-1"))
    did(place.say("review", "decide", "m-2", "hand_over", "--field", "to=Bo"))
    assert statuses(place) == {"m-1": "decided", "m-2": "awaiting_second"}
    assert answers(place) == [("m-1", "Re Hello.")]
    did(place.say("review", "decide", "m-2", "hand_over", "--field", "to=Bo", "--user", "ann"))
    assert [name for name, _ in answers(place)] == ["m-1", "m-2"]
