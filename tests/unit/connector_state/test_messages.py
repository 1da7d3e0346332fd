"""Which conversation a message belongs to, and what a run of it has seen."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from compound.connector.state import StateStore
from compound.connector.state.messages import Arrival, Messages
from tests.support.data.state_stores import postgresql_url, sqlite_store


@pytest.fixture(params=["sqlite", "postgresql"])
def messages(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Messages]:
    store = sqlite_store(tmp_path) if request.param == "sqlite" else StateStore.open(postgresql_url())
    yield Messages(store)
    store.close()


def arrive(messages: Messages, name: str, *, run: str = "", mailbox: str = "post", **fields: str) -> int:
    """How many messages the run of a new message has seen."""
    links = {key: fields.pop(key) for key in ("thread", "in_reply_to") if key in fields}
    arrival = Arrival(mailbox=mailbox, item_id=name, words=dict(fields), **links)
    return messages.arrive(arrival, run or f"run-{name}", now=1.0).seen


def of(messages: Messages, name: str, mailbox: str = "post") -> list[str]:
    return [one.item_id for one in messages.of_item(mailbox, name)]


def test_a_message_that_says_nothing_begins_a_conversation_under_its_own_id(messages: Messages) -> None:
    assert [arrive(messages, "a"), arrive(messages, "b"), arrive(messages, "c", thread="a")] == [1, 1, 2]
    assert (of(messages, "a"), of(messages, "b")) == (["a", "c"], ["b"])


def test_an_answer_to_a_message_that_never_came_waits_for_it_under_its_id(messages: Messages) -> None:
    arrive(messages, "b", in_reply_to="a")
    arrive(messages, "a")
    assert of(messages, "a") == ["b", "a"]


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ({"email": "Ann@x.example"}, {"email": "ann@x.example "}, True),
        ({"email": "ann@x.example"}, {"email": "eve@x.example"}, False),
        ({"email": "ann@x.example"}, {}, True),
        ({"customer_id": "C-1"}, {"customer_id": "C-2", "email": "ann@x.example"}, False),
        ({"customer_id": "C-1", "email": "ann@x.example"}, {"customer_id": "C-1"}, True),
    ],
)
def test_a_reply_joins_only_a_conversation_of_the_same_sender(
    messages: Messages, first: dict[str, str], second: dict[str, str], is_one: bool
) -> None:
    arrive(messages, "a", **first)
    arrive(messages, "b", in_reply_to="a", **second)
    assert of(messages, "b") == (["a", "b"] if is_one else ["b"])


def test_a_message_keeps_its_place_and_its_conversation_when_it_comes_again(messages: Messages) -> None:
    arrive(messages, "a")
    arrive(messages, "b", thread="a")
    assert arrive(messages, "a", run="another", thread="elsewhere") == 2
    assert arrive(messages, "a", run="another") == 2
    assert of(messages, "a") == ["a", "b"]


def test_a_run_sees_what_was_there_when_it_was_drafted_until_it_is_drafted_again(messages: Messages) -> None:
    arrive(messages, "a")
    arrive(messages, "b", thread="a")
    before = messages.of_run("run-a")
    messages.see("run-a")
    after = messages.of_run("run-a")
    assert before is not None
    assert after is not None
    assert (before.seen, after.seen, messages.of_run("nobody")) == (1, 2, None)
    messages.see("nobody")


def test_two_mailboxes_have_two_conversations_of_one_name(messages: Messages) -> None:
    arrive(messages, "a", thread="7")
    arrive(messages, "a", mailbox="press", run="p", thread="7")
    assert (messages.count("post", "a"), messages.count("press", "a"), messages.count("post", "z")) == (1, 1, 0)


def test_a_new_run_of_a_message_has_the_words_of_now(messages: Messages) -> None:
    arrive(messages, "a", body="old")
    arrive(messages, "a", run="again", body="new")
    arrive(messages, "a", run="again", body="ignored")
    assert [one.words for one in messages.of_item("post", "a")] == [{"body": "new"}]
