"""An edit is typed, says what it does before it is sent, and is never lost."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.conftest import Person, Site, aside
from tests.web.one.conftest import link_of
from tests.web.one.workshop import TEXT, row, writes

STEP = "field.steps.0.arguments"


def test_a_typed_edit_says_what_it_does_and_is_what_happens(ann: Person, site: Site) -> None:
    page = ann.review("Bike edit")
    page.keyboard.press("e")
    assert page.locator(f"[name='{STEP}.on']").get_attribute("type") == "date"
    assert page.locator(f"select[name='{STEP}.slot'] option").all_inner_texts() == ["morning", "evening"]
    assert page.locator("#edit textarea").count() == 1
    assert page.locator("#edit [name$='.name']").count() == 0
    page.locator(f"[name='{STEP}.on']").fill("2026-12-24")
    page.locator(f"[name='{STEP}.slot']").select_option("evening")
    page.locator("[name='drop.steps.1']").check()
    page.locator("[name='field.text']").fill(TEXT.replace("We pay 12.50 back within 5 to 7 business days.", "Bye."))
    foresees = page.locator("#edit .foresees")
    expect(foresees.locator(".says")).to_have_text("Sends 1 reply to ann@x.example · changes 1 row (J-1)")
    expect(foresees.locator(".diff ins")).to_contain_text(["Bye"])
    expect(page.locator(".saved")).to_have_text("Saved")
    page.get_by_role("button", name="Edit and approve").click()
    expect(page.locator(".outcomes").get_by_text("sent", exact=True)).to_have_count(2)
    assert aside(row, site.place, "J-1")["pickup"] == "2026-12-24 evening"
    assert [text for name, text in site.answers() if name == "edit"] == [
        TEXT.replace("We pay 12.50 back within 5 to 7 business days.", "Bye.")
    ]


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_sent(ann: Person, site: Site) -> None:
    page = ann.review("Bike wrong")
    page.keyboard.press("e")
    page.locator(f"[name='{STEP}.job']").fill("seven")
    page.locator("[name='field.steps.1.arguments.amount']").fill("900")
    page.get_by_role("button", name="Edit and approve").click()
    beside = page.locator(".field", has=page.locator(f"[name='{STEP}.job']"))
    expect(beside.locator(".wrong")).to_contain_text("does not look as declared")
    expect(page.locator(f"[name='{STEP}.job']")).to_have_value("seven")
    page.locator(f"[name='{STEP}.job']").fill("J-2")
    page.get_by_role("button", name="Edit and approve").click()
    expect(page.get_by_role("alert").first).to_contain_text("text was written for the original draft")
    page.locator("[name='field.text']").fill(TEXT.replace("J-1", "J-2").replace("12.50", "900"))
    page.get_by_role("button", name="Edit and approve").click()
    expect(page.get_by_role("alert").first).to_contain_text("900 is more than 100")
    expect(page.locator("[name='field.steps.1.arguments.amount']")).to_have_value("900")
    assert "wrong" not in [name for name, _ in site.answers()]


def test_text_outlives_the_window_and_a_takeover(ann: Person, people: Callable[..., Person], site: Site) -> None:
    page = ann.review("Bike typed")
    page.keyboard.press("e")
    page.locator("[name='field.text']").fill("Dear Ann, mine.")
    expect(page.locator(".saved")).to_have_text("Saved")
    again = ann.context.new_page()
    again.goto(page.url)
    expect(again.locator("[name='field.text']")).to_have_value("Dear Ann, mine.")
    again.locator("[name='field.text']").fill("Dear Ann, of the second window.")
    expect(again.locator(".saved")).to_have_text("Saved")
    page.locator("[name='field.text']").fill("Dear Ann, of the first window.")
    expect(page.locator(".saved")).to_contain_text("another window")
    expect(page.locator("[name='field.text']")).to_have_value("Dear Ann, of the first window.")
    ben = people()
    ben.page.goto(link_of(site, "ben"))
    ben.page.get_by_role("button", name="Sign in").click()
    theirs = ben.review("Bike typed")
    expect(theirs.get_by_text("is working on this")).to_be_visible()
    assert theirs.locator(".decide").count() == 0
    theirs.get_by_role("button", name="Take over").click()
    expect(theirs.locator(".decide")).to_be_visible()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#happened")).to_contain_text("ben")
    expect(page.locator("[name='field.text']")).to_have_value("Dear Ann, of the first window.")
    theirs.get_by_role("button", name="Approve").click()
    expect(theirs.locator(".outcomes").get_by_text("sent", exact=True)).to_be_visible()
    page.get_by_role("button", name="Edit and approve").click()
    expect(page.get_by_role("alert").first).to_contain_text("ben chose 'approve'")
    expect(page.get_by_label("Your text")).to_have_value("Dear Ann, of the first window.")
    assert [text for name, text in site.answers() if name == "typed"] == [TEXT]


def test_a_new_letter_makes_it_stale_and_a_new_draft_stands_beside_my_text(ann: Person, site: Site) -> None:
    page = ann.review("Bike stale")
    page.keyboard.press("e")
    page.locator("[name='field.text']").fill(f"{TEXT} Mine.")
    expect(page.locator(".saved")).to_have_text("Saved")
    late = {"text": f"{TEXT} New.", "letter": {"in_reply_to": "stale", "body": "Never mind."}}
    aside(writes, site.place, {"late": late, "stale": {"text": f"{TEXT} New."}})
    page.get_by_role("button", name="Edit and approve").click()
    expect(page.get_by_text("This draft is out of date.")).to_be_visible()
    assert "stale" not in [name for name, _ in site.answers()]
    page.get_by_role("button", name="Draft again").click()
    three = page.locator(".three")
    expect(three.locator(".reply").nth(0)).to_have_text(TEXT)
    expect(three.locator(".reply").nth(1).locator("ins")).to_contain_text(["Mine"])
    expect(three.locator(".reply").nth(2).locator("ins")).to_contain_text(["New"])
    three.get_by_role("button", name="Keep mine").click()
    expect(page.locator("[name='field.text']")).to_have_value(f"{TEXT} Mine.")
    expect(page.locator(".three")).to_have_count(0)
