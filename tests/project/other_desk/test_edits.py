"""Edits at a bank's card desk: nothing is decided that was not shown, and nothing is told that is not done."""

from __future__ import annotations

from pathlib import Path

import pytest

from compound import Project
from compound.errors import CompoundError, DataError
from tests.project.other_desk.bank import Bank, bank, one_node
from tests.project.other_desk.truth import FROZEN_1, LETTER_1, effects, nothing_happened, one_truth, step


@pytest.mark.parametrize("offer", ["{approve: {}, reject: {}}", "{edit: {text: str}, reject: {}}"])
def test_only_what_is_offered_is_shown_and_decided(tmp_path: Path, offer: str) -> None:
    desk = bank(tmp_path, one_node(offer))
    item = desk.waiting()
    text = desk.run("review", "show", item).stdout
    offers_approve = "approve" in offer
    assert ("review approve" in text, "review edit" in text) == (offers_approve, not offers_approve)
    refused = ("edit", item, "--text", "Hello you there") if offers_approve else ("approve", item)
    error = desk.run("review", *refused, code=None).exception
    assert isinstance(error, DataError)
    assert error.code == "review.not-offered"
    assert nothing_happened(desk, item)
    error = desk.run("review", "reject", item, "--reason", "other", code=None).exception
    assert isinstance(error, DataError)
    assert error.code == "review.not-offered"
    desk.run("review", "reject", item)


def test_an_edited_text_is_what_is_told_and_recorded(tmp_path: Path) -> None:
    desk = bank(tmp_path, one_node("{edit: {text: str}, reject: {}}"))
    item = desk.waiting()
    desk.run("review", "edit", item, "--text", "Dear Ann, C-1 is frozen now.")
    body = {"to": "T-1", "body": "Dear Ann, C-1 is frozen now."}
    one_truth(desk, item, "edit", [("freeze_card", "shop", FROZEN_1), ("write_letter", "desk", body)])
    assert desk.card("C-1")["status"] == "frozen"


@pytest.mark.parametrize("aside", [(), ("--field", f"words={LETTER_1}")])
@pytest.mark.parametrize(("steps", "says"), [("[]", "nothing was changed"), (step("C-2"), "Card C-2 is frozen")])
def test_changed_steps_are_told_before_they_are_decided(
    desk: Bank, steps: str, says: str, aside: tuple[str, ...]
) -> None:
    """The letter is written again from the changed steps and shown; nothing is decided until it is approved."""
    item = desk.waiting()
    ended = desk.run("review", "edit", item, "--field", f"steps={steps}", *aside, code=None)
    assert isinstance(ended.exception, CompoundError)
    assert ended.exception.code == "review.drafted-again"
    assert says in ended.stdout
    assert nothing_happened(desk, item)
    # the old letter speaks of a card that nothing is done to now
    back = desk.run("review", "edit", item, "--field", f"words={LETTER_1}", code=None).exception
    assert isinstance(back, CompoundError)
    assert (back.code, nothing_happened(desk, item)) == ("review.edit", True)
    shown = desk.json("review", "show", item)
    does = effects(shown["effects"]["approve"])
    (letter,) = [arguments["body"] for name, _, arguments in does if name == "write_letter"]
    assert says in letter
    assert [one["author"] for one in shown["drafts"]][:2] == ["graph", "ann"]
    assert desk.run("review", "approve", item, "--version", "1", code=None).exit_code != 0
    assert nothing_happened(desk, item)
    desk.run("review", "approve", item, "--version", str(shown["version"]))
    one_truth(desk, item, "approve", does)
    frozen = {card for card in ("C-1", "C-2") if desk.card(card)["status"] == "frozen"}
    assert frozen == ({"C-2"} if "C-2" in steps else set())


