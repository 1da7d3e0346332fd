"""Zendesk and Chatwoot as mailboxes: from the project's file to the one answer that the customer sees."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from compound import testing
from compound.connector.mailbox.remote import RemoteMailbox
from compound.connector.mailbox.service import MailService
from compound.plugins import MAILBOXES, Setup
from tests.project.conversations.helpline import did, shown, statuses
from tests.project.keys.table import Place, Said
from tests.project.mailboxes.helpdesk import desk, of_chatwoot, of_zendesk
from tests.support.mail.desks import TOKEN, ChatwootServer, ZendeskServer


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_TOKEN", TOKEN)


@pytest.fixture
def zendesk() -> Iterator[ZendeskServer]:
    with ZendeskServer() as server:
        for number, name in ((1, "Ann"), (2, "Ben"), (3, "Cleo")):
            server.user(number, name)
        server.user(9, "Desk", "agent")
        server.user(10, "Dora", "agent")
        yield server


@pytest.fixture
def chatwoot() -> Iterator[ChatwootServer]:
    with ChatwootServer() as server:
        yield server


def read(place: Place) -> Said:
    return did(place.say("batch", "--from", "inbox", "--json"))


def test_tickets_are_read_decided_and_answered_once(tmp_path: Path, zendesk: ZendeskServer) -> None:
    place = desk(tmp_path, of_zendesk(zendesk, status="solved"))
    assert place.codes() == []
    for number in (1, 2, 3):
        zendesk.ticket(number, number, f"May I water plot {number}?")
    zendesk.comment(2, 10, "Not in July.")
    zendesk.comment(2, 2, "And in August?")
    zendesk.comment(3, 10, "Yes.")  # answered: it does not wait
    zendesk.busy = 2
    read(place)
    assert statuses(place) == {"1-1000": "pending", "2-2002": "pending"}
    ben = shown(place, "2-2002")
    assert ben["item"]["customer_id"] == "2"
    assert ben["draft"].startswith("Re And in August? | customer 2-2000: May I water plot 2? | us 2-2001: Not in July.")
    did(place.say("review", "approve", "2-2002"))
    assert zendesk.answers(2) == [ben["draft"]]
    assert zendesk.tickets[2]["status"] == "solved"
    read(place)
    assert statuses(place) == {"1-1000": "pending", "2-2002": "decided"}


def test_a_public_comment_makes_a_ticket_stale_and_a_note_does_not(tmp_path: Path, zendesk: ZendeskServer) -> None:
    place = desk(tmp_path, of_zendesk(zendesk))
    for number in (1, 2, 3):
        zendesk.ticket(number, number, "May I?")
    read(place)
    zendesk.comment(1, 1, "It is urgent.")
    zendesk.comment(2, 10, "You may.")
    zendesk.comment(3, 10, "She is nice.", public=False)
    assert "a new message of the customer" in place.say("review", "approve", "1-1000").err
    assert "an answer of Dora" in place.say("review", "approve", "2-2000").err
    did(place.say("review", "approve", "3-3000"))
    assert [zendesk.answers(number) for number in (1, 2, 3)] == [[], [], ["Re May I?"]]


def test_a_comment_in_the_moment_of_sending_stops_it_and_a_note_does_not(
    tmp_path: Path, zendesk: ZendeskServer
) -> None:
    """Zendesk refuses the write, because the ticket changed after it was read."""
    place = desk(tmp_path, of_zendesk(zendesk))
    zendesk.ticket(1, 1, "May I?")
    zendesk.ticket(2, 2, "May I?")
    zendesk.ticket(3, 3, "May I?")
    read(place)

    def comes(number: int, author: int, *, public: bool) -> Any:
        def once() -> None:
            zendesk.before_write = lambda: None
            zendesk.comment(number, author, "Never mind.", public=public)

        return once

    zendesk.before_write = comes(1, 1, public=True)
    place.say("review", "approve", "1-1000")
    assert (zendesk.answers(1), statuses(place)["1-1000"]) == ([], "stale")
    zendesk.tickets[3]["status"] = "closed"
    said = place.say("review", "approve", "3-3000")
    assert "the conversation of 3-3000 is closed" in said.out + said.err
    zendesk.before_write = comes(2, 10, public=False)
    did(place.say("review", "approve", "2-2000"))
    assert zendesk.answers(2) == ["Re May I?"]


def test_conversations_are_read_decided_and_answered_once(tmp_path: Path, chatwoot: ChatwootServer) -> None:
    place = desk(tmp_path, of_chatwoot(chatwoot, inbox=1))
    assert place.codes() == []
    for number, name in ((1, "Ann"), (2, "Ben"), (3, "Cleo")):
        chatwoot.conversation(number, name, "May I?")
    chatwoot.conversation(4, "Dan", "Of another inbox.", inbox=2)
    for count in range(25):  # more than a page
        chatwoot.message(2, f"Still there? {count}", 0)
    chatwoot.message(3, "Yes.", 1)
    chatwoot.busy = 2
    read(place)
    ann, ben = "1-101", f"2-{chatwoot.messages[2][-1]['id']}"
    assert statuses(place) == {ann: "pending", ben: "pending"}
    assert shown(place, ben)["draft"].count("customer") == 25
    chatwoot.message(1, "Assigned to Ben", 2)
    chatwoot.message(1, "A nice person.", 1, private=True)
    did(place.say("review", "approve", ann))
    assert chatwoot.answers(1) == ["Re May I?"]
    assert chatwoot.messages[1][-1]["source_id"] is None  # Chatwoot would not send it
    chatwoot.message(2, "You may.", 1)
    assert "an answer of Ben" in place.say("review", "approve", ben).err
    read(place)
    assert statuses(place) == {ann: "decided", ben: "stale"}


@pytest.mark.parametrize("kind", ["zendesk", "chatwoot"])
def test_the_kit_of_targets(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue(kind)
    (server.ticket(1, 1, "May I?") if kind == "zendesk" else server.conversation(1, "Ann", "May I?"))
    options = {**(of_zendesk(server) if kind == "zendesk" else of_chatwoot(server)), "token": TOKEN}
    options.pop("use")

    def make(effects: Any) -> RemoteMailbox:
        def opened() -> MailService:
            return cast("MailService", MAILBOXES.make(kind, Setup(name="inbox", options=cast("Any", options))))

        return RemoteMailbox("inbox", opened, tmp_path / "box", effects=effects)

    item = "1-1000" if kind == "zendesk" else "1-101"
    testing.check_target(make, change=lambda tx, mark: tx.reply(item, mark), seen=lambda _: len(server.answers(1)))
