"""Every decision and every move of a review, what it did, and the way on."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.conftest import Person, Site, aside
from tests.web.one.workshop import TEXT, row


def test_claims_without_evidence_are_ticked_before_a_risky_draft_is_sent(ann: Person, site: Site) -> None:
    page = ann.review("Bike risk")
    page.get_by_role("button", name="Approve").click()
    assert "risk" not in [name for name, _ in site.answers()]
    page.locator(".claims .check input").first.evaluate("box => box.form.noValidate = true")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("alert").first).to_contain_text("made of adamantium")
    for box in page.locator(".claims .check input").all():
        box.check()
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".outcomes").get_by_text("sent", exact=True)).to_be_visible()
    assert "review.checked" in aside(_events, site, "risk")


def _events(site: Site, name: str) -> list[str]:
    with site.place.open() as project:
        service = project.reviews()
        return [one.event for one in service.queue.events(service.find(name).review_id)]


def test_a_declared_action_has_typed_fields_and_can_be_undone_for_a_while(ann: Person, site: Site) -> None:
    page = ann.review("Bike undo")
    page.locator("summary", has_text="Call back").click()
    form = page.locator("form[data-action=call_back]")
    assert form.locator("select[name='field.reason'] option").all_inner_texts() == ["choose", "angry", "unclear"]
    form.locator("[name='field.phone']").fill("555-12")
    form.locator("[name='field.urgent']").select_option("true")
    form.locator("[name='field.reason']").select_option("angry")
    form.get_by_role("button", name="Call back").click()
    undo = page.locator(".undo")
    expect(undo).to_contain_text("Nothing has been sent yet")
    first = undo.locator(".left").inner_text()
    expect(undo.locator(".left")).not_to_have_text(first)
    assert aside(row, site.place, "J-1")["phone"] == ""
    page.keyboard.press("z")
    expect(page.locator(".decide")).to_be_visible()
    assert aside(row, site.place, "J-1")["phone"] == ""


def test_a_decision_in_another_tab_is_not_made_twice(ann: Person, site: Site) -> None:
    page = ann.review("Bike tabs")
    other = ann.context.new_page()
    other.goto(page.url)
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".outcomes").get_by_text("sent", exact=True)).to_be_visible()
    expect(page.locator(".draft .reply")).to_have_text(TEXT)
    other.get_by_role("button", name="Approve").click()
    expect(other.get_by_text("Decided by you:")).to_be_visible()
    assert [name for name, _ in site.answers()].count("tabs") == 1
    page.keyboard.press("n")
    page.wait_for_url(lambda url: url != other.url)
    expect(page.locator(".decide")).to_be_visible()


def test_it_is_put_aside_brought_back_returned_and_passed_on(ann: Person, site: Site) -> None:
    page = ann.review("Bike snooze")
    page.keyboard.press("s")
    page.get_by_role("button", name="4 hours").click()
    expect(page.get_by_text("Put aside until")).to_be_visible()
    assert site.statuses()["snooze"] == "snoozed"
    page.get_by_role("button", name="Bring it back now").click()
    expect(page.locator(".decide")).to_be_visible()
    page = ann.review("Bike escalate")
    page.keyboard.press("x")
    page.get_by_role("button", name="Escalate").click()
    expect(page.get_by_text("Decided by you: escalate")).to_be_visible()
    page = ann.review("Bike return")
    page.keyboard.press("b")
    page.get_by_label("What should change in the draft").fill("Say it shorter.")
    page.get_by_role("button", name="Return for a new draft").click()
    expect(page.get_by_text("Decided by you: return")).to_be_visible()
    assert not {"snooze", "escalate", "return"} & {name for name, _ in site.answers()}


def test_people_talk_and_say_who_decides(ann: Person, site: Site) -> None:
    page = ann.review("Bike said")
    page.get_by_label("Comment for other people").fill("Who knows J-1?\n<b>Ben?</b>")
    page.get_by_role("button", name="Comment").click()
    expect(page.locator(".said .text")).to_have_text("Who knows J-1?\n<b>Ben?</b>")
    page.get_by_label("Assigned to").fill("nobody-of-that-name")
    page.get_by_role("button", name="Assign").click()
    expect(page.get_by_text("nobody who decides is called")).to_be_visible()
    page.go_back()
    me = page.locator(".settings > summary").inner_text()
    page.get_by_label("Assigned to").fill(me)
    page.get_by_role("button", name="Assign").click()
    expect(page.get_by_label("Assigned to")).to_have_value(me)
    shown = aside(site.place.say, "review", "show", "said").out
    assert f"assigned to {me}" in shown
    assert "Who knows J-1?" in shown
    here = page.url
    page.keyboard.press("j")
    page.wait_for_url(lambda url: url != here)


def test_nothing_that_others_wrote_runs_loads_or_decides(
    ann: Person, site: Site, people: Callable[..., Person]
) -> None:
    asked: list[str] = []
    ann.page.on("request", lambda request: asked.append(request.url))
    page = ann.open("/reviews")
    page.locator(".rows a", has_text="steal()").click()
    page.wait_for_url("**/reviews/*")
    expect(page.locator(".mail")).to_contain_text("Hi there")
    assert page.locator(".mail").locator("form, button, img, script, style, [id], [data-key]").count() == 0
    assert page.locator("#approve").count() == 1
    expect(page.locator(".mail a")).to_have_attribute("href", "https://evil.example/a")
    expect(page.locator(".reply .chip-hidden")).to_have_text(["U+202E", "U+200B", "U+E0041"])
    flags = page.locator(".flag code").all_inner_texts()
    assert {"https://evil.example/pay", "DE89370400440532013000", "99.00 EUR"} <= set(flags)
    assert page.locator("body script:not([src])").count() == 0
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".outcomes").get_by_text("sent", exact=True)).to_be_visible()
    (sent,) = [text for name, text in site.answers() if name == "attack"]
    assert sent == "Dear Ann,\n\npay now to DE89370400440532013000 at https://evil.example/pay, 99.00 EUR."
    assert [url for url in asked if not url.startswith((site.address, "data:"))] == []
