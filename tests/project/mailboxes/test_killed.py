"""A process that is killed while it sends: the customer gets one answer, or a person is asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.project.conversations.helpline import PYPROJECT, did, helpline
from tests.project.keys.table import Place
from tests.support.forked import COMPOUND, PipedProcess
from tests.support.mail.desks import TOKEN, ChatwootServer, HelpDesk, ZendeskServer, wait_until
from tests.support.mail.post import PASSWORD, Post, letter, toml

SECRETS = {"MAIL_PASSWORD": PASSWORD, "DESK_TOKEN": TOKEN}


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    with Post(tmp_path_factory.mktemp("post")) as servers:
        yield servers


def project(root: Path, table: str) -> Place:
    table = f"{{ inbox = {table} }}"
    place = helpline(root, {"pyproject.toml": PYPROJECT.replace('{inbox = "letters.jsonl"}', table)})
    did(place.say("batch", "--from", "inbox"))
    return place


def killed(place: Place, item: str, arrived: Callable[[], bool]) -> None:
    """Approve, and `kill -9` when the server has what was sent."""
    env = {**os.environ, **SECRETS, "COMPOUND_ROOT": str(place.root), "COMPOUND_USER": "nora"}
    with PipedProcess([COMPOUND, "review", "approve", item], cwd=place.root, env=env) as process:
        wait_until(arrived)
        process.kill()


def goes_on(place: Place) -> str:
    """What the next process makes of it: the status of the effect."""
    place.say("review", "sweep")
    (effect,) = place.say("effects", "list", "--json").json
    return str(effect["status"])


def held(server: HelpDesk, place: Place, item: str, holds: str) -> None:
    """Kill the sender while the server holds its request, before or after it is stored."""
    server.holds = holds
    killed(place, item, (server.done if holds == "after" else server.arrived).is_set)
    server.holds = ""


@pytest.fixture
def zendesk() -> Iterator[ZendeskServer]:
    with ZendeskServer() as server:
        server.user(1, "Ann")
        server.user(9, "Desk", "agent")
        server.ticket(1, 1, "May I?")
        yield server


@pytest.fixture
def chatwoot() -> Iterator[ChatwootServer]:
    with ChatwootServer() as server:
        server.conversation(1, "Ann", "May I?")
        yield server


def of_zendesk(root: Path, server: ZendeskServer) -> Place:
    options = {"use": "zendesk", "url": server.url, "email": "agent@garden.example", "token": "${env:DESK_TOKEN}"}
    return project(root, toml(options))


def of_chatwoot(root: Path, server: ChatwootServer) -> Place:
    options = {"use": "chatwoot", "url": server.url, "account": 3, "token": "${env:DESK_TOKEN}", "settle_s": 0.5}
    return project(root, toml(options))


def writes(server: HelpDesk) -> int:
    return len([one for one in server.requests if not one.startswith("GET")])


@pytest.mark.soak
def test_zendesk_b_a_comment_that_is_stored_is_found(tmp_path: Path, zendesk: ZendeskServer) -> None:
    place = of_zendesk(tmp_path, zendesk)
    held(zendesk, place, "1-1000", "after")
    assert (goes_on(place), zendesk.answers(1), writes(zendesk)) == ("sent", ["Re May I?"], 1)


def test_zendesk_b_a_request_that_lands_late_is_refused(tmp_path: Path, zendesk: ZendeskServer) -> None:
    place = of_zendesk(tmp_path, zendesk)
    held(zendesk, place, "1-1000", "before")
    assert (goes_on(place), zendesk.answers(1)) == ("sent", ["Re May I?"])
    zendesk.done.clear()
    zendesk.go.set()  # the first request lands after the second one
    assert zendesk.done.wait(60)
    assert (writes(zendesk), zendesk.answers(1)) == (2, ["Re May I?"])


@pytest.mark.soak
def test_chatwoot_c_a_message_that_is_stored_is_found(tmp_path: Path, chatwoot: ChatwootServer) -> None:
    place = of_chatwoot(tmp_path, chatwoot)
    held(chatwoot, place, "1-101", "after")
    assert (goes_on(place), chatwoot.answers(1), writes(chatwoot)) == ("sent", ["Re May I?"], 1)


@pytest.mark.soak
def test_chatwoot_c_a_request_that_was_lost_is_sent_again(tmp_path: Path, chatwoot: ChatwootServer) -> None:
    place = of_chatwoot(tmp_path, chatwoot)
    held(chatwoot, place, "1-101", "lost")
    assert (goes_on(place), chatwoot.answers(1), writes(chatwoot)) == ("sent", ["Re May I?"], 2)


def test_chatwoot_c_a_request_that_lands_late_is_found_by_the_second_look_up(
    tmp_path: Path, chatwoot: ChatwootServer
) -> None:
    place = of_chatwoot(tmp_path, chatwoot)
    held(chatwoot, place, "1-101", "before")
    chatwoot.on_read = chatwoot.go.set
    assert (goes_on(place), chatwoot.answers(1), writes(chatwoot)) == ("sent", ["Re May I?"], 1)


@pytest.mark.soak
def test_mail_c_a_letter_that_was_not_handed_over_is_sent_once(tmp_path: Path, post: Post) -> None:
    post.deliver(letter("May I?", name="a-1@x.example"))
    place = project(tmp_path, post.table())
    post.agrees.clear()
    killed(place, "a-1@x.example", post.asked.is_set)  # the server has not agreed to take it
    post.agrees.set()
    assert (goes_on(place), len(post.taken)) == ("sent", 1)
    post.taken.clear()


def test_mail_c_of_a_letter_that_may_be_handed_over_a_person_is_asked(tmp_path: Path, post: Post) -> None:
    post.deliver(letter("May I?", name="m-1@x.example"))
    post.arrived.clear()
    post.go.clear()
    place = project(tmp_path, post.table())
    killed(place, "m-1@x.example", post.arrived.is_set)  # the server has it, and nobody was told
    post.go.set()
    assert (goes_on(place), len(post.taken)) == ("unknown", 1)
    assert (goes_on(place), len(post.taken)) == ("unknown", 1)  # never again by itself
    (effect,) = place.say("effects", "list", "--json").json
    assert "may have been sent" in str(effect)
    did(place.say("effects", "reconcile", str(effect["key"])[:12], "--not-sent", "--note", "Ann did not get it."))
    assert (goes_on(place), len(post.taken)) == ("sent", 2)
    ((flags, _),) = [one for one in post.letters("Sent") if b"ann@x.example" in one[1]]
    assert "Draft" not in flags  # the same letter, which is now sent
