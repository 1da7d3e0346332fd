"""Resolves one wish to an action: which order, items, variants and payment, all from the facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product as combinations

from ..letters.matching import Value
from ..letters.wishes import Frame, Pay, Piece
from ..shop.documents import Address, Order, OrderItem, PaymentMethod, Variant
from ..shop.facts import Facts

PENDING, DELIVERED = "pending", "delivered"


class Unclear(Exception):
    """The wish cannot be resolved; the message is the question for the customer."""

    def __init__(self, question: str, *, rule: str = "") -> None:
        super().__init__(question)
        self.question = question
        self.rule = rule


@dataclass(slots=True)
class Target:
    """One item of an order and its new item (None: only which item)."""

    order: Order
    item: OrderItem
    variant: Variant | None = None
    doubt: float = 1.0
    why: list[str] = field(default_factory=list[str])


def find_orders(facts: Facts, frame: Frame) -> list[Order]:
    """The named orders; all must be the customer's own."""
    orders: list[Order] = []
    for order_id in frame.orders:
        order = facts.orders.get(order_id)
        if order is None:
            raise Unclear(f"Order {order_id} is not among the customer's orders.", rule="effect.not-owner")
        orders.append(order)
    return orders


def open_orders(facts: Facts, statuses: Iterable[str]) -> list[Order]:
    """The customer's orders in one of these states."""
    wanted = set(statuses)
    return [order for order in facts.orders.values() if order["status"] in wanted]


def find_target(
    facts: Facts, piece: Piece, orders: Sequence[Order], *, swap: bool, taken: set[tuple[str, int]]
) -> Target:
    """The one line of the orders that a piece refers to, with its new variant for a swap.

    Args:
        facts: The customer's documents.
        piece: The mention.
        orders: Where to look; the customer's orders that the action is possible on if none was named.
        swap: Whether a new variant is wanted.
        taken: (order id, line) of lines that other pieces already refer to.

    Raises:
        Unclear: None or several fit.
    """
    lines = [
        (order, at, item)
        for order in orders
        for at, item in enumerate(order["items"])
        if (order["order_id"], at) not in taken and _may_be(piece, item)
    ]
    if not lines:
        raise Unclear(f"Which item is meant by {_name(piece)!r}? None of the orders in question holds it.")
    scored = sorted(
        ((_misfit(facts, piece, item, swap=swap), order, at, item) for order, at, item in lines),
        key=lambda s: s[0],
    )
    best = [entry for entry in scored if entry[0] == scored[0][0]]
    if len(best) > 1 and len({(entry[3]["item_id"], entry[1]["order_id"]) for entry in best}) > 1:
        raise Unclear(f"Which {best[0][3]['name']} is meant? Several orders or items fit.")
    misfit, order, at, item = best[0]
    if misfit >= _WRONG:
        raise Unclear(f"What was said of {_name(piece)!r} fits no item of the orders in question.")
    taken.add((order["order_id"], at))
    target = Target(order, item)
    if misfit:
        target.doubt, target.why = 0.6, ["what was said of it does not quite fit"]
    if piece.thing and piece.thing.fuzzy:
        target.doubt *= 0.97
    if swap:
        _choose_variant(facts, piece, target)
    return target


def _name(piece: Piece) -> str:
    said = piece.thing.text if piece.thing else " ".join(said.found.text for said in piece.said)
    return " ".join(piece.item_ids) or said or "the item"


def _may_be(piece: Piece, item: OrderItem) -> bool:
    if piece.item_ids:
        return item["item_id"] == piece.item_ids[0]
    if piece.thing is not None:
        return item["product_id"] in piece.thing.products
    return bool(piece.options) or any(
        value.product_id == item["product_id"] for said in piece.said for value in said.found.values
    )


_WRONG = 10


