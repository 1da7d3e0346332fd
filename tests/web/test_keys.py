"""Everything by keyboard; no key does anything that the person does not see."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.web.conftest import Person, Site


def test_a_review_is_opened_and_approved_by_keys_alone(ann: Person, site: Site) -> None:
    page = ann.open("/reviews")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/reviews/*")
    title = page.locator("h1").inner_text()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".outcomes").get_by_text("sent", exact=True)).to_be_visible()
    assert [f"Water {str(name)[1:]}" for name, _ in site.answers()] == [title]


def test_a_key_that_is_held_down_decides_once(ann: Person, site: Site) -> None:
    page = ann.review("Water 1")
    page.keyboard.down("Control")
    for _ in range(5):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    page.keyboard.up("Control")
    expect(page.locator(".outcomes").get_by_text("sent", exact=True)).to_be_visible()
    assert [name for name, _ in site.answers()] == ["L1"]


def test_letters_in_a_field_are_letters(ann: Person, site: Site) -> None:
    page = ann.review("Water 1")
    page.keyboard.press("e")
    field = page.locator("textarea[name='field.text']")
    expect(field).to_be_focused()
    field.press("Control+A")
    page.keyboard.type("jerk zebras?")
    expect(field).to_have_value("jerk zebras?")
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert site.answers() == []
    assert set(site.statuses().values()) <= {"pending", "in_review"}


def test_the_help_lists_the_keys_and_takes_them_while_it_is_open(ann: Person, site: Site) -> None:
    page = ann.review("Water 1")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("e")
    page.keyboard.press("Control+Enter")
    assert site.answers() == []
    assert set(site.statuses().values()) <= {"pending", "in_review"}
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.wait_for_url("**/reviews")
