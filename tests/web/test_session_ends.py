"""A session that ends while somebody types takes nothing away."""

from __future__ import annotations

from playwright.sync_api import expect

from compound.web.identity.people import People
from tests.web.conftest import Person, Site, aside


def link(site: Site) -> str:
    """A new link for the owner."""
    with site.place.open() as project:
        people = People(project.resources.state, project.resources.clock)
        return f"{site.address}/login?link={people.link(people.list()[0].name)}"


def test_what_is_typed_is_there_after_the_next_sign_in(ann: Person, site: Site) -> None:
    page = ann.review("Water 1")
    page.locator("summary", has_text="Edit").click()
    text = page.locator("textarea[name='field.text']")
    ann.context.clear_cookies()
    text.fill("Dear Ann,\n\nthis took me an hour.")
    expect(page.locator(".saved")).not_to_be_empty()
    page.get_by_role("button", name="Edit and approve").click()
    page.wait_for_url("**/login?**")
    assert site.answers() == []
    page.goto(aside(link, site))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/reviews")
    page.get_by_role("link", name="Water 1").click()
    expect(text).to_have_value("Dear Ann,\n\nthis took me an hour.")
    page.get_by_role("button", name="Edit and approve").click()
    expect(page.locator(".outcomes").get_by_text("sent", exact=True)).to_be_visible()
    assert site.answers() == [("L1", "Dear Ann,\n\nthis took me an hour.")]
    ann.complaints.clear()
