"""A developer sees what was measured, where it is worst, and which cases fail."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.conftest import Person

AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}


def serious(person: Person) -> list[str]:
    """What axe finds serious."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(person.page, options=AXE).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in ("serious", "critical")]


def test_a_run_shows_the_worst_section_beside_the_headline(owner: Callable[..., Person]) -> None:
    page = owner().open("/evaluations")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("tbody tr").last.get_by_role("link", name="sums").click()
    expect(page.get_by_role("heading", name="Headline: right")).to_be_visible()
    expect(page.get_by_role("heading", name="Worst section: odd")).to_be_visible()
    row = page.locator("section[aria-labelledby=scores] tr", has_text="right")
    expect(row).to_contain_text("0.667")
    expect(row).to_contain_text("at least 0.99")
    assert row.locator("svg circle").count() == 1
    slices = page.locator("section[aria-labelledby=slices] tbody th").all_inner_texts()
    assert slices == ["kind: large", "kind: small"]


def test_failing_cases_say_expected_got_why_and_lead_to_the_trace(owner: Callable[..., Person]) -> None:
    page = owner().open("/evaluations")
    page.locator("tbody tr").last.get_by_role("link", name="sums").click()
    first = page.locator(".cases li").first
    expect(first).to_contain_text("head-4")
    expect(first.locator("pre").first).to_contain_text('"n": 8')
    expect(first.locator("pre").last).to_contain_text('"n": 4')
    expect(first).to_contain_text("got 4")
    assert (first.get_by_role("link", name="trace").get_attribute("href") or "").startswith("/runs/eval-")
    page.get_by_role("link", name="odd", exact=True).click()
    expect(page.locator(".cases li")).to_have_count(1)
    expect(page.locator(".cases li")).to_contain_text("unlucky")


def test_two_runs_are_compared_as_paired_differences(owner: Callable[..., Person]) -> None:
    page = owner().open("/evaluations")
    page.locator("tbody tr").first.get_by_role("link", name="sums").click()
    page.get_by_role("button", name="Compare").click()
    row = page.locator("tbody tr", has_text="right")
    expect(row).to_contain_text("-0.200")
    assert row.locator("line.zero").count() == 1
    expect(page.locator("section[aria-labelledby=worse]")).to_contain_text("head-1")
    expect(page.locator("section[aria-labelledby=better]")).to_contain_text("head-4")


def test_an_unknown_run_is_not_found(owner: Callable[..., Person]) -> None:
    person = owner()
    assert person.page.request.get(f"{person.site.address}/evaluations/nope").status == 404
