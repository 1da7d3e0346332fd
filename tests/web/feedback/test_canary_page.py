"""A canary in the browser: it is listed and shown like any review, never sent, scored, and told after the decision."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.project.conversations.helpline import answers
from tests.project.feedback.test_canaries import LETTERS, asked, watched
from tests.project.keys.table import Place
from tests.web.conftest import Site, aside, cookies_of, served


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Two letters are answered, and a canary is due."""
    place = watched(tmp_path)
    aside(_answered, place)
    with served(place) as site:
        yield site


def _answered(place: Place) -> None:
    with place.open() as project:
        for one in LETTERS[:2]:
            project.reviews().decide(asked(project, one), "approve", user="bea")


def test_a_canary_is_never_sent_and_is_scored(browser: Browser, site: Site) -> None:
    context = browser.new_context(storage_state=cookies_of(browser, site), viewport={"width": 1440, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.goto(f"{site.address}/reviews")
    before = aside(answers, site.place)
    page.get_by_role("link", name=re.compile("^W ")).click()
    page.wait_for_url("**/reviews/*")
    expect(page.locator("body")).not_to_contain_text("canary", ignore_case=True)
    page.get_by_role("button", name="Approve").click()
    told = page.locator(".notice.canary")
    expect(told).to_contain_text("its planted fault was missed")
    expect(told).to_contain_text("nothing was sent or changed")
    planted = told.locator(".planted").inner_text()
    expect(page.locator(".reply")).to_contain_text(planted)
    assert aside(answers, site.place) == before
    report = aside(site.place.say, "review", "canaries", "--json").json
    assert (report["all"]["n"], report["all"]["caught"]) == (1, 0)
    assert report["decided"][0]["after"] == planted
    assert complaints == []
    context.close()
