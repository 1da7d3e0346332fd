"""Each claim leads to the words that it rests on, and a reader sees at once which rest on nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.web.conftest import Person, Site
from tests.web.one.workshop import TEXT


def lit(page: Page) -> list[str]:
    """The words that are lit in the evidence."""
    return page.locator("mark.lit[data-claim]").all_inner_texts()


def test_a_claim_lights_the_exact_words_and_the_used_cell(ann: Person) -> None:
    page = ann.review("Bike claims")
    expect(page.locator(".claims li").first).to_contain_text("not supported")
    page.get_by_role("link", name="A repair takes 3 days.").first.click()
    assert lit(page) == ["3", "A repair takes 3 days."] or lit(page) == ["A repair takes 3 days.", "3"]
    passage = page.locator(".extract")
    expect(passage).to_contain_text("version 7")
    expect(passage.locator(".meta time")).to_be_visible()
    page.keyboard.press("1")
    assert lit(page) == ["J-1", "80.0"]
    used = page.locator("[data-piece=jobs] td.used")
    expect(used).to_have_text(["80.0"])
    expect(page.locator("[data-piece=jobs] > summary")).to_contain_text("2 rows")
    page.locator("[data-piece=jobs] details.query > summary").click()
    ran = page.locator(".query-ran")
    expect(ran).to_contain_text("SELECT job_id, owner, bike, price FROM jobs")
    expect(ran).to_contain_text("2 rows")
    expect(ran.locator("time")).to_have_count(1)


def test_arguments_of_actions_are_claims_and_rows_are_shown_before_and_after(ann: Person) -> None:
    page = ann.review("Bike claims")
    changes = page.locator(".as-drafted .changes")
    expect(changes.nth(0)).to_contain_text("2026-12-02 morning")
    expect(changes.nth(0)).to_contain_text("2026-12-05 morning")
    expect(changes.nth(1).locator(".before")).to_have_text("45.5")
    expect(changes.nth(1).locator(".after ins")).to_have_text("33")
    page.locator(".arguments a", has_text="12.5").click()
    assert lit(page) == ["12.50"]
    expect(page.locator("#approve .says")).to_have_text(
        "Sends 1 reply to ann@x.example · changes 1 row (J-2) · moves 12.50"
    )
    expect(page.get_by_role("button", name="Approve:")).to_contain_text("Move pickup J-2 and 2 more")


def test_without_javascript_links_lead_to_the_words_and_an_edit_says_what_it_does(
    people: Callable[..., Person], signed: Any, site: Site
) -> None:
    page = people(storage_state=signed, java_script_enabled=False).review("Bike nojs")
    page.get_by_role("link", name="A repair takes 3 days.").first.click()
    assert page.locator("mark:target").inner_text() == "3"
    page.locator("summary", has_text="Edit").first.click()
    page.locator("[name='field.steps.1.arguments.amount']").fill("20")
    page.get_by_role("button", name="Show what it does").click()
    expect(page.locator("#edit .speaks")).to_contain_text("We pay 12.50 back")
    page.locator("[name='field.text']").fill(TEXT.replace("12.50", "20.00"))
    page.get_by_role("button", name="Show what it does").click()
    expect(page.locator("#edit .foresees .says")).to_contain_text("moves 20.00")
    expect(page.locator("[name='field.steps.1.arguments.amount']")).to_have_value("20")
    page.get_by_role("button", name="Save for later").click()
    page.reload()
    expect(page.locator("[name='field.steps.1.arguments.amount']")).to_have_value("20")
    page.get_by_label("Comment for other people").fill("Is 20 right?")
    page.get_by_role("button", name="Comment").click()
    expect(page.locator(".said")).to_contain_text("Is 20 right?")
    assert "nojs" not in [name for name, _ in site.answers()]
