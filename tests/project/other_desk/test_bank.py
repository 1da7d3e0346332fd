"""A bank's card desk, built from the docs alone: what is shown, decided, done, told and audited is one thing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langgraph.types import Command

from compound import Project
from compound.errors import CompoundError, DataError
from tests.project.other_desk.bank import ONE_NODE, TWO_NODES, Bank, bank
from tests.project.other_desk.truth import FROZEN_1, LETTER_1, effects, nothing_happened, one_truth, step
from tests.support.certificates import grant

POLICY = """\
compound: policy/v1
name: cards
effects: {freeze_card: {automatic: true}, set_limit: {automatic: true}, write_letter: {automatic: true}}
automatic: {error_at_most: 2%, confidence: 95%, audit_share: 0%}
"""


def test_the_graph_is_proved(desk: Bank) -> None:
    assert "no findings" in desk.run("check").stdout


def test_an_approval_does_what_was_shown(desk: Bank) -> None:
    item = desk.waiting()
    shown = desk.json("review", "show", item)
    does = [("freeze_card", "shop", FROZEN_1), ("write_letter", "desk", {"to": "T-1", "body": LETTER_1})]
    assert effects(shown["effects"]["approve"]) == does
    text = desk.run("review", "show", item).stdout
    for word in ("freeze_card", "shop", "card: C-1", "why: reported lost", "write_letter", "desk", LETTER_1):
        assert word in text
    (row,) = desk.json("review", "list")
    assert row["actions"] == [action["name"] for action in shown["actions"]] == ["freeze_card", "write_letter"]
    done = desk.json("review", "approve", item)
    assert (done["ok"], done["run_status"]) == (True, "done")
    assert (desk.card("C-1")["status"], desk.card("C-1")["why"]) == ("frozen", "reported lost")
    assert desk.card("C-2")["status"] == "open"
    one_truth(desk, item, "approve", does)


def test_an_action_of_ones_own_is_decided_with_its_fields(desk: Bank) -> None:
    item = desk.waiting()
    assert desk.json("review", "show", item)["offers"]["freeze"] == {"card": "str", "because": "str"}
    text = desk.run("review", "show", item).stdout
    assert "freeze does:" in text
    assert f"compound review decide {item[:10]} freeze --version 1 --field card=TEXT --field because=TEXT" in " ".join(
        text.split()
    )
    done = desk.json("review", "decide", item, "freeze", "--field", "card=C-2", "--field", "because=stolen abroad")
    assert done["ok"]
    assert (desk.card("C-2")["status"], desk.card("C-2")["why"]) == ("frozen", "stolen abroad")
    assert desk.card("C-1")["status"] == "open"
    shown = one_truth(desk, item, "freeze", [("freeze_card", "shop", {"card": "C-2", "why": "stolen abroad"})])
    assert shown["decisions"][0]["fields"] == {"card": "C-2", "because": "stolen abroad"}


def test_a_rejection_takes_the_reasons_that_are_declared(desk: Bank) -> None:
    item = desk.waiting()
    for arguments, code in (
        (("reject", item, "--reason", "tone"), "review.not-offered"),
        (("reject", item), "review.reason"),
        (("decide", item, "reject", "--field", "reason=not_our"), "review.not-offered"),
    ):
        error = desk.run("review", *arguments, code=None).exception
        assert isinstance(error, CompoundError)
        assert error.code == code
    assert nothing_happened(desk, item)
    desk.run("review", "reject", item, "--reason", "not_ours")
    shown = one_truth(desk, item, "reject", [])
    assert (shown["decisions"][0]["reason"], desk.card("C-1")["status"]) == ("not_ours", "open")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("decide", "ITEM", "burn"), "approve, edit, freeze, reject"),
        (("decide", "ITEM", "freeze", "--field", "card=C-1"), "because"),
        (("decide", "ITEM", "freeze", "--field", "card=C-1", "--field", "because= "), "because"),
        (("decide", "ITEM", "freeze", "--field", "card=C-1", "--field", "why=x", "--field", "because=x"), "because"),
        (("edit", "ITEM", "--text", "Hello"), "words"),
        (("edit", "ITEM", "--field", "steps=7"), "expected a list"),
        (("edit", "ITEM", "--field", 'steps=[{"name": "freeze_card"}]'), "arguments"),
        (("edit", "ITEM", "--field", "words="), "words"),
        (("edit", "ITEM"), "the edit changes nothing"),
        (("approve", "ITEM", "--field", "words=x"), "approve takes no field"),
    ],
)
def test_what_is_not_offered_is_refused_with_the_choices(desk: Bank, arguments: tuple[str, ...], says: str) -> None:
    item = desk.waiting()
    error = desk.run("review", *(item if one == "ITEM" else one for one in arguments), code=None).exception
    assert isinstance(error, DataError)
    assert says in str(error)
    assert nothing_happened(desk, item)


def test_the_library_refuses_what_the_command_line_refuses(desk: Bank) -> None:
    item = desk.waiting()
    project = Project.open(desk.root)
    try:
        queue, service = project.services.queue, project.reviews()
        version = queue.show(item).version
        for decide in (
            lambda: queue.decide(item, "burn", user="ann", version=version),
            lambda: service.decide(item, "burn", user="ann"),
            lambda: queue.decide(item, "edit", user="ann", version=version, fields={"text": "x"}),
            lambda: service.decide(item, "freeze", user="ann", fields={"card": 7, "because": "x"}),
        ):
            with pytest.raises(DataError) as caught:
                decide()
            assert caught.value.code == "review.not-offered"
    finally:
        project.close()
    assert nothing_happened(desk, item)


def test_an_effect_that_cannot_be_shown_is_found_by_check(tmp_path: Path) -> None:
    between = ONE_NODE.replace("DECIDE", "{approve: {}, reject: {}}").replace("ACTIONS", "$draft.actions")
    between = between.replace("TEXT", "$later.words").replace(
        "  act:\n", "  later: {use: tool, tool: sign, when: ok.action == 'approve', in: {text: $draft.text}}\n  act:\n"
    )
    between = between.replace("when: ok.action != 'reject'\n    after: [act]", "when: ok.action == 'approve'")
    desk = bank(tmp_path, between)
    tool = "from compound.tool import tool\n\n\n@tool\ndef sign(text: str) -> dict[str, str]:\n"
    (tmp_path / "tools" / "sign.py").write_text(f'{tool}    """Sign it."""\n    return {{"words": text}}\n')
    found = desk.run("check", code=1).stdout
    assert "tell will do: that depends on later, which only runs after it [graph.effect-not-shown]" in found
    assert "graphs/main.yaml:" in found


def test_fields_of_other_types_are_read_by_their_declaration(tmp_path: Path) -> None:
    graph = TWO_NODES.replace("freeze: {card: str, because: str}", "limit: {card: str, amount: float}").replace(
        """  freeze_only:
    use: effect
    tool: freeze_card
    when: judge.action == 'freeze'
    in: {card: $judge.card, why: $judge.because}
