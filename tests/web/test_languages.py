"""The pages in other languages, in a browser: German, and Arabic from right to left."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.conftest import Person, Site


def test_german_by_the_browser_and_arabic_by_choice(people: Callable[..., Person], site: Site) -> None:
    person = people(locale="de-DE")
    page = person.page
    page.goto(site.link)
    page.get_by_role("button", name="Anmelden").click()
    page.wait_for_url("**/reviews")
    expect(page.get_by_role("navigation", name="Bereiche").get_by_role("link", name="Prüfungen")).to_be_visible()
    expect(page.locator(".rows time").first).to_contain_text("vor ")
    person.review("Water 1")
    expect(page.get_by_role("button", name="Überspringen")).to_be_visible()

    page.set_viewport_size({"width": 1024, "height": 768})
    page.locator(".settings summary").click()
    page.get_by_label("Sprache").select_option("العربية")
    page.get_by_label("Darstellung").select_option("dunkel")
    page.get_by_role("button", name="Speichern").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("button", name="تخطٍّ")).to_be_visible()
    letter = page.locator(".source .letter, .source .text").first
    assert letter.evaluate("one => getComputedStyle(one).direction") == "ltr", "the letter is English"
    for path in (page.url.removeprefix(site.address), "/reviews", "/runs", "/graphs", "/batches", "/evaluations"):
        person.open(path)
        wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1], path
    rail, main = page.locator(".rail").bounding_box(), page.locator("main").bounding_box()
    assert rail is not None
    assert main is not None
    assert rail["x"] > main["x"]
