"""The desk's own planner: from a ticket and the facts to proposed actions, without a language model.

It is the bottom rung of the ladder. What it does not understand stays visible (`unexplained`, `questions`), and a
ticket with anything of that kind goes to a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from typing_extensions import TypedDict

from compound.errors import EffectRefused
from compound.model import solver

from .accounting import find_unaccounted
from .coverage import find_unexplained
from .documents import Action, Address, Json, Order, PaymentMethod
from .facts import Facts, read_facts
from .intents import family_of
from .matching import build_glossary
from .requests import Frame, find_frames, segment_things
from .resolution import (
    DELIVERED,
    PENDING,
    Target,
    Unclear,
    choose_address,
    choose_payment,
    find_orders,
    find_target,
    open_orders,
)
from .rules import apply, copy_view, require_owner
from .script import Script, annotate

DEFAULT = "the method the order was paid with, as no other was named"
GUESSED, AGREED = 0.8, 0.95
"""Confidence in a wish that no word of action names; the second when past letters say the same."""
DEFAULT_REASON = "no reason was named"

# An item modification ends the pending state, so what else is wanted of the order comes first.
_LAST = {"modify_pending_order_items": 1, "cancel_pending_order": 2}


class Proposal(TypedDict):
    """An action with how sure the planner is and what it rests on."""

    name: str
    arguments: dict[str, Json]
    confidence: float
    evidence: list[str]


class Refusal(TypedDict):
    """A wish that a rule forbids."""

    request: str
    rule: str


class Plan(TypedDict):
    """What the desk proposes; see the graph's type of the same name."""

    actions: list[Proposal]
    questions: list[str]
    refusals: list[Refusal]
    unexplained: list[str]
    confidence: float
    abstain: str | None


@dataclass(slots=True)
class _Draft:
    facts: Facts
    script: Script
    actions: list[Proposal] = field(default_factory=list[Proposal])
    questions: list[str] = field(default_factory=list[str])
    refusals: list[Refusal] = field(default_factory=list[Refusal])
    taken: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])


@solver("retail_plan")
def plan(inputs: Mapping[str, Json]) -> Json:
    """Propose actions from the inputs of the graph's `plan` node; returns a `Plan`."""
    return cast("Json", make_plan(inputs))


def make_plan(inputs: Mapping[str, Json]) -> Plan:
    """The typed form of `plan`."""
    intake, who = _mapping(inputs, "intake"), _mapping(inputs, "who")
    customer_id, text = who.get("customer_id"), str(intake.get("text") or "")
    if not isinstance(customer_id, str) or not customer_id:
        return _nothing(str(who.get("reason") or "the customer is not identified"), _ASK_IDENTITY)
    facts = read_facts(customer_id, inputs)
    if facts is None:
        return _nothing("the facts do not hold the customer", _ASK_IDENTITY)
    script = annotate(text, str(intake.get("language") or "en"), build_glossary(facts))
    frames, left = find_frames(script)
    draft = _Draft(facts, script)
    missed: list[Frame] = []
    for frame in frames:
        done = len(draft.actions)
        try:
            _RESOLVE[frame.family or ""](draft, frame, frames)
            for action in draft.actions[done:]:
                action["confidence"] *= (AGREED if frame.agreed else GUESSED) if frame.inferred else 1.0
        except Unclear as unclear:
            if frame.inferred:
                missed.append(frame)
            elif unclear.rule:
                draft.refusals.append({"request": unclear.question, "rule": unclear.rule})
            else:
                draft.questions.append(unclear.question)
    actions = _dry_run(draft, _merge(draft.actions))
    frames = [frame for frame in frames if frame not in missed]
    unexplained = find_unexplained(
        script,
        frames,
        [*left, *missed],
        facts,
        unaccounted=find_unaccounted(script, frames, [(a["name"], a["arguments"]) for a in actions], facts),
        intents={family_of([action["name"]]) for action in actions},
    )
    return {
        "actions": actions,
        "questions": draft.questions,
        "refusals": draft.refusals,
        "unexplained": unexplained,
        "confidence": _confidence(actions, draft, unexplained),
        "abstain": None if actions else _why_nothing(draft, frames),
    }


_ASK_IDENTITY = "Please tell us the e-mail address of your account, or your full name and zip code."


def _nothing(reason: str, *questions: str) -> Plan:
    return {
        "actions": [],
        "questions": list(questions),
        "refusals": [],
        "unexplained": [],
        "confidence": 0.0,
        "abstain": reason,
    }