def test_what_a_run_answers_is_what_was_decided(desk: Bank) -> None:
    item = desk.waiting()
    desk.run("review", "edit", item, "--field", f"steps={step('C-2')}", "--field", "words=C-2 is frozen for you.")
    shown = desk.json("review", "show", item)
    project = Project.open(desk.root)
    try:
        record = project.run_record(shown["run_id"])
    finally:
        project.close()
    assert record is not None
    assert record.output is not None
    assert record.output["letter"] == "C-2 is frozen for you."
    assert record.output["steps"] == [{"name": "freeze_card", "arguments": {"card": "C-2", "why": "reported lost"}}]
    assert desk.letters() == ["C-2 is frozen for you."]


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        (("words=Card C-9 is frozen for you.",), "review.edit", "C-9, which nothing is done to"),
        ((f"steps={step('C-2')}", "words=Card C-1 is frozen for you."), "review.edit", "C-1, which nothing is done to"),
        ((f"steps={step('C-7')}", "words=Card C-7 is frozen now."), "review.edit", "no card C-7"),
        (('steps=[{"name": "freeze_card", "arguments": {"card": "C-1"}}]',), "review.edit", "why"),
        (
            ('steps=[{"name": "set_limit", "arguments": {"card": "C-1", "amount": 9}}]', "words=C-1 has a limit."),
            "review.edit",
            "add or rename",
        ),
        ((f"steps={step('C-1')[:-1]}, {step('C-2')[1:]}", "words=C-1, C-2 are frozen."), "review.edit", "add or"),
    ],
)
def test_an_edit_is_held_against_everything_before_it_counts(
    desk: Bank, fields: tuple[str, ...], code: str, says: str
) -> None:
    item = desk.waiting()
    written = [part for one in fields for part in ("--field", one)]
    error = desk.run("review", "edit", item, *written, code=None).exception
    assert isinstance(error, CompoundError)
    assert (error.code, says in error.what) == (code, True), error.what
    assert nothing_happened(desk, item)


ACTIONS = "{approve: {}, edit: {text: str, actions: list[Step]}, reject: {}}"


@pytest.mark.parametrize("aside", [(), ("--text", LETTER_1)])
@pytest.mark.parametrize("actions", ["[]", step("C-2")])
def test_a_text_that_cannot_be_written_again_is_asked_for(tmp_path: Path, actions: str, aside: tuple[str, ...]) -> None:
    desk = bank(tmp_path, one_node(ACTIONS))
    item = desk.waiting()
    error = desk.run("review", "edit", item, "--actions", actions, *aside, code=None).exception
    assert isinstance(error, DataError)
    assert error.code == "review.text-needed"
    assert nothing_happened(desk, item)
    desk.run("review", "edit", item, "--actions", actions, "--text", "Dear customer, see our other letter.")
    does = [("freeze_card", "shop", {"card": "C-2", "why": "reported lost"})] if "C-2" in actions else []
    body = {"to": "T-1", "body": "Dear customer, see our other letter."}
    one_truth(desk, item, "edit", [*does, ("write_letter", "desk", body)])
    assert desk.card("C-1")["status"] == "open"


def test_an_edit_without_a_text_to_give_is_refused(tmp_path: Path) -> None:
    desk = bank(tmp_path, one_node("{approve: {}, edit: {actions: list[Step]}, reject: {}}"))
    item = desk.waiting()
    error = desk.run("review", "edit", item, "--actions", step("C-2"), code=None).exception
    assert isinstance(error, DataError)
    assert error.code == "review.text-needed"
    assert nothing_happened(desk, item)


def test_actions_are_no_field_where_only_the_text_is(tmp_path: Path) -> None:
    desk = bank(tmp_path, one_node("{approve: {}, edit: {text: str}, reject: {}}"))
    item = desk.waiting()
    error = desk.run("review", "edit", item, "--actions", step("C-2"), code=None).exception
    assert isinstance(error, DataError)
    assert error.code == "review.not-offered"
    assert nothing_happened(desk, item)
