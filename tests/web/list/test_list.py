"""A person finds reviews, sees what others do to them, and approves ready ones together."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from compound.review.stored.types import Draft, NewReview
from compound.web.reviews.listing import PAGE
from tests.web.conftest import Person, Site, aside
from tests.web.list.conftest import ben, ids, letters, titles
from tests.web.one.workshop import writes


def outcome(person: Person) -> list[str]:
    """The approved ones that the result page names."""
    return person.page.locator("ol.each a").all_inner_texts()


def test_search_and_filters_combine_with_the_view(ann: Person) -> None:
    page = ann.open("/reviews")
    assert titles(ann)[:2] == ["Bike steep", "Bike rough"]
    steep = page.locator("li", has_text="Bike steep")
    expect(steep).to_contain_text("high risk")
    expect(steep).to_contain_text("needs a look")
    expect(steep.locator(".does")).to_contain_text("Answer")
    page.get_by_label("Risk").select_option("some")
    page.wait_for_url("**risk=some**")
    assert titles(ann) == ["Bike steep", "Bike rough"]
    page.get_by_role("searchbox").fill("ROUGH bike")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**q=ROUGH**")
    assert titles(ann) == ["Bike rough"]
    page.locator(".views a", has_text="Ready").click()
    expect(page.get_by_role("heading", name="No review matches")).to_be_visible()
    page.get_by_role("link", name="Clear the search and the filters").click()
    expect(page.locator(".rows li")).to_have_count(7)


def test_what_others_do_shows_without_moving_a_row(ann: Person, site: Site) -> None:
    page = ann.open("/reviews")
    before = titles(ann)
    ben(site, "approve", "white")
    ben(site, "claim", "gold")
    aside(writes, site.place, letters("late"))
    gone = page.locator("li", has_text="Bike white")
    expect(gone).to_contain_text("decided by ben")
    expect(gone.locator(".pick input")).to_be_disabled()
    expect(page.locator("li", has_text="Bike gold")).to_contain_text("ben")
    pill = page.get_by_role("link", name="1 new")
    expect(pill).to_be_visible()
    assert titles(ann) == before
    pill.click()
    expect(page.locator("li", has_text="Bike late")).to_be_visible()
    expect(page.locator("li", has_text="Bike white")).to_have_count(0)
    ben(site, "release", "gold")


def test_keys_select_and_approve(ann: Person, site: Site) -> None:
    page = ann.open("/reviews?q=bike&state=ready&sort=oldest")
    chosen = titles(ann)[:2]
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator(".count")).to_contain_text("2 selected")
    page.keyboard.press("Shift+A")
    page.wait_for_url("**/reviews/bulk?**")
    expect(page.get_by_role("heading", name="Approve 2 drafts?")).to_be_visible()
    expect(page.locator(".sum li")).to_have_text(re.compile(r"^2\s.\s+answer$"))
    page.keyboard.press("o")
    page.keyboard.press("Control+Enter")  # the second text was not opened: the browser asks for it
    expect(page.locator(".each details[open]")).to_have_count(1)
    page.keyboard.press("o")
    expect(page.get_by_label("I opened and read it").nth(1)).to_be_checked()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="2 drafts are approved")).to_be_visible()
    assert outcome(ann) == chosen
    names = {one.removeprefix("Bike ") for one in chosen}
    page.wait_for_timeout(500)
    assert names <= {letter for letter, _ in site.answers() if letter}
    page.goto(f"{site.address}/reviews")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_it_works_without_javascript_and_says_why_one_was_not_approved(
    people: Callable[..., Person], signed: Any, site: Site
) -> None:
    person = people(storage_state=signed, java_script_enabled=False)
    page = person.open("/reviews?view=ready")
    for name in ("pink", "grey"):
        page.get_by_label(f"Select Bike {name}").check()
    page.get_by_role("button", name="Approve the selected").click()
    expect(page.get_by_role("heading", name="Approve 2 drafts?")).to_be_visible()
    for box in page.get_by_label("I opened and read it").all():
        box.check()
    ben(site, "approve", "grey")
    page.get_by_role("button", name="Approve 2 drafts").click()
    expect(page.get_by_role("heading", name="1 draft is approved")).to_be_visible()
    assert outcome(person) == ["Bike pink"]
    expect(page.locator("ul.each")).to_contain_text("Bike grey")
    expect(page.locator("ul.each")).to_contain_text("it does not wait any more: decided")


def test_what_needs_a_look_or_changed_is_not_approved_together(ann: Person, site: Site) -> None:
    known = ids(site)
    picks = f"pick={known['steep']}.1&pick={known['gold']}.99&pick=nothing.1"
    page = ann.open(f"/reviews/bulk?{picks}")
    expect(page.get_by_role("heading", name="Nothing to approve together")).to_be_visible()
    left = page.locator("ul.each")
    expect(left).to_contain_text("it needs a look: its rule does not hold")
    expect(left).to_contain_text("it changed since the list was shown")
    expect(left).to_contain_text("does not exist")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)


def test_an_empty_view_says_why(ann: Person, site: Site) -> None:
    waiting = sorted(ids(site))
    ben(site, "claim", *waiting)
    page = ann.open("/reviews?view=unclaimed")
    expect(page.get_by_role("heading", name="Others hold everything that waits")).to_be_visible()
    ben(site, "release", *waiting)
    page = ann.open("/reviews?view=snoozed")
    expect(page.get_by_role("heading", name="No review is in this view")).to_be_visible()


def test_more_rows_come_in_place(ann: Person, site: Site) -> None:
    def opened() -> None:
        with site.place.open() as project:
            for at in range(PAGE + 3):
                made = NewReview(
                    run_id=f"many{at}", node="ok", queue="many", title=f"Many {at}", draft=Draft(text="Yes."), refs={}
                )
                project.reviews().queue.open_review(made)

    aside(opened)
    page = ann.open("/reviews?queue=many&sort=oldest")
    expect(page.locator(".rows li")).to_have_count(PAGE)
    before = titles(ann)
    page.get_by_role("link", name="Show more").click()
    expect(page.locator(".rows li")).to_have_count(PAGE + 3)
    assert titles(ann) == [f"Many {at}" for at in range(PAGE + 3)]
    assert titles(ann)[:PAGE] == before
    expect(page.get_by_role("link", name="Show more")).to_have_count(0)
