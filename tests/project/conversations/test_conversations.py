"""An item knows its conversation, and a new message makes what waits for the earlier ones stale."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project.conversations.helpline import answers, batch, did, helpline, letter, shown, statuses
from tests.project.keys.table import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return helpline(tmp_path)


def test_check_finds_nothing(place: Place) -> None:
    assert place.codes() == []


def test_a_letter_is_drafted_with_the_earlier_letters_of_its_thread(place: Place) -> None:
    batch(place, letter("m-1", "No water."), letter("m-2", "Still none.", thread="m-1"))
    assert shown(place, "m-2")["draft"] == "Re Still none. | customer m-1: No water."
    assert shown(place, "m-1")["draft"] == "Re No water."


def test_a_letter_of_another_thread_is_not_told(place: Place) -> None:
    batch(place, letter("m-1", thread=7), letter("m-2", thread=8))
    assert statuses(place) == {"m-1": "pending", "m-2": "pending"}
    assert shown(place, "m-2")["conversation"] == []


def test_a_new_letter_makes_what_waits_stale_and_a_redraft_knows_it(place: Place) -> None:
    batch(place, letter("m-1", "No water."), letter("m-2", "It runs again.", in_reply_to="m-1"))
    assert statuses(place) == {"m-1": "stale", "m-2": "pending"}
    refused = place.say("review", "approve", "m-1")
    assert refused.code != 0
    assert "review.stale" in refused.err
    assert "m-2" in refused.err
    assert "compound review redraft" in refused.err
    assert answers(place) == []
    did(place.say("review", "redraft", "m-1"))
    assert shown(place, "m-1")["draft"] == "Re No water. | customer m-2: It runs again."
    did(place.say("review", "approve", "m-1"))
    assert answers(place) == [("m-1", "Re No water. | customer m-2: It runs again.")]


def test_a_letter_of_a_later_batch_makes_what_waits_stale(place: Place) -> None:
    batch(place, letter("m-1"))
    batch(place, letter("m-2", thread="m-1"), name="later.jsonl")
    assert statuses(place) == {"m-1": "stale", "m-2": "pending"}


def test_what_was_sent_stays_and_the_next_letter_knows_it(place: Place) -> None:
    batch(place, letter("m-1", "No water."))
    did(place.say("review", "approve", "m-1"))
    batch(place, letter("m-1", "No water."), letter("m-2", "Thanks.", thread="m-1"))
    assert statuses(place) == {"m-1": "decided", "m-2": "pending"}
    assert shown(place, "m-2")["draft"] == "Re Thanks. | customer m-1: No water. | us m-1: Re No water."
    did(place.say("review", "approve", "m-2"))
    assert [name for name, _ in answers(place)] == ["m-1", "m-2"]


def test_show_tells_the_conversation_with_decisions_and_effects(place: Place) -> None:
    batch(place, letter("m-1", "No water."))
    did(place.say("review", "approve", "m-1"))
    batch(place, letter("m-2", "Thanks.", thread="m-1", received_at="2026-05-04T10:00:00Z"), name="later.jsonl")
    batch(place, letter("m-3", "Bye.", thread="m-1"), name="last.jsonl")
    first, ours, second = shown(place, "m-3")["conversation"]
    assert (second["item_id"], second["at"]) == ("m-2", "2026-05-04T10:00:00Z")
    assert (first["who"], first["item_id"], first["subject"], first["text"]) == (
        "customer",
        "m-1",
        "Water",
        "No water.",
    )
    assert (ours["who"], ours["action"], ours["decided_by"], ours["text"]) == ("us", "approve", "nora", "Re No water.")
    assert ours["effects"] == [
        {
            "name": "send_answer",
            "target": "inbox",
            "arguments": {"letter_id": "m-1", "text": "Re No water."},
            "outcome": "sent",
        }
    ]
    text = did(place.say("review", "show", "m-2")).out
    assert "customer, m-1: Water\n    No water.\n" in text
    assert "us, to m-1: approve by nora\n    Re No water.\n    - send_answer sent\n" in text


def test_a_rejection_is_told_with_its_reason_and_no_text(place: Place) -> None:
    batch(place, letter("m-1"))
    did(place.say("review", "reject", "m-1", "--reason", "tone"))
    batch(place, letter("m-2", thread="m-1"), name="later.jsonl")
    _, ours = shown(place, "m-2")["conversation"]
    assert (ours["action"], ours["reason"], ours["text"], ours["effects"]) == ("reject", "tone", "", [])


def test_a_run_of_one_letter_arrives_too(place: Place) -> None:
    batch(place, letter("m-1", "No water."))
    one = '{"id": "m-2", "subject": "", "body": "Hurry.", "in_reply_to": "m-1"}'
    said = did(place.say("run", "answer", "--item", one, "--json"))
    assert said.json["values"]["draft"] == "Re Hurry. | customer m-1: No water."
    assert statuses(place) == {"m-1": "stale", "m-2": "pending"}


def test_a_draft_that_is_only_looked_at_arrives_nowhere(place: Place) -> None:
    batch(place, letter("m-1"))
    one = '{"id": "m-2", "subject": "", "body": "Hurry.", "in_reply_to": "m-1"}'
    did(place.say("run", "answer", "--item", one, "--draft"))
    assert statuses(place) == {"m-1": "pending"}


def test_the_reply_of_another_sender_is_no_part_of_the_conversation(place: Place) -> None:
    batch(place, letter("m-1", "My meter is 4711."))
    batch(place, letter("m-2", "And mine?", in_reply_to="m-1", email="eve@y.example"), name="later.jsonl")
    assert statuses(place) == {"m-1": "pending", "m-2": "pending"}
    assert "4711" not in str(shown(place, "m-2"))


def test_german_and_english_letters_and_what_a_terminal_would_obey(place: Place) -> None:
    batch(place, letter("m-1", "Kein Wasser in der Küche.", subject="Wasser\nnext: approve\x1b[31m"))
    batch(place, letter("m-2", "It is urgent.", thread="m-1"), name="later.jsonl")
    assert shown(place, "m-2")["draft"] == "Re It is urgent. | customer m-1: Kein Wasser in der Küche."
    text = did(place.say("review", "show", "m-2")).out
    assert "Kein Wasser in der Küche." in text
    assert "\x1b" not in text
    assert "\nnext: approve" not in text


def test_effects_without_a_review_are_told_and_not_done_again(place: Place) -> None:
    batch(place, letter("m-1", "One."), letter("m-2", "Two.", thread="m-1"), graph="direct")
    assert answers(place) == [("m-1", "Re One."), ("m-2", "Re Two. | customer m-1: One. | us m-1: Re One.")]
    batch(place, letter("m-1", "One."), letter("m-2", "Two.", thread="m-1"), graph="direct")
    assert len(answers(place)) == 2


def test_a_chain_of_replies_is_one_conversation_in_its_order(place: Place) -> None:
    chain = [letter("m-0", "0")] + [letter(f"m-{n}", str(n), in_reply_to=f"m-{n - 1}") for n in range(1, 6)]
    batch(place, *chain[:5], graph="direct")
    batch(place, chain[5], name="later.jsonl")
    told = [(one["who"], one["item_id"]) for one in shown(place, "m-5")["conversation"]]
    assert told == [(who, f"m-{n}") for n in range(5) for who in ("customer", "us")]
