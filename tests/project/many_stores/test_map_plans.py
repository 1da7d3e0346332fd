"""A review before a map sends back the list itself: its items change while people decide them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project.keys.table import Place
from tests.project.many_stores.mapped_letters import drafts, letter, office, sent, start, waiting

PLAN = """\
  plan: {use: tool, tool: choose, in: {letters: $input.letters, instruction: $run.instruction}, out: Plan}
  whole: {use: review, show: [$plan]}
"""
PLANNER = '''\
from pydantic import JsonValue

from compound.tool import tool


@tool
def choose(letters: list[JsonValue], instruction: str | None) -> dict[str, list[JsonValue]]:
    """Choose the letters to write."""
    return {"letters": CHOSEN if instruction else letters}
'''


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = office(tmp_path)
    monkeypatch.chdir(made.root)
    return made


def planned(place: Place, chosen: str) -> None:
    """Let a plan choose the letters; after an instruction it chooses these."""
    for old, new in (
        ("each: $input.letters", "each: $plan.letters"),
        ("input: {letters:", '  Plan: {letters: "list[Letter]"}\ninput: {letters:'),
        ("      crm: {use: tool, tool: crm_documents, in: {id: $letter.person_id}}\n", ""),
        ("        versions: [$crm.versions]\n", ""),
        ("nodes:\n  letters:", f"nodes:\n{PLAN}  letters:"),
        ("{letters: $letters,", "{whole: $whole.action, letters: $letters,"),
    ):
        place.edit("graphs/main.yaml", old, new)
    place.write({"tools/planning.py": PLANNER.replace("CHOSEN", chosen)})


def test_items_that_the_list_no_longer_has_are_withdrawn(place: Place) -> None:
    planned(place, "letters[:2]")
    start(place, letter("i-1", "one"), letter("i-2", "two", "bob"), letter("i-3", "three", "cyd"))
    items = waiting(place)
    assert place.say("review", "approve", items["letters[1].review"]).code == 0
    said = place.say("review", "return", items["whole"], "--instruction", "first two")
    assert said.code == 0, said.err
    left = waiting(place)
    assert (sorted(left), left["letters[0].review"]) == (["letters[0].review", "whole"], items["letters[0].review"])
    assert (sent(place), drafts(place)) == ([("i-2", "Dear, two.")], 3)
    for item in left.values():
        assert place.say("review", "approve", item).code == 0
    assert (sent(place), waiting(place)) == ([("i-2", "Dear, two."), ("i-1", "Dear, one.")], {})


def test_a_review_whose_item_changed_says_what_it_is_about_now(place: Place) -> None:
    planned(place, "letters[1:]")
    start(place, letter("i-1", "one"), letter("i-2", "two", "bob"))
    items = waiting(place)
    assert "letters[0]: i-1" in place.say("review", "show", items["letters[0].review"]).out
    said = place.say("review", "return", items["whole"], "--instruction", "the second one")
    assert said.code == 0, said.err
    shown = place.say("review", "show", items["letters[0].review"], "--json").json
    assert (shown["title"], shown["item"]["letter"]["to"]) == ("letters[0]: i-2", "i-2")
    assert "Dear, two." in str(shown["evidence"])
