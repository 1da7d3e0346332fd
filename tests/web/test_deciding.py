"""What a person does in a browser is what a customer gets."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.conftest import Person, Site


def test_an_approval_sends_what_is_shown_once(ann: Person, site: Site) -> None:
    page = ann.review("Water 1")
    shown = page.locator(".reply").inner_text()
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".outcomes").get_by_text("sent", exact=True)).to_be_visible()
    assert site.answers() == [("L1", shown)]
    assert site.statuses() == {"L1": "decided", "L2": "pending", "L3": "pending"}


def test_an_edit_is_what_is_sent(ann: Person, site: Site) -> None:
    page = ann.review("Water 1")
    page.locator("summary", has_text="Edit").click()
    page.locator("textarea[name='field.text']").fill("Dear Ann,\n\nall is well. 你好")
    page.get_by_role("button", name="Edit and approve").click()
    expect(page.locator(".outcomes").get_by_text("sent", exact=True)).to_be_visible()
    assert site.answers() == [("L1", "Dear Ann,\n\nall is well. 你好")]


def test_a_rejection_needs_a_reason_and_sends_nothing(ann: Person, site: Site) -> None:
    page = ann.review("Water 1")
    page.locator("summary", has_text="Reject").click()
    page.get_by_role("button", name="Reject").click()
    assert site.statuses()["L1"] != "decided"
    page.locator("[name='field.reason']").fill("wrong tone")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Decided by you: reject (wrong tone)")).to_be_visible()
    assert (site.answers(), site.statuses()["L1"]) == ([], "decided")


def test_a_double_click_decides_once(ann: Person, site: Site) -> None:
    page = ann.review("Water 1")
    page.get_by_role("button", name="Approve").dblclick()
    expect(page.locator(".outcomes").get_by_text("sent", exact=True)).to_be_visible()
    assert [one for one, _ in site.answers()] == ["L1"]


def test_a_form_that_was_open_in_another_tab_sends_nothing_twice(ann: Person, site: Site) -> None:
    page = ann.review("Water 1")
    other = ann.context.new_page()
    other.goto(page.url)
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".outcomes").get_by_text("sent", exact=True)).to_be_visible()
    other.get_by_role("button", name="Approve").click()
    expect(other.locator(".outcomes").get_by_text("sent", exact=True)).to_be_visible()
    page.go_back()
    page.go_forward()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    assert [one for one, _ in site.answers()] == ["L1"]


def test_it_works_without_javascript(people: Callable[..., Person], site: Site) -> None:
    person = people(java_script_enabled=False)
    person.page.goto(site.link)
    person.page.get_by_role("button", name="Sign in").click()
    page = person.review("Water 2")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".outcomes").get_by_text("sent", exact=True)).to_be_visible()
    assert [one for one, _ in site.answers()] == ["L2"]


def test_a_link_signs_in_once(ann: Person, people: Callable[..., Person], site: Site) -> None:
    other = people()
    other.page.goto(site.link)
    other.page.get_by_role("button", name="Sign in").click()
    expect(other.page.get_by_role("alert")).to_contain_text("used before")
    other.complaints.clear()
    other.open("/reviews")
    assert "/login" in other.page.url
