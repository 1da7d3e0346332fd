"""The page of a review inside a map: which item it is about, in the list and on the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.project.conversations.helpline import batch, letter
from tests.project.conversations.test_answers_of_a_letter import desk
from tests.web.conftest import Person, Site, aside, served


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A letter with two questions."""
    place = desk(tmp_path, "{send_answer: {}, hand_over: {}}")
    aside(batch, place, letter("m-1", "Is it safe? When is it back?"))
    with served(place) as site:
        yield site


def test_a_review_of_an_item_shows_which_one_it_is(ann: Person, site: Site, people: Callable[..., Person]) -> None:
    page = ann.open("/reviews")
    expect(page.get_by_role("link", name="answers[0]: Is it safe?")).to_be_visible()
    page = ann.review("answers[1]: When is it back?")
    expect(page.get_by_role("heading", level=1)).to_have_text("answers[1]: When is it back? · Water")
    source = page.locator(".source")
    expect(source.get_by_text("When is it back?", exact=True)).to_be_visible()
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".outcomes").get_by_text("sent", exact=True)).to_be_visible()
    assert site.answers() == [("m-1", "Re When is it back?")]
    page = ann.open("/reviews")
    expect(page.get_by_role("link", name="answers[0]: Is it safe?")).to_be_visible()
    expect(page.get_by_role("link", name="answers[1]")).to_have_count(0)
