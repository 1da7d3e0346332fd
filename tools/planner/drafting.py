"""Converts frames to proposed actions, one resolver for each family of wishes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

from ..letters.asides import find_asides
from ..letters.script import Script
from ..letters.wishes import Frame, segment_things
from ..shop.documents import Address, Json, Order, PaymentMethod
from ..shop.facts import Facts
from ..shop.proposals import DEFAULT, DEFAULT_REASON, Proposal, Refusal
from .accounting import ADDRESS_WORD
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


@dataclass(slots=True)
class Draft:
    """The results so far for one ticket."""

    facts: Facts
    script: Script
    actions: list[Proposal] = field(default_factory=list[Proposal])
    questions: list[str] = field(default_factory=list[str])
    refusals: list[Refusal] = field(default_factory=list[Refusal])
    taken: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])


def _cancel(draft: Draft, frame: Frame, frames: Sequence[Frame]) -> None:
    if _is_heading(frame, frames):
        return
    orders = find_orders(draft.facts, frame) or _orders_of_things(draft, frame, {PENDING})
    sure = 1.0
    if not orders:
        orders = open_orders(draft.facts, {PENDING})
        if len(orders) > 1 and "all_orders" not in frame.nouns:
            raise Unclear("Which of the pending orders shall be cancelled?")
        if not orders:
            raise Unclear("There is no pending order to cancel.", rule="effect.wrong-status")
        sure = 0.95 if len(orders) == 1 else 0.8
    if len(set(_all_reasons(draft))) > 1 and not _reasons_beside(draft, frame):
        sure = 0.7
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


def _all_reasons(draft: Draft) -> list[str]:
    """All kinds of reasons in the letter, for any wish."""
    apart = draft.script.appended | find_asides(draft.script)
    return [h.value for h in draft.script.hits if h.kind == "reason" and draft.script.sentence[h.start] not in apart]


def _reasons_beside(draft: Draft, frame: Frame) -> bool:
    """Whether a reason is in the same sentence as the cancellation."""
    script = draft.script
    asked = {script.sentence[at] for at in script.tagged_as("act", "cancel") & frame.parts}
    return any(script.sentence[at] in asked for at in script.tagged("reason") & frame.parts)


def _reason(reasons: Sequence[str]) -> str:
    # An order by mistake is also no longer needed; keep the more specific reason.
    return "ordered by mistake" if "ordered by mistake" in reasons else "no longer needed"


def _drop(draft: Draft, frame: Frame, frames: Sequence[Frame]) -> None:
    """Something is no longer wanted: delivered items are returned, pending ones are cancelled."""
    orders = find_orders(draft.facts, frame)
    if not orders and segment_things(frame):
        places = open_orders(draft.facts, {PENDING, DELIVERED})
        target = find_target(draft.facts, segment_things(frame)[0], places, swap=False, taken=set())
        orders = [target.order]
    if orders and orders[0]["status"] == DELIVERED:
        _return(draft, frame, frames)
    else:
        _cancel(draft, frame, frames)


def _orders_of_things(draft: Draft, frame: Frame, statuses: set[str]) -> list[Order]:
    orders: dict[str, Order] = {}
    for piece in segment_things(frame):
        target = find_target(draft.facts, piece, open_orders(draft.facts, statuses), swap=False, taken=set())
        orders[target.order["order_id"]] = target.order
    return list(orders.values())


def _return(draft: Draft, frame: Frame, frames: Sequence[Frame]) -> None:
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
        if "all" not in frame.nouns and any(len(order["items"]) > 1 for order in orders):
            sure = min(sure, 0.85)
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
    """Whether a wish without an object only announces another one of its kind."""
    if frame.pieces or {"all", "all_orders"} & frame.nouns:
        return False
    return any(
        other is not frame
        and other.family == frame.family
        and (segment_things(other) or (frame.family == "cancel" and other.orders and not frame.orders))
        and (not frame.orders or not other.orders or set(frame.orders) & set(other.orders))
        for other in frames
    )


def _status(order: Order) -> list[str]:
    return [f"order {order['order_id']} is {order['status']}"]


def _targets(draft: Draft, frame: Frame, places: Sequence[Order], *, swap: bool) -> list[Target]:
    """The lines meant; of several named things, one that is in none of the orders is skipped with doubt."""
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


def _context_orders(draft: Draft, frame: Frame, frames: Sequence[Frame]) -> list[Order]:
    """The order of the previous wish, if this one names none and the thing is in it."""
    before = [f for f in frames[: frames.index(frame)] if f.orders]
    if not before:
        return []
    orders = [draft.facts.orders[o] for o in before[-1].orders if o in draft.facts.orders]
    inside = {item["product_id"] for order in orders for item in order["items"]}
    named = [piece.thing.products for piece in segment_things(frame) if piece.thing]
    return orders if named and all(products & inside for products in named) else []


def _same_place(frame: Frame, draft: Draft) -> bool:
    words = {draft.script.words[at].text for at in frame.parts if at < len(draft.script.words)}
    return bool(words & {"same", "gleichen", "selben", "derselben", "mismo", "misma", "dieser", "that", "this"})


def _swap(draft: Draft, frame: Frame, frames: Sequence[Frame]) -> None:
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


def _pay_for(draft: Draft, frame: Frame, order: Order) -> tuple[PaymentMethod, float]:
    """The mentioned method, else the order's own, or its new one after an earlier wish of the ticket."""
    if not frame.pays:
        for action in draft.actions:
            arguments = action["arguments"]
            switched = action["name"] == "modify_pending_order_payment" and arguments["order_id"] == order["order_id"]
            if switched:
                return draft.facts.customer["payment_methods"][str(arguments["payment_method_id"])], 0.9
    return choose_payment(draft.facts, frame, order)