def _misfit(facts: Facts, piece: Piece, item: OrderItem, *, swap: bool) -> int:
    """How badly a mention fits a line: 0 is perfect, `_WRONG` impossible."""
    misfit = 0
    if piece.options:
        source = piece.options[0][0]
        fits = all(item["options"].get(key) == value for key, value in source.items())
        if not fits:
            misfit += _WRONG if len(piece.options) > 1 or not swap else 0
    for said in (said for said in piece.said if not said.second):
        mine = [value for value in said.found.values if value.product_id == item["product_id"]]
        if not mine:
            misfit += 3
        elif (not swap or (said.lead and not said.aim)) and not any(
            item["options"].get(value.key) == value.value for value in mine
        ):
            misfit += _WRONG if not swap else 1
    if swap and not piece.options and misfit < _WRONG and piece.said and not _wanted(piece, item, []):
        misfit += 2
    return misfit


def _wanted(piece: Piece, item: OrderItem, doubts: list[str], *, second: bool = False) -> list[dict[str, str]]:
    """Every reading of the mentioned values as changed options; a value that the item already has identifies the item."""
    choices: list[list[Value]] = []
    for said in (said for said in piece.said if said.second == second):
        mine = [value for value in said.found.values if value.product_id == item["product_id"]]
        if not mine:
            continue
        now = [value for value in mine if item["options"].get(value.key) == value.value]
        new = [value for value in mine if value not in now]
        if now and (not new or not said.aim):
            continue
        choices.append(new or mine)
    readings: list[dict[str, str]] = []
    for reading in combinations(*choices[:6]):
        options: dict[str, str] = {}
        if all(options.setdefault(value.key, value.value) == value.value for value in reading) and options:
            readings.append(options)
    if not readings and choices:
        # Two values for one option: a second choice, or a change of mind. The first is the best guess.
        options = {}
        for values in choices[:6]:
            options.setdefault(values[0].key, values[0].value)
        readings.append(options)
        doubts.append("several values were named for one option")
    return readings


def _choose_variant(facts: Facts, piece: Piece, target: Target) -> None:
    product = facts.products.get(target.item["product_id"])
    if product is None:
        raise Unclear(f"There are no facts on {target.item['name']}.")
    variants = product["variants"]
    if len(piece.item_ids) > 1:
        target.variant = _available(variants.get(piece.item_ids[1]), target)
        return
    if len(piece.options) > 1 or (piece.options and not piece.said and _differs(piece.options[0][0], target.item)):
        wanted = piece.options[-1][0]
        target.variant = _variant(variants.values(), target, [wanted])
        return
    try:
        target.variant = _said_variant(variants.values(), piece, target, second=False)
    except Unclear as unclear:
        if unclear.rule != "effect.stock" or not any(said.second for said in piece.said):
            raise
        target.variant = _said_variant(variants.values(), piece, target, second=True)
        target.why.append(SECOND)


SECOND = "the second choice, as the first is not available"


def _said_variant(variants: Iterable[Variant], piece: Piece, target: Target, *, second: bool) -> Variant:
    doubts: list[str] = []
    readings = _wanted(piece, target.item, doubts, second=second)
    if doubts:
        target.doubt, target.why = min(target.doubt, 0.5), [*target.why, *doubts]
    if not readings:
        raise Unclear(f"Which {target.item['name']} is wanted instead?")
    return _variant(variants, target, readings)


def _differs(options: dict[str, str], item: OrderItem) -> bool:
    return any(item["options"].get(key) != value for key, value in options.items())


def _variant(variants: Iterable[Variant], target: Target, readings: Sequence[dict[str, str]]) -> Variant:
    variants = list(variants)
    exact = [v for v in variants for r in readings if v["options"] == {**target.item["options"], **r}]
    unique = {v["item_id"]: v for v in exact if v["available"]}
    if len(unique) == 1:
        return next(iter(unique.values()))
    if len(unique) > 1:
        raise Unclear(f"Which {target.item['name']} is wanted? What was said fits several.")
    if exact:
        raise Unclear(f"The {target.item['name']} asked for is not available.", rule="effect.stock")
    near = {
        v["item_id"]: v
        for v in variants
        for r in readings
        if v["available"] and all(v["options"].get(key) == value for key, value in r.items())
    }
    if len(near) == 1:
        target.doubt = min(target.doubt, 0.5)
        target.why.append("another option would change as well")
        return next(iter(near.values()))
    raise Unclear(f"There is no {target.item['name']} with exactly that change; which other options may change?")


