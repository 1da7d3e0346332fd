"""What QA, a reviewer and a team lead see: samples without their decision, the alarm, a policy that changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.project.keys.table import Place
from tests.support.desks.claims_desk import claim, sent
from tests.web.caller import Caller
from tests.web.conftest import Person, Site, aside
from tests.web.quality.conftest import PASSWORD, SHARE, accounts, certify, claims

AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}
TELLS = re.compile(r"approve|reject|polic|certificate|automatic|audit|ready|decided by|\bben\b", re.IGNORECASE)
"""Words that would say what was decided, who did, or whether a rule did."""


def serious(person: Person) -> list[str]:
    """What axe finds serious."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(person.page, options=AXE).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in ("serious", "critical")]


def decided(place: Place, review_id: str, user: str) -> None:
    with place.open() as project:
        project.reviews().decide(review_id, "approve", user=user)


def test_samples_appear_blind_and_the_alarm_turns_automation_off(ann: Person, site: Site) -> None:
    waits = aside(claims, site.place, until=3)
    by_ben = next(iter(waits))
    aside(decided, site.place, by_ben, "ben")
    aside(accounts, site.place, quinn=("qa",), ben=("reviewer",), rosa=("qa", "reviewer"))
    gone = sent(site.place.root)

    # 37: the draft and its source, and nothing of the decision; a reviewer has no samples, only own figures
    page = ann.open("/quality/samples")
    page.locator(".rows a").first.click()
    page.wait_for_url("**/quality/samples/*")
    expect(page.locator(".reply")).to_contain_text("we have your claim")
    expect(page.locator(".pane.source")).to_contain_text("holder-")
    told = "\n".join(page.locator(".source, .as-drafted, .evidence, .crumb").all_inner_texts())
    assert TELLS.findall(told) == []
    assert re.findall(r"/reviews/\w+", page.locator("main").inner_html()) == []
    assert serious(ann) == []
    with Caller(site.address, name="ben", password=PASSWORD) as ben:
        assert [ben.get(path).status_code for path in ("/quality", "/quality/samples", "/quality/me")] == [
            403,
            403,
            200,
        ]
        assert 'href="/quality"' not in ben.get("/reviews").text

    # 36: wrong answers until the monitor is sure
    page.get_by_role("button", name="Wrong: it should not").click()
    expect(page.get_by_role("alert")).to_contain_text("choose a reason")
    for _ in range(2):
        before = page.url
        page.get_by_label("Reason", exact=True).select_option("tone")
        page.get_by_role("button", name="Wrong: it should not").click()
        page.wait_for_url(lambda url, before=before: url != before)
    expect(page.locator(".notice.bad")).to_contain_text("the certificate was withdrawn")
    page.get_by_role("link", name="See the figures").first.click()
    expect(page.locator(".notice.bad")).to_contain_text("Automation of main, look is off")
    expect(page.locator(".certificate")).to_contain_text("automation off")
    expect(page.locator("svg.test polyline")).to_be_visible()
    assert serious(ann) == []
    assert sent(site.place.root) == gone, "an answer sends nothing"
    _expect_reason(ann, site, 501, "certificate revoked: the monitor found")

    # Only a new certificate switches it on; 35: it is void as soon as the policy changes
    aside(certify, site.place)
    assert aside(_until_automatic, site.place, 601)
    aside(site.place.edit, "graphs/policies/claims.yaml", SHARE, "audit_share: 51%")
    _expect_reason(ann, site, 801, "certificate void: the policy claims changed")
    page = ann.open("/quality?days=7")
    expect(page.locator(".certificate").first).to_contain_text("void: the policy claims changed")


def _expect_reason(ann: Person, site: Site, number: int, why: str) -> None:
    """A claim that comes in now waits for a person, and its page says why."""
    (review_id,) = aside(_run, site.place, number)
    expect(ann.open(f"/reviews/{review_id}").locator(".pane.source")).to_contain_text(why)


def _run(place: Place, number: int) -> Any:
    with place.open() as project:
        return project.run("main", {"claim": claim(number)}).review_ids


def _until_automatic(place: Place, first: int) -> bool:
    """Whether one of some claims is decided by the rule; half of them wait for people."""
    with place.open() as project:
        ran = (project.run("main", {"claim": claim(number)}) for number in range(first, first + 40))
        return any(one.status == "done" for one in ran)


def test_the_figures_fit_a_phone_and_the_dark(people: Callable[..., Person], signed: Any) -> None:
    person = people(storage_state=signed, viewport={"width": 360, "height": 740}, color_scheme="dark")
    for path in ("/quality", "/quality/me", "/quality/samples"):
        page = person.open(path)
        wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1], path
        assert serious(person) == [], path