def _payment(draft: Draft, frame: Frame, frames: Sequence[Frame]) -> None:
    orders, sure = _pending_for(draft, frame)
    if not frame.orders and any(other.family == "swap" for other in frames):
        sure = min(sure, 0.6)  # it may also describe how the exchange is paid
    for order in orders:
        method, paid = choose_payment(draft.facts, frame, order, switch=True)
        arguments: dict[str, Json] = {"order_id": order["order_id"], "payment_method_id": method["id"]}
        why = [f"order {order['order_id']} is {order['status']}"]
        _propose(draft, "modify_pending_order_payment", arguments, min(sure, paid), why)


def _pending_for(draft: Draft, frame: Frame) -> tuple[list[Order], float]:
    orders = find_orders(draft.facts, frame) or _orders_of_things(draft, frame, {PENDING})
    if orders:
        return orders, 1.0
    orders = open_orders(draft.facts, {PENDING})
    if not orders:
        raise Unclear("There is no pending order to change.", rule="effect.wrong-status")
    if len(orders) > 1:
        raise Unclear("Which of the pending orders shall be changed?")
    return orders, 0.95


def _address(draft: Draft, frame: Frame, frames: Sequence[Frame]) -> None:
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


def _user_address(draft: Draft, frame: Frame, frames: Sequence[Frame]) -> None:
    if frame.orders:
        _order_address(draft, frame, [], 0.85)
    named = "default_address" in frame.nouns
    _own_address(draft, frame, 0.85 if frame.orders or not named else 1.0)


def _order_address(draft: Draft, frame: Frame, others: Sequence[Order], sure: float) -> None:
    orders, found = _pending_for(draft, frame)
    address, known = choose_address(draft.facts, frame, _written(draft), others)
    known = min(known, _for_order(draft, frame))
    # Without a word for the order the default address may be meant.
    said = 1.0 if frame.orders or "order" in frame.nouns else 0.85
    for order in orders:
        arguments: dict[str, Json] = {"order_id": order["order_id"], **cast("dict[str, Json]", address)}
        why = [f"order {order['order_id']} is {order['status']}"]
        _propose(draft, "modify_pending_order_address", arguments, min(sure, found, known, said), why)


def _for_order(draft: Draft, frame: Frame) -> float:
    """Confidence that the address was written for the order: 0.85 if it was in an earlier sentence.

    The same if it is mentioned again after it: "to that new address as well".

    "I live at A now. Send order X there as well" asks for two things, but only one has a word of action.
    """
    sentence = draft.script.sentence
    named = [sentence[at] for at, e in draft.script.entities.items() if e.kind == "order" and e.text in frame.orders]
    named = [number for number in named if number not in draft.script.heading | draft.script.appended]
    written = [sentence[at] for at, entity in draft.script.entities.items() if entity.address is not None]
    if named and written and max(written) < min(named):
        return 0.85
    words = draft.script.words
    last = max((at for at, entity in draft.script.entities.items() if entity.address is not None), default=len(words))
    again = [at for at in range(last + 1, len(words)) if ADDRESS_WORD.match(words[at].text)]
    return 0.85 if any(_AGAIN & {word.text for word in words[max(0, at - 4) : at]} for at in again) else 1.0


_AGAIN = {
    "new", "same", "that", "this", "neue", "neuen", "neuer", "dieselbe", "derselben", "gleiche", "gleichen", "diese",
    "genannte", "nueva", "misma", "esta", "esa",
}  # fmt: skip


def _own_address(draft: Draft, frame: Frame, sure: float) -> None:
    address, known = choose_address(draft.facts, frame, _written(draft), [])
    arguments: dict[str, Json] = {"user_id": draft.facts.customer_id, **cast("dict[str, Json]", address)}
    _propose(draft, "modify_user_address", arguments, min(sure, known), ["the address written in the ticket"])


def _written(draft: Draft) -> list[Address]:
    return [e.address for e in draft.script.entities.values() if e.address is not None]


def _propose(draft: Draft, name: str, arguments: dict[str, Json], sure: float, evidence: list[str]) -> None:
    draft.actions.append({"name": name, "arguments": arguments, "confidence": round(sure, 3), "evidence": evidence})


RESOLVE: dict[str, Callable[[Draft, Frame, Sequence[Frame]], None]] = {
    "cancel": _cancel,
    "drop": _drop,
    "return": _return,
    "swap": _swap,
    "payment": _payment,
    "address": _address,
    "user_address": _user_address,
}
