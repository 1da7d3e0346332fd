"""What a decision of the bank's desk did, by everything that says so."""

from __future__ import annotations

from typing import Any

import orjson

from tests.project.other_desk.bank import Bank

FROZEN_1 = {"card": "C-1", "why": "reported lost"}
LETTER_1 = "Dear customer. Card C-1 is frozen: reported lost."


def effects(does: list[dict[str, Any]]) -> list[tuple[str, str, Any]]:
    return [(one["name"], one["target"], one["arguments"]) for one in does]


def nothing_happened(desk: Bank, item: str) -> bool:
    shown = desk.json("review", "show", item)
    is_open = (desk.card("C-1")["status"], desk.card("C-2")["status"]) == ("open", "open")
    return is_open and desk.letters() == [] and shown["decisions"] == [] and desk.audited("review.decided") == []


def one_truth(desk: Bank, item: str, action: str, does: list[tuple[str, str, Any]]) -> dict[str, Any]:
    """The stored decision, the outbox and the audit log name the same effects; the letter is the one of them."""
    shown = desk.json("review", "show", item)
    (decision,) = shown["decisions"]
    assert (decision["action"], effects(decision["effects"])) == (action, does)
    (audited,) = desk.audited("review.decided")
    assert (audited["action"], [(name, target) for _, name, target, _ in audited["effects"]]) == (
        action,
        [(name, target) for name, target, _ in does],
    )
    scheduled = [one[1] for details in desk.audited("effect.scheduled") for one in details["effects"]]
    assert scheduled == [name for name, _, _ in does]
    assert desk.letters() == [arguments["body"] for name, _, arguments in does if name == "write_letter"]
    return shown


def step(card: str, why: str = "reported lost") -> str:
    return orjson.dumps([{"name": "freeze_card", "arguments": {"card": card, "why": why}}]).decode()
