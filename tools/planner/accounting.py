"""Checks the plan against the text: everything that the ticket names must be used by an action.

The planner may misread a sentence in unexpected ways. But an order, a thing, an option, a payment method or an
address that is named and that no action uses shows that something was missed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..letters.script import Script
from ..letters.wishes import Frame
from ..shop.documents import Json
from ..shop.facts import Facts
from .resolution import meant_methods

_SAME = {
    "same",
    "as",
    "gleiche",
    "gleichen",
    "selbe",
    "selben",
    "dieselbe",
    "derselben",
    "wie",
    "misma",
    "mismo",
    "que",
    "como",
}


ADDRESS_WORD = re.compile(r"\w*(?:address|adresse|anschrift|direccion|domicilio)\w{0,3}$")


@dataclass(slots=True)
class _Touched:
    """What the actions use: orders, lines as (product, options), payment methods, streets."""

    orders: set[str] = field(default_factory=set[str])
    lines: list[tuple[str, Mapping[str, str]]] = field(default_factory=list[tuple[str, Mapping[str, str]]])
    methods: set[str] = field(default_factory=set[str])
    items: set[str] = field(default_factory=set[str])
    streets: set[str] = field(default_factory=set[str])


def find_unaccounted(
    script: Script, frames: Sequence[Frame], actions: Iterable[tuple[str, Mapping[str, Json]]], facts: Facts
) -> set[int]:
    """Indexes of words that name something that no action uses."""
    touched = _Touched()
    for name, arguments in actions:
        _touch(touched, name, arguments, facts)
    return {
        *_loose_entities(script, touched, facts),
        *_loose_findings(script, touched),
        *_loose_payments(script, frames, touched, facts),
        *_loose_addresses(script, touched),
    }


def _touch(touched: _Touched, name: str, arguments: Mapping[str, Json], facts: Facts) -> None:
    order = facts.orders.get(str(arguments.get("order_id") or ""))
    if arguments.get("address1"):
        touched.streets.add(str(arguments["address1"]))
    method = arguments.get("payment_method_id")
    if isinstance(method, str):
        touched.methods.add(method)
    if order is None:
        return
    touched.orders.add(order["order_id"])
    named = arguments.get("item_ids")
    chosen = {str(item) for item in named} if isinstance(named, list) else None
    for item in order["items"]:
        if chosen is None or item["item_id"] in chosen:
            touched.lines.append((item["product_id"], item["options"]))
            touched.items.add(item["item_id"])
    new = arguments.get("new_item_ids")
    for item_id in new if isinstance(new, list) else []:
        for product in facts.products.values():
            variant = product["variants"].get(str(item_id))
            if variant is not None:
                touched.lines.append((product["product_id"], variant["options"]))
                touched.items.add(variant["item_id"])
    if name in {"cancel_pending_order", "modify_pending_order_payment"}:
        touched.methods.update(payment["payment_method_id"] for payment in order["payment_history"])


def _loose_entities(script: Script, touched: _Touched, facts: Facts) -> Iterator[int]:
    current = [facts.customer["address"], *(order["address"] for order in facts.orders.values())]
    for at, entity in script.entities.items():
        if entity.kind == "order" and entity.text not in touched.orders:
            before = {word.text for word in script.words[max(0, at - 4) : at]}
            if not (before & _SAME and touched.streets):
                yield at
        elif entity.kind == "item" and entity.text not in touched.items:
            yield at
        elif entity.kind == "address" and entity.address:
            street = entity.address["address1"]
            if street not in touched.streets and all(street != address["address1"] for address in current):
                yield at


def _loose_findings(script: Script, touched: _Touched) -> Iterator[int]:
    things = {product for product, _ in touched.lines}
    # Of two choices one is used: the other was considered when the variant was chosen.
    choosing = {script.sentence[at] for alternative in script.alternatives for at in alternative.marks}
    open_choices = {at for at, number in enumerate(script.sentence) if number in choosing}
    starts = {part for found in script.found if found.kind == "thing" for part in found.parts} | script.tagged("phrase")
    for found in script.found:
        if found.kind == "thing" and not found.products & things:
            yield from found.parts
        elif found.kind == "value" and not set(found.parts) <= starts | open_choices:
            used = any(
                value.product_id == product and options.get(value.key) == value.value
                for value in found.values
                for product, options in touched.lines
            )
            if not used:
                yield from found.parts


def _loose_addresses(script: Script, touched: _Touched) -> Iterator[int]:
    """Words for a postal address, if no action sets one."""
    if touched.streets:
        return
    mails = {script.sentence[at] for at, entity in script.entities.items() if entity.kind == "email"}
    mails |= {script.sentence[at] for at in script.tagged_as("noun", "email")}
    for at, word in enumerate(script.words):
        number = script.sentence[at]
        if ADDRESS_WORD.match(word.text) and number not in mails | script.heading | script.appended:
            yield at


def _loose_payments(script: Script, frames: Sequence[Frame], touched: _Touched, facts: Facts) -> Iterator[int]:
    methods = facts.customer["payment_methods"]
    differences = script.tagged_as("noun", "difference")
    for frame in frames:
        if frame.family in {"return", "cancel", "drop"}:
            # A return has no price difference: this belongs to another wish.
            yield from differences & frame.parts
        for pay in frame.pays:
            if pay.source == "original" or pay.before:
                continue
            meant = {method["id"] for method in meant_methods(methods, pay, "")}
            if not meant & touched.methods:
                yield pay.at
