"""Proposed actions: their types, and merging those of one ticket into one call for each order and kind."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import TypedDict

from compound.errors import EffectRefused

from .documents import Action, Json
from .facts import Facts
from .rules import apply, copy_view, require_owner

DEFAULT = "the method the order was paid with, as no other was named"
DEFAULT_REASON = "no reason was named"

# An item modification ends the pending state, so other changes of the order come first.
_LAST = {"modify_pending_order_items": 1, "cancel_pending_order": 2}


class Proposal(TypedDict):
    """An action with the planner's confidence and its reasons."""

    name: str
    arguments: dict[str, Json]
    confidence: float
    evidence: list[str]


class Refusal(TypedDict):
    """A wish that a rule forbids."""

    request: str
    rule: str


class Plan(TypedDict):
    """The desk's plan; see the graph's type of the same name."""

    actions: list[Proposal]
    questions: list[str]
    refusals: list[Refusal]
    unexplained: list[str]
    confidence: float
    abstain: str | None


def merge(actions: Sequence[Proposal]) -> list[Proposal]:
    """One call for each order and kind: items are collected, duplicates merged; final calls come last."""
    merged: dict[tuple[str, Json], Proposal] = {}
    for action in actions:
        arguments = action["arguments"]
        key = (action["name"], arguments.get("order_id") or arguments.get("user_id"))
        known = merged.get(key)
        if known is None:
            merged[key] = action
        elif "item_ids" in arguments and known["arguments"] != arguments:
            merged[key] = _collect(known, action)
        elif known["arguments"] != arguments and DEFAULT_REASON in known["evidence"]:
            merged[key] = action
        elif known["arguments"] != arguments and DEFAULT_REASON not in action["evidence"]:
            known["confidence"] = 0.3
    places: dict[Json, int] = {}
    for action in merged.values():
        places.setdefault(action["arguments"].get("order_id"), len(places))
    return sorted(
        merged.values(),
        key=lambda action: (places[action["arguments"].get("order_id")], _LAST.get(action["name"], 0)),
    )


def _collect(known: Proposal, action: Proposal) -> Proposal:
    """One call for two that name items of the same order: the more specific one if they overlap, else both lists."""
    if _repeats(known, action):
        closer = max(known, action, key=lambda a: ("new_item_ids" in a["arguments"], -_size(a)))
        closer["confidence"] = min(known["confidence"], action["confidence"], 0.85)
        return closer
    for name in ("item_ids", "new_item_ids"):
        ours, more = known["arguments"].get(name), action["arguments"].get(name)
        if isinstance(ours, list) and isinstance(more, list):
            ours.extend(more)
    known["confidence"] = min(known["confidence"], action["confidence"], _agree(known, action))
    return known


def _agree(known: Proposal, action: Proposal) -> float:
    """Prefer a mentioned payment method over a default; returns the combined confidence."""
    ours, theirs = known["arguments"], action["arguments"]
    if ours["payment_method_id"] == theirs["payment_method_id"]:
        return 1.0
    if DEFAULT in known["evidence"]:
        ours["payment_method_id"] = theirs["payment_method_id"]
        known["evidence"].remove(DEFAULT)
        return 0.95
    return 0.95 if DEFAULT in action["evidence"] else 0.5


def _size(action: Proposal) -> int:
    items = action["arguments"]["item_ids"]
    return len(items) if isinstance(items, list) else 0


def _repeats(one: Proposal, other: Proposal) -> bool:
    """Whether two calls name an item twice: the same wish repeated, maybe once for the whole order."""
    ours, theirs = one["arguments"]["item_ids"], other["arguments"]["item_ids"]
    return isinstance(ours, list) and isinstance(theirs, list) and any(item in ours for item in theirs)


def dry_run(facts: Facts, actions: Sequence[Proposal], refusals: list[Refusal]) -> list[Proposal]:
    """The actions that the rules allow, tried one after the other; those refused are added to `refusals`."""
    view = copy_view(facts.view)
    allowed: list[Proposal] = []
    for proposal in actions:
        action: Action = {"name": proposal["name"], "arguments": proposal["arguments"]}
        try:
            require_owner(view, action, facts.customer_id)
            apply(view, action)
        except EffectRefused as refused:
            refusals.append({"request": refused.what, "rule": refused.code})
        else:
            allowed.append(proposal)
    return allowed