def _mapping(inputs: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    value = inputs.get(name)
    return value if isinstance(value, Mapping) else {}


def _why_nothing(draft: _Draft, frames: Sequence[Frame]) -> str:
    if draft.refusals:
        return "the rules forbid what is asked"
    if draft.questions:
        return "something must be asked first"
    return "no request was understood" if not frames else "nothing is left to do"


def _confidence(actions: Sequence[Proposal], draft: _Draft, unexplained: Sequence[str]) -> float:
    value = min((action["confidence"] for action in actions), default=0.0)
    value *= 0.5 if draft.questions or draft.refusals else 1.0
    return round(value * 0.8 ** min(len(unexplained), 5), 3)


# --- one resolver for each family of wishes ---


def _cancel(draft: _Draft, frame: Frame, frames: Sequence[Frame]) -> None:
    orders = find_orders(draft.facts, frame) or _orders_of_things(draft, frame, {PENDING})
    sure = 1.0
    if not orders:
        orders = open_orders(draft.facts, {PENDING})
        if len(orders) > 1 and "all_orders" not in frame.nouns:
            raise Unclear("Which of the pending orders shall be cancelled?")
        if not orders:
            raise Unclear("There is no pending order to cancel.", rule="effect.wrong-status")
        sure = 0.95 if len(orders) == 1 else 0.8
    things = segment_things(frame)
    if things and "order" not in frame.nouns and not frame.orders and any(len(o["items"]) > 1 for o in orders):
        sure = min(sure, 0.6)
    if things and frame.orders and any(len(o["items"]) > len(things) for o in orders):
        sure = min(sure, 0.6)
    reasons = list(dict.fromkeys(reason for reason in frame.reasons if reason != "other"))
    if len(reasons) != 1 or "other" in frame.reasons:
        sure = min(sure, 0.7)
    for order in orders:
        _propose(
            draft,
            "cancel_pending_order",
            {"order_id": order["order_id"], "reason": _reason(reasons)},
            sure,
            [*_status(order), *([] if reasons else [DEFAULT_REASON])],
        )


def _reason(reasons: Sequence[str]) -> str:
    # Who did not mean to order does not need it either; the more special reason is the one to keep.
    return "ordered by mistake" if "ordered by mistake" in reasons else "no longer needed"


def _drop(draft: _Draft, frame: Frame, frames: Sequence[Frame]) -> None:
    """Something is not wanted any more: what has arrived goes back, what has not is cancelled."""
    orders = find_orders(draft.facts, frame)
    if not orders and segment_things(frame):
        places = open_orders(draft.facts, {PENDING, DELIVERED})
        target = find_target(draft.facts, segment_things(frame)[0], places, swap=False, taken=set())
        orders = [target.order]
    if orders and orders[0]["status"] == DELIVERED:
        _return(draft, frame, frames)
    else:
        _cancel(draft, frame, frames)


def _orders_of_things(draft: _Draft, frame: Frame, statuses: set[str]) -> list[Order]:
    orders: dict[str, Order] = {}
    for piece in segment_things(frame):
        target = find_target(draft.facts, piece, open_orders(draft.facts, statuses), swap=False, taken=set())
        orders[target.order["order_id"]] = target.order
    return list(orders.values())


def _return(draft: _Draft, frame: Frame, frames: Sequence[Frame]) -> None:
    if _is_heading(frame, frames):
        return
    orders = find_orders(draft.facts, frame)
    things = segment_things(frame)
    chosen: dict[str, list[Target]] = {}
    sure = 1.0
    if things:
        places = orders or _context_orders(draft, frame, frames) or open_orders(draft.facts, {DELIVERED})
        for target in _targets(draft, frame, places, swap=False):
            chosen.setdefault(target.order["order_id"], []).append(target)
            sure = min(sure, target.doubt)
    else:
        if not orders:
            orders = open_orders(draft.facts, {DELIVERED})
            if len(orders) != 1:
                raise Unclear("Which order, and which of its items, shall be returned?")
            sure = 0.85
        if frame.pieces:
            raise Unclear("Which item shall be returned?")
        for order in orders:
            chosen[order["order_id"]] = [Target(order, item) for item in order["items"]]
    for order_id, targets in chosen.items():
        method, paid = choose_payment(draft.facts, frame, targets[0].order)
        item_ids: list[Json] = [target.item["item_id"] for target in targets]
        _propose(
            draft,
            "return_delivered_order_items",
            {"order_id": order_id, "item_ids": item_ids, "payment_method_id": method["id"]},
            min(sure, paid),
            [*_status(targets[0].order), *([] if frame.pays else [DEFAULT]), *(w for t in targets for w in t.why)],
        )


def _is_heading(frame: Frame, frames: Sequence[Frame]) -> bool:
    """Whether a wish without a thing only announces another one of its kind on the same order."""
    if frame.pieces or "all" in frame.nouns:
        return False
    return any(
        other is not frame
        and other.family == frame.family
        and segment_things(other)
        and (not frame.orders or not other.orders or set(frame.orders) & set(other.orders))
        for other in frames
    )


def _status(order: Order) -> list[str]:
    return [f"order {order['order_id']} is {order['status']}"]


def _targets(draft: _Draft, frame: Frame, places: Sequence[Order], *, swap: bool) -> list[Target]:
    """The lines meant; of several things named, one that is in none of the orders is passed over with doubt."""
    pieces = [p for p in frame.pieces if p.thing or p.item_ids or p.options or p.said]
    targets: list[Target] = []
    missed: list[Unclear] = []
    for piece in pieces:
        try:
            targets.append(find_target(draft.facts, piece, places, swap=swap, taken=draft.taken))
        except Unclear as unclear:
            if unclear.rule:
                raise
            missed.append(unclear)
    if missed and (not targets or swap):
        raise missed[0]
    if missed:
        targets[0].doubt = min(targets[0].doubt, 0.6)
    return targets


def _context_orders(draft: _Draft, frame: Frame, frames: Sequence[Frame]) -> list[Order]:
    """The order the wish before was about, when this one names none and the thing is in it."""
    before = [f for f in frames[: frames.index(frame)] if f.orders]
    if not before:
        return []
    orders = [draft.facts.orders[o] for o in before[-1].orders if o in draft.facts.orders]
    inside = {item["product_id"] for order in orders for item in order["items"]}
    named = [piece.thing.products for piece in segment_things(frame) if piece.thing]
    return orders if named and all(products & inside for products in named) else []


def _same_place(frame: Frame, draft: _Draft) -> bool:
    words = {draft.script.words[at].text for at in frame.parts if at < len(draft.script.words)}
    return bool(words & {"same", "gleichen", "selben", "derselben", "mismo", "misma", "dieser", "that", "this"})


def _swap(draft: _Draft, frame: Frame, frames: Sequence[Frame]) -> None:
    if _is_heading(frame, frames):
        return
    orders = find_orders(draft.facts, frame)
    if not [p for p in frame.pieces if p.thing or p.item_ids or p.options or p.said]:
        raise Unclear("Which item shall be exchanged, and for what?")
    places = orders or _context_orders(draft, frame, frames) or open_orders(draft.facts, {PENDING, DELIVERED})
    chosen: dict[str, list[Target]] = {}
    for target in _targets(draft, frame, places, swap=True):
        chosen.setdefault(target.order["order_id"], []).append(target)
    for order_id, targets in chosen.items():
        method, paid = _pay_for(draft, frame, targets[0].order)
        pending = targets[0].order["status"].startswith(PENDING)
        arguments: dict[str, Json] = {
            "order_id": order_id,
            "item_ids": [target.item["item_id"] for target in targets],
            "new_item_ids": [target.variant["item_id"] for target in targets if target.variant],
            "payment_method_id": method["id"],
        }
        name = "modify_pending_order_items" if pending else "exchange_delivered_order_items"
        why = [*_status(targets[0].order), *([] if frame.pays else [DEFAULT]), *(w for t in targets for w in t.why)]
        _propose(draft, name, arguments, min([paid, *(target.doubt for target in targets)]), why)


def _pay_for(draft: _Draft, frame: Frame, order: Order) -> tuple[PaymentMethod, float]:
    """The method said, else the one the order was paid with, or will be after an earlier wish of the ticket."""
    if not frame.pays:
        for action in draft.actions:
            arguments = action["arguments"]
            switched = action["name"] == "modify_pending_order_payment" and arguments["order_id"] == order["order_id"]
            if switched:
                return draft.facts.customer["payment_methods"][str(arguments["payment_method_id"])], 0.9
    return choose_payment(draft.facts, frame, order)


def _payment(draft: _Draft, frame: Frame, frames: Sequence[Frame]) -> None:
    orders, sure = _pending_for(draft, frame)
    for order in orders:
        method, paid = choose_payment(draft.facts, frame, order, switch=True)
        arguments: dict[str, Json] = {"order_id": order["order_id"], "payment_method_id": method["id"]}
        why = [f"order {order['order_id']} is {order['status']}"]
        _propose(draft, "modify_pending_order_payment", arguments, min(sure, paid), why)


def _pending_for(draft: _Draft, frame: Frame) -> tuple[list[Order], float]:
    orders = find_orders(draft.facts, frame) or _orders_of_things(draft, frame, {PENDING})
    if orders:
        return orders, 1.0
    orders = open_orders(draft.facts, {PENDING})
    if not orders:
        raise Unclear("There is no pending order to change.", rule="effect.wrong-status")
    if len(orders) > 1:
        raise Unclear("Which of the pending orders shall be changed?")
    return orders, 0.95


def _address(draft: _Draft, frame: Frame, frames: Sequence[Frame]) -> None:
    written = bool(frame.addresses or _written(draft))
    if written and "default_address" in frame.nouns and not (frame.orders or "order" in frame.nouns):
        _user_address(draft, frame, frames)
        return
    both = written and "default_address" in frame.nouns
    others: list[Order] = []
    if len(frame.orders) > 1 and not frame.addresses and "default_address" not in frame.nouns:
        others = [draft.facts.orders[o] for o in frame.orders[1:] if o in draft.facts.orders]
    if others or (frame.addresses and len(frame.orders) > 1 and _same_place(frame, draft)):
        frame.orders = frame.orders[:1]
    _order_address(draft, frame, others, 0.85 if both else 1.0)
    if both:
        _own_address(draft, frame, 0.85)


def _user_address(draft: _Draft, frame: Frame, frames: Sequence[Frame]) -> None:
    if frame.orders:
        _order_address(draft, frame, [], 0.85)
    named = "default_address" in frame.nouns
    _own_address(draft, frame, 0.85 if frame.orders or not named else 1.0)


def _order_address(draft: _Draft, frame: Frame, others: Sequence[Order], sure: float) -> None:
    orders, found = _pending_for(draft, frame)
    address, known = choose_address(draft.facts, frame, _written(draft), others)
    # Without a word for the order it may as well be the default address that is meant.
    said = 1.0 if frame.orders or "order" in frame.nouns else 0.85
    for order in orders:
        arguments: dict[str, Json] = {"order_id": order["order_id"], **cast("dict[str, Json]", address)}
        why = [f"order {order['order_id']} is {order['status']}"]
        _propose(draft, "modify_pending_order_address", arguments, min(sure, found, known, said), why)


def _own_address(draft: _Draft, frame: Frame, sure: float) -> None:
    address, known = choose_address(draft.facts, frame, _written(draft), [])
    arguments: dict[str, Json] = {"user_id": draft.facts.customer_id, **cast("dict[str, Json]", address)}
    _propose(draft, "modify_user_address", arguments, min(sure, known), ["the address written in the ticket"])


def _written(draft: _Draft) -> list[Address]:
    return [e.address for e in draft.script.entities.values() if e.address is not None]


def _propose(draft: _Draft, name: str, arguments: dict[str, Json], sure: float, evidence: list[str]) -> None:
    draft.actions.append({"name": name, "arguments": arguments, "confidence": round(sure, 3), "evidence": evidence})


_RESOLVE: dict[str, Callable[[_Draft, Frame, Sequence[Frame]], None]] = {
    "cancel": _cancel,
    "drop": _drop,
    "return": _return,
    "swap": _swap,
    "payment": _payment,
    "address": _address,
    "user_address": _user_address,
}


# --- putting it together ---


def _merge(actions: Sequence[Proposal]) -> list[Proposal]:
    """One call for each order and kind: items are collected, the same thing twice is once; last things last."""
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
    """One call for two that name items of the same order: the closer one where they overlap, else both lists."""
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
    """Let the payment method that was said win over the one taken by default; how sure the two leave us."""
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
    """Whether two calls name an item twice: the same wish said again, once for the whole order perhaps."""
    ours, theirs = one["arguments"]["item_ids"], other["arguments"]["item_ids"]
    return isinstance(ours, list) and isinstance(theirs, list) and any(item in ours for item in theirs)


def _dry_run(draft: _Draft, actions: Sequence[Proposal]) -> list[Proposal]:
    view = copy_view(draft.facts.view)
    allowed: list[Proposal] = []
    for proposal in actions:
        action: Action = {"name": proposal["name"], "arguments": proposal["arguments"]}
        try:
            require_owner(view, action, draft.facts.customer_id)
            apply(view, action)
        except EffectRefused as refused:
            draft.refusals.append({"request": refused.what, "rule": refused.code})
        else:
            allowed.append(proposal)
    return allowed