""",
        """  limit_only:
    use: effect
    tool: set_limit
    when: judge.action == 'limit'
    in: {card: $judge.card, amount: $judge.amount}
""",
    )
    desk = bank(tmp_path, graph)
    assert "no findings" in desk.run("check").stdout
    item = desk.waiting()
    error = desk.run(
        "review", "decide", item, "limit", "--field", "card=C-1", "--field", "amount=much", code=None
    ).exception
    assert isinstance(error, DataError)
    desk.run("review", "decide", item, "limit", "--field", "card=C-1", "--field", "amount=40")
    one_truth(desk, item, "limit", [("set_limit", "shop", {"card": "C-1", "amount": 40})])
    assert desk.card("C-1")["credit_limit"] == 40


def test_a_langgraph_run_is_decided_by_the_same_contract(desk: Bank) -> None:
    """Its state is langgraph's; its item is tried out on what the item holds of it."""
    project = Project.open(desk.root)
    thread: Any = {"configurable": {"thread_id": "lg-1"}}
    try:
        app, service = project.compile("main"), project.reviews()
        app.invoke({"id": "T-1", "message": "I lost C-1 today"}, thread)
        (row,) = service.list()
        for action, fields, code in (
            ("burn", {}, "review.not-offered"),
            ("edit", {"text": "Hello"}, "review.not-offered"),
            ("edit", {"words": "Card C-9 is frozen for you."}, "review.edit"),
            ("edit", {"steps": []}, "review.drafted-again"),
        ):
            with pytest.raises(CompoundError) as caught:
                service.decide(row.review_id, action, user="ann", fields=fields)
            assert caught.value.code == code
        assert "nothing was changed" in str(service.show(row.review_id).effects["approve"][0]["arguments"])
        decided = service.decide(row.review_id, "approve", user="ann")
        with pytest.raises(CompoundError):
            app.invoke(Command(resume={"decision_id": "mine", "action": "edit", "words": "x"}), thread)
        made = app.invoke(Command(resume={"decision_id": decided.decision_id}), thread)
    finally:
        project.close()
    assert (made["letter"], made["steps"]) == ("Dear customer, nothing was changed.", [])
    assert (desk.letters(), desk.card("C-1")["status"]) == (["Dear customer, nothing was changed."], "open")


