"""What the options of mail accounts and help desks do that the tests of whole projects leave at their defaults."""

from __future__ import annotations

import imaplib
import socket
import time
import tomllib
from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes
from typing import Any, cast

import pytest

from compound.connector.mailbox import MailService
from compound.errors import ConnectorError, EffectRefused
from compound.plugins import MAILBOXES, Setup
from tests.support.mail.desks import TOKEN, ChatwootServer, ZendeskServer
from tests.support.mail.post import PASSWORD, USER, Post, letter


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    with Post(tmp_path_factory.mktemp("post")) as servers:
        yield servers


def opened(kind: str, options: dict[str, Any]) -> MailService:
    given = {name: one for name, one in options.items() if name != "use"}
    return cast("MailService", MAILBOXES.make(kind, Setup(name="desk", options=given)))


def account(post: Post, **more: object) -> MailService:
    return opened("imap", tomllib.loads(f"table = {post.table(password=PASSWORD)}")["table"] | more)


def ids(service: MailService) -> list[str]:
    try:
        return [one.newest.id for one in service.waiting() if one.newest is not None]
    finally:
        service.close()


def test_folders_days_and_aliases(post: Post) -> None:
    with post.imap() as box:
        box.create("&AOk-quipe")  # équipe, as the protocol writes it
        old = imaplib.Time2Internaldate(time.time() - 40 * 86_400)
        box.append("&AOk-quipe", "", old, letter("Old.", name="old@x.example").as_bytes())
    post.deliver(letter("New.", name="new@x.example", sender="ben@x.example"), "&AOk-quipe")
    post.deliver(letter("Ours.", name="own@x.example", sender="dora@garden.example"), "&AOk-quipe")
    inbox = {"inbox": "équipe"}
    assert {"old@x.example", "new@x.example", "own@x.example"}.isdisjoint(ids(account(post)))
    assert ids(account(post, **inbox)) == ["new@x.example", "own@x.example"]
    assert ids(account(post, **inbox, days=60)) == ["old@x.example", "new@x.example", "own@x.example"]
    assert ids(account(post, **inbox, aliases=["Dora@garden.example"])) == ["new@x.example"]
    with pytest.raises(ConnectorError, match="cannot open the folder 'None'"):
        ids(account(post, inbox="None"))


def test_sent_team_and_user(post: Post) -> None:
    post.deliver(letter("May I?", name="m-1@x.example"))
    with post.imap() as box:
        box.create("Outbox")
    service = account(post, sent="Outbox", team="team@garden.example")
    thread = service.thread("m-1@x.example")
    assert thread is not None
    service.send(thread, "m-1@x.example", "key", "Please look.", kind="transfer")
    ((_, copy),) = post.letters("Outbox")
    assert message_from_bytes(copy)["To"] == "team@garden.example"
    assert service.find("m-1@x.example", "key") is True
    assert ids(service) == ["m-1@x.example"]  # the customer still waits
    with pytest.raises(EffectRefused) as caught:
        account(post).send(thread, "m-1@x.example", "other", "Please look.", kind="transfer")
    assert caught.value.code == "effect.no-team"
    with pytest.raises(ConnectorError, match="does not accept the login of somebody"):
        ids(account(post, user="somebody"))
    assert ids(account(post, user=USER)) == ["m-1@x.example"]


@pytest.mark.parametrize("kind", ["imap", "chatwoot"])
def test_a_server_that_says_nothing_is_given_up(kind: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        options = {"url": f"http://{place}", "account": 1, "token": TOKEN}
        if kind == "imap":
            options = {"address": USER, "password": PASSWORD, "imap": place, "smtp": place, "imap_security": "plain"}
        with pytest.raises(ConnectorError) as caught:
            ids(opened(kind, {**options, "timeout_s": 0.2}))
    assert caught.value.code == "mailbox.unreachable"


def test_query_and_token_of_zendesk() -> None:
    with ZendeskServer() as server:
        server.user(1, "Ann")
        server.ticket(1, 1, "May I?")
        options = {"url": server.url, "oauth_token": TOKEN}
        assert ids(opened("zendesk", options)) == ["1-1000"]
        assert ids(opened("zendesk", {**options, "query": "tags:nobody"})) == []
        assert server.queries == ["status<pending", "tags:nobody"]


def test_status_of_chatwoot() -> None:
    with ChatwootServer() as server:
        server.conversation(1, "Ann", "May I?")
        server.conversation(2, "Ben", "May I?")
        server.conversations[2]["status"] = "pending"
        options = {"url": server.url, "account": 3, "token": TOKEN}
        assert ids(opened("chatwoot", options)) == ["1-101"]
        assert ids(opened("chatwoot", {**options, "status": "pending"})) == ["2-102"]
        assert ids(opened("chatwoot", {**options, "status": "all"})) == ["1-101", "2-102"]


def test_a_certificate_is_needed(post: Post) -> None:
    with pytest.raises(ConnectorError, match="certificate"):
        ids(account(post, ca_file=""))
