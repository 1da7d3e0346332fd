"""A colleague answers in the help desk itself while a draft is on a page: the page says so, and nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.project.conversations.helpline import did
from tests.project.mailboxes.helpdesk import desk, of_zendesk
from tests.support.mail.desks import TOKEN, ZendeskServer
from tests.web.conftest import Person, Site, aside, served


@pytest.fixture
def zendesk() -> Iterator[ZendeskServer]:
    """A help desk with three tickets that wait."""
    with ZendeskServer() as server:
        for number, name in ((1, "Ann"), (2, "Ben"), (3, "Cleo")):
            server.user(number, name)
            server.ticket(number, number, "May I water it?", subject=f"Plot {number}")
        server.user(9, "Desk", "agent")
        server.user(10, "Dora", "agent")
        yield server


@pytest.fixture
def site(tmp_path: Path, zendesk: ZendeskServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The helpline, whose letters are in the help desk; drafts are ready."""
    monkeypatch.setenv("DESK_TOKEN", TOKEN)
    place = desk(tmp_path, of_zendesk(zendesk))
    did(aside(place.say, "batch", "--from", "inbox", "--json"))
    with served(place) as site:
        yield site


def test_an_answer_of_a_colleague_is_said_and_an_approval_sends_nothing(
    ann: Person, site: Site, zendesk: ZendeskServer
) -> None:
    page = ann.review("Plot 1")
    zendesk.comment(1, 10, "You may, from six.")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("This draft is out of date.")).to_be_visible()
    expect(page.locator("main")).to_contain_text("an answer of Dora")
    assert (zendesk.answers(1), site.statuses()["1-1000"]) == ([], "stale")


def test_an_open_page_hears_of_the_answer_of_a_colleague(ann: Person, site: Site, zendesk: ZendeskServer) -> None:
    page = ann.review("Plot 2")
    zendesk.comment(2, 10, "You may, from seven.")
    expect(page.get_by_text("Something changed since this was drafted.")).to_be_visible()
    page.locator("#happened").get_by_role("link", name="Show it").click()
    expect(page.get_by_text("This draft is out of date.")).to_be_visible()
    assert zendesk.answers(2) == []


def test_a_note_among_colleagues_does_not_matter(ann: Person, site: Site, zendesk: ZendeskServer) -> None:
    page = ann.review("Plot 3")
    shown = page.locator(".reply").inner_text()
    zendesk.comment(3, 10, "She is nice.", public=False)
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".outcomes").get_by_text("sent", exact=True)).to_be_visible()
    assert (zendesk.answers(3), site.statuses()["3-3000"]) == ([shown], "decided")
