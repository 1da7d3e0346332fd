"""Why a person is asked: the same words in the list, in the item, and in both as JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project.conversations.helpline import batch, did, helpline, letter, shown
from tests.project.keys.table import Place

ALWAYS = "answer asks a person every time, at `ok`"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = helpline(tmp_path)
    batch(place, letter("m-1"))
    return place


def test_a_review_that_always_asks_says_so_everywhere(place: Place) -> None:
    assert ALWAYS in did(place.say("review", "list")).out
    assert f"why a person:\n  - {ALWAYS}\n" in did(place.say("review", "show", "m-1")).out
    (row,) = place.say("review", "list", "--json").json
    assert row["reasons"] == shown(place, "m-1")["reasons"] == [ALWAYS]
    with place.open() as project:
        (listed,) = project.reviews().list()
        assert listed.reasons == project.reviews().show("m-1").reasons == (ALWAYS,)


def test_other_reasons_come_in_its_place(place: Place) -> None:
    batch(place, letter("m-2", thread="m-1"), name="later.jsonl")
    did(place.say("review", "redraft", "m-1"))
    rows = {row["item_id"]: row["reasons"] for row in place.say("review", "list", "--json").json}
    assert rows["m-2"] == [ALWAYS]
    assert rows["m-1"] == shown(place, "m-1")["reasons"]
    assert rows["m-1"][0].startswith("drafted again: ")
