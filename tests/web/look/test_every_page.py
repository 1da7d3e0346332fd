"""Every page, in both themes: no serious fault of access, nothing that the policy forbids, no sideways scrolling, light."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient

from compound.web.app import create_app
from compound.web.site.assets import STATIC
from tests.web.look.pages import NO_PAGE, PAGES, routes

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.web.conftest import Person
    from tests.web.look.shop import Filled

RULES: dict[str, Any] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
}
COLOURS: dict[str, Any] = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
}
SMALL = {"a phone": (360, 740), "400 % of 1280 by 1024": (320, 256)}
HTML_BYTES, CSS_BYTES, JS_BYTES = 60_000, 20_000, 40_000
"""What a page may weigh on the wire: its HTML and its style compressed, the programs of all pages as they are."""
VIOLATIONS = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
});
"""


def faults(page: Page, options: dict[str, Any]) -> list[str]:
    """What axe finds serious."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{one['id']}: {node['html'][:160]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def looked_at(page: Page, address: str) -> list[str]:
    """What is wrong with a page that is open: in its structure, its colours, at its sizes, with its policy."""
    found = [f"light {one}" for one in faults(page, RULES)]
    if page.locator("h1").count() != 1 or page.locator("main").count() != 1:
        found.append(f"{page.locator('h1').count()} h1, {page.locator('main').count()} main")
    page.emulate_media(color_scheme="dark")
    found += [f"dark {one}" for one in faults(page, COLOURS)]
    page.emulate_media(color_scheme="light")
    for name, (width, height) in SMALL.items():
        page.set_viewport_size({"width": width, "height": height})
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            found.append(f"{wide} px wider than {name}")
    page.set_viewport_size({"width": 1440, "height": 900})
    found += [f"policy {one}" for one in page.evaluate("window.violations")]
    return [f"{address}: {one}" for one in found]


def test_each_route_is_a_page_of_this_table_or_says_what_it_is(filled: Filled) -> None:
    with filled.place.open() as project:
        found = routes(create_app(project))
    assert found == {*NO_PAGE, *PAGES}


@pytest.mark.parametrize("route", PAGES)
def test_a_page_is_sound_in_both_themes_and_at_every_size(route: str, ann: Person, filled: Filled, people: Any) -> None:
    person = people() if route == "/login" else ann
    person.page.add_init_script(VIOLATIONS)
    told: list[str] = []
    for address in PAGES[route](filled):
        is_there = not address.endswith("there-is-none")
        answer = person.page.goto(f"{person.site.address}{address}")
        assert answer is not None
        assert answer.status == (200 if is_there else 404), address
        if (weight := len(gzip.compress(answer.body()))) > HTML_BYTES:
            told.append(f"{address}: {weight} bytes")
        told += looked_at(person.page, address)
        if not is_there:
            person.complaints[:] = [one for one in person.complaints if "404" not in one]
    assert told == []


def test_style_and_programs_are_light_and_kept_by_the_browser(filled: Filled) -> None:
    with filled.place.open() as project:
        client = TestClient(create_app(project, hosts=["testserver"]))
        style = client.get("/static/compound.css")
        assert style.headers["content-encoding"] == "gzip"
        assert int(style.headers["content-length"]) <= CSS_BYTES
        again = client.get("/static/compound.css", headers={"if-none-match": style.headers["etag"]})
        assert (again.status_code, again.headers["cache-control"]) == (304, "no-cache")
    assert sum(program.stat().st_size for program in STATIC.glob("*.js")) <= JS_BYTES
