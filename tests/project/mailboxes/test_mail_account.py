"""A mail account as a mailbox: from the project's file to the one letter that the customer gets."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.project.conversations.helpline import PYPROJECT, did, helpline, shown, statuses
from tests.project.keys.table import Place, Said
from tests.support.mail.post import PASSWORD, USER, Post, letter


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    with Post(tmp_path_factory.mktemp("post")) as post:
        yield post


@pytest.fixture
def post(servers: Post) -> Post:
    """The account, with nothing in it."""
    for folder in ("INBOX", "Sent"):
        with servers.imap() as box:
            box.select(folder)
            box.store("1:*", "+FLAGS", r"(\Deleted)")
            box.expunge()
    servers.taken.clear()
    servers.refuses.clear()
    return servers


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)


def garden(root: Path, post: Post, **more: object) -> Place:
    """The helpline, whose letters are in the account."""
    table = post.table(**more)
    return helpline(root, {"pyproject.toml": PYPROJECT.replace('{inbox = "letters.jsonl"}', f"{{ inbox = {table} }}")})


def read(place: Place) -> Said:
    return did(place.say("batch", "--from", "inbox", "--json"))


def sent(post: Post) -> list[EmailMessage]:
    return [message_from_bytes(one, policy=policy.default) for one in post.taken]  # type: ignore[misc]


def test_a_letter_is_read_decided_and_answered_once(tmp_path: Path, post: Post) -> None:
    place = garden(tmp_path, post)
    assert place.codes() == []
    post.deliver(letter("May I water?", name="m-1@x.example"))
    read(place)
    did(place.say("review", "approve", "m-1@x.example"))
    (answer,) = sent(post)
    assert (answer["To"], answer["From"]) == ("ann@x.example", f"The garden <{USER}>")
    assert (answer["Subject"], answer["In-Reply-To"], answer["References"]) == (
        "Re: Water",
        "<m-1@x.example>",
        "<m-1@x.example>",
    )
    assert answer.get_content().strip() == "Re May I water?"
    ((flags, copy),) = post.letters("Sent")
    assert message_from_bytes(copy)["Message-ID"] == answer["Message-ID"]
    assert "Draft" not in flags
    assert "Answered" in post.letters()[0][0]
    assert place.replies() == ["Re May I water?"]
    assert read(place).json["total"] == 1  # nothing waits any more, and nothing is sent again
    assert len(post.taken) == 1