def _available(variant: Variant | None, target: Target) -> Variant:
    if variant is None:
        raise Unclear(f"The new item is not a {target.item['name']}.", rule="effect.items")
    if not variant["available"]:
        raise Unclear(f"The {target.item['name']} asked for is not available.", rule="effect.stock")
    return variant


def choose_payment(facts: Facts, frame: Frame, order: Order, *, switch: bool = False) -> tuple[PaymentMethod, float]:
    """The payment method, and the confidence: 1 if mentioned, 0.95 if it is the original by default.

    Args:
        facts: The customer's documents.
        frame: The wish.
        order: Order whose original method is the default.
        switch: Whether the order must be paid differently: its present method is the old one.

    Raises:
        Unclear: Several or none fit.
    """
    methods = facts.customer["payment_methods"]
    original = order["payment_history"][0]["payment_method_id"] if order["payment_history"] else ""
    said = [pay for pay in frame.pays if not pay.before]
    meant: dict[str, PaymentMethod] = {}
    sure = 1.0
    for pay in said:
        found = meant_methods(methods, pay, original)
        if switch and len(found) > 1:
            found = [method for method in found if method["id"] != original]
        if not found:
            raise Unclear("The payment method named is not one of the customer's.", rule="effect.payment")
        if len(found) > 1:
            own = [method for method in found if method["id"] == original]
            if not own:
                raise Unclear("Which of the customer's cards is meant?")
            found, sure = own, 0.7
        meant[found[0]["id"]] = found[0]
    if switch and len(meant) > 1:
        meant.pop(original, None)
    if len(meant) > 1:
        raise Unclear("Which payment method is meant? Several were named.")
    if meant:
        return next(iter(meant.values())), sure
    if switch:
        raise Unclear("Which payment method shall it be?")
    if original not in methods:
        raise Unclear("Which payment method shall be used?")
    return methods[original], 0.95


def meant_methods(methods: dict[str, PaymentMethod], pay: Pay, original: str) -> list[PaymentMethod]:
    """The customer's methods that fit the mention."""
    if pay.method_id:
        return [methods[pay.method_id]] if pay.method_id in methods else []
    if pay.source == "original":
        return [methods[original]] if original in methods else []
    return [
        method
        for method in methods.values()
        if method["source"] == pay.source
        and (not pay.brand or method.get("brand", "").replace(" ", "").lower().startswith(pay.brand[:4]))
        and (not pay.last_four or method.get("last_four") == pay.last_four)
    ]


def choose_address(
    facts: Facts, frame: Frame, everywhere: Sequence[Address], others: Sequence[Order]
) -> tuple[Address, float]:
    """The new address: written in the wish, the one on file, that of another named order, or the only one written.

    Raises:
        Unclear: None of these, or several.
    """
    written = frame.addresses
    sure = 1.0
    if not (written or everywhere) and frame.family == "address" and "default_address" in frame.nouns:
        return facts.customer["address"], 1.0
    if not written and others:
        return others[0]["address"], 0.9
    if not written and len({tuple(a.values()) for a in everywhere}) == 1:
        written, sure = list(everywhere), 0.95
    distinct = {tuple(address.values()): address for address in written}
    if len(distinct) != 1:
        raise Unclear("What is the complete new address?")
    address = Address(**next(iter(distinct.values())))
    current = facts.customer["address"]
    if not address["country"]:
        address["country"] = current["country"]
    if not address["state"]:
        known = [current, *(order["address"] for order in facts.orders.values())]
        address["state"] = next((a["state"] for a in known if a["city"] == address["city"]), "")
        sure = min(sure, 0.95 if not current["state"] else 0.7)
    return address, sure
