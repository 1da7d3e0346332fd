"""How a person works with a review: keys of their own, focus after "next", a hold that is about to lapse, others who look."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Route, expect

from tests.web.conftest import Person, Site
from tests.web.look.shop import NUMBERS, Filled
from tests.web.one.conftest import link_of


def opened(person: Person, filled: Filled, name: str) -> Any:
    """The page of the review of a letter, held by the person."""
    page = person.open(f"/reviews/{filled.reviews[name]}")
    expect(page.locator("[data-held=yes]")).to_have_count(1)
    return page


def held_by(person: Person, filled: Filled) -> dict[str, str]:
    """Review to who holds it, as the list is told."""
    asked = f"{person.site.address}/reviews/news?ids={','.join(filled.reviews.values())}"
    held: dict[str, str] = person.context.request.get(asked).json()["held"]
    return held


def test_keys_are_off_or_others(ann: Person, filled: Filled) -> None:
    page = ann.open("/settings")
    keys = page.locator(".own-keys")
    keys.get_by_label("edit", exact=True).fill("j")
    with ann.page.expect_response("**/settings") as refused:
        page.get_by_role("button", name="Save").last.click()
    assert refused.value.status == 422
    expect(page.locator("h1")).to_contain_text("'j' would be the key of two things")
    ann.open("/settings")
    keys.get_by_label("edit", exact=True).fill("w")
    with ann.page.expect_navigation():
        page.get_by_role("button", name="Save").last.click()
    expect(keys.get_by_label("edit", exact=True)).to_have_value("w")
    page = opened(ann, filled, "ready")
    page.keyboard.press("e")
    expect(page.locator("#edit")).not_to_have_attribute("open", "")
    page.keyboard.press("w")
    expect(page.locator("#edit")).to_have_attribute("open", "")
    ann.open("/settings").locator("main select[name=shortcuts]").select_option("off")
    with ann.page.expect_navigation():
        page.get_by_role("button", name="Save").last.click()
    expect(page.locator("html[data-shortcuts=off]")).to_have_count(1)
    page = opened(ann, filled, "ready")
    page.keyboard.press("w")
    page.keyboard.press("?")
    expect(page.locator("#edit")).not_to_have_attribute("open", "")
    expect(page.locator("dialog[open]")).to_have_count(0)
    ann.open("/settings").locator("main select[name=shortcuts]").select_option("")
    page.locator(".own-keys").get_by_label("edit", exact=True).fill("")
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator("html[data-shortcuts=off]")).to_have_count(0)


def test_no_key_works_while_a_decision_is_on_its_way(ann: Person, filled: Filled, site: Site) -> None:
    page = opened(ann, filled, "ready")
    held: list[Any] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/decide", hold)
    page.keyboard.press("Control+Enter")
    while not held:
        page.wait_for_timeout(20)
    page.keyboard.press("Control+Enter")
    page.keyboard.press("j")
    assert len(held) == 1
    held[0].continue_()
    expect(page.locator(".outcomes").get_by_text("sent", exact=True)).to_be_visible()
    assert [name for name, _ in site.answers()].count(NUMBERS["ready"]) == 1


def test_the_next_review_is_there_before_it_is_asked_for_and_takes_the_focus(ann: Person, filled: Filled) -> None:
    page = ann.page
    states: list[str] = []
    watch = ann.context.new_cdp_session(page)

    def told(event: dict[str, Any]) -> None:
        states.append(str(event["status"]))

    watch.on("Preload.prefetchStatusUpdated", told)
    watch.send("Preload.enable")
    before = held_by(ann, filled)
    ann.open(f"/reviews/{filled.reviews['decided']}")
    coming = page.get_by_role("link", name="Next review")
    address = str(coming.get_attribute("href"))
    end = time.monotonic() + 20
    while not {"Ready", "Success"} & set(states) and time.monotonic() < end:
        page.wait_for_timeout(50)
    assert {"Ready", "Success"} & set(states), states
    assert held_by(ann, filled) == before
    page.keyboard.press("n")
    page.wait_for_url(f"**{address}")
    entry = page.evaluate("performance.getEntriesByType('navigation')[0].deliveryType")
    assert entry == "navigational-prefetch"
    expect(page.locator("h1")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.draft') !== null")
    expect(page.locator("#live[aria-live=polite]")).to_have_count(1)


def test_a_hold_that_is_about_to_lapse_is_told_and_kept_with_one_key(ann: Person, filled: Filled) -> None:
    ann.page.clock.install()
    page = opened(ann, filled, "price")
    warning = page.locator("#lapsing")
    expect(warning).to_be_hidden()
    page.clock.fast_forward(95_000)
    expect(warning).to_contain_text("less than 30 more seconds")
    expect(page.locator("#live")).to_contain_text("less than 30 more seconds")
    with page.expect_response("**/hold") as kept:
        page.keyboard.press("c")
    assert kept.value.json()["left_s"] > 110
    expect(warning).to_be_hidden()
    page.clock.fast_forward(130_000)
    expect(warning).to_contain_text("You do not hold this review any more")


def test_who_else_looks_is_seen_on_the_review_and_in_the_list(
    ann: Person, people: Callable[..., Person], filled: Filled, site: Site
) -> None:
    ben = people()
    ben.page.goto(link_of(site, "ben", "viewer"))
    ben.page.get_by_role("button", name="Sign in").click()
    ben.page.wait_for_url("**/reviews")
    review = filled.reviews["long"]
    with ben.page.expect_response("**/here"):
        ben.open(f"/reviews/{review}")
    page = opened(ann, filled, "long")
    expect(page.locator("#others")).to_contain_text("ben")
    asked = f"{site.address}/reviews/news?ids={review}"
    assert ann.context.request.get(asked).json()["looking"] == {review: "ben"}
    expect(ben.page.locator(".decide")).to_have_count(0)
    ben.page.goto("about:blank")
    end = time.monotonic() + 20
    while ann.context.request.get(asked).json()["looking"] and time.monotonic() < end:
        page.wait_for_timeout(50)
    assert ann.context.request.get(asked).json()["looking"] == {}
