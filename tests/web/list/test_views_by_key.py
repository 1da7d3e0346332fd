"""Keys lead to the views of the list, and from one review to the next of the same view."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.web.conftest import Person


def test_keys_lead_to_a_view_and_the_way_from_one_review_to_the_next_stays_in_it(ann: Person) -> None:
    page = ann.open("/reviews")
    expect(page.locator(".views a[aria-current]")).to_have_text(re.compile("Open"))
    page.keyboard.press("v")
    page.keyboard.press("r")
    page.wait_for_url("**view=ready")
    expect(page.locator(".views a[aria-current]")).to_have_text(re.compile("Ready"))
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/reviews/\w+$"))
    for _ in range(2):
        before = page.url
        expect(page.get_by_text("ready", exact=True).first).to_be_visible()
        page.keyboard.press("j")
        page.wait_for_url(lambda now, old=before: now != old)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("next review, after a decision")
    page.keyboard.press("Escape")