def test_a_field_that_may_be_left_out_is_shown_where_it_goes(tmp_path: Path) -> None:
    graph = TWO_NODES.replace("freeze: {card: str, because: str}", "freeze: {card: str, because: str, note: str?}")
    graph = graph.replace(
        "  tell:\n",
        """  tell_why:
    use: effect
    tool: write_letter
    when: judge.action == 'freeze' and judge.note != null
    after: [freeze_only]
    in: {to: $input.id, body: $judge.note}
  tell:
""",
    )
    desk = bank(tmp_path, graph)
    assert "no findings" in desk.run("check").stdout
    item = desk.waiting()
    shown = desk.json("review", "show", item)["effects"]["freeze"]
    assert shown[1]["arguments"] == {"to": "T-1", "body": "<note>"}
    assert shown[1]["when"] == "judge.action == 'freeze' and judge.note != null"
    fields = ("--field", "card=C-2", "--field", "because=stolen")
    desk.run("review", "decide", item, "freeze", *fields)
    one_truth(desk, item, "freeze", [("freeze_card", "shop", {"card": "C-2", "why": "stolen"})])
    other = desk.waiting()
    desk.run("review", "decide", other, "freeze", *fields, "--field", "note=Your card is frozen.")
    assert desk.letters() == ["Your card is frozen."]


def test_check_warns_of_a_letter_that_goes_out_although_its_act_is_refused(tmp_path: Path) -> None:
    graph = TWO_NODES.replace(
        "  tell:\n",
        """  tell_why:
    use: effect
    tool: write_letter
    when: judge.action == 'freeze'
    in: {to: $input.id, body: Your card is frozen.}
  tell:
""",
    )
    said = bank(tmp_path, graph).run("check").stdout
    assert "tell_why is sent even where freeze_only is refused" in said
    assert "1 finding (1 of them warning)" in said


def test_a_rule_decides_what_it_was_shown_with(tmp_path: Path) -> None:
    graph = TWO_NODES.replace("      approve: {}\n", "      approve: {words: str?}\n", 1).replace(
        "    decide:\n", "    auto: {when: agrees.ok}\n    decide:\n", 1
    )
    desk = bank(tmp_path, graph.replace("name: main\n", "name: main\npolicy: cards\n", 1))
    (tmp_path / "graphs/policies").mkdir()
    (tmp_path / "graphs/policies/cards.yaml").write_text(POLICY)
    project = desk.project
    grant(project, "main", "judge")
    project.close()
    made = desk.json("run", "main", "id=T-1", "message=I lost C-1 today")
    assert made["status"] == "done"
    assert (desk.card("C-1")["status"], desk.letters()) == ("frozen", [LETTER_1])


def test_a_run_that_was_approved_after_its_letter_was_written_again_is_replayed_whole(desk: Bank) -> None:
    item = desk.waiting()
    again = desk.run("review", "edit", item, "--field", f"steps={step('C-2')}", code=None).exception
    assert isinstance(again, CompoundError)
    assert again.code == "review.drafted-again"
    desk.run("review", "approve", item)
    assert desk.card("C-2")["status"] == "frozen"
    run_id = desk.json("review", "show", item)["run_id"]
    replayed = desk.json("replay", run_id)
    assert (replayed["stopped_at"], replayed["changed"]) == ([], [])
    assert "stopped at" not in desk.run("replay", run_id).stdout
    assert len(desk.letters()) == 1


def test_a_run_whose_edit_was_approved_at_once_is_replayed_whole(desk: Bank) -> None:
    item = desk.waiting()
    desk.run("review", "edit", item, "--field", "words=Dear Ann, C-1 is frozen now.")
    replayed = desk.json("replay", desk.json("review", "show", item)["run_id"])
    assert (replayed["stopped_at"], replayed["changed"]) == ([], [])
