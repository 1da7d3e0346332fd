"""Keeps actions off things that the letter names without asking for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..letters.asides import find_asides
from ..letters.script import Script
from ..letters.wishes import Frame, segment_things
from ..shop.documents import Order
from ..shop.facts import Facts
from ..shop.proposals import Proposal
from .clauses import Held


class Spared:
    """Names in those sentences of a letter that are not requests.

    Args:
        script: The annotated letter.
        held: Its sentences that are not requests.
        facts: The customer's documents.
        frames: The wishes.
    """

    def __init__(self, script: Script, held: Held, facts: Facts, frames: Sequence[Frame]) -> None:
        asking = {number for frame in frames for number in frame.sentences}
        self._talk = set(script.sentence) - asking - script.heading - script.appended
        self._script, self._held, self._facts = script, held, facts
        self._asides = find_asides(script)
        self._firm = {number for number, why in held.why.items() if why != "a question"}
        self._orders = self._named_orders(self._firm)
        self._products = self._named_products(self._firm)

    def keeps_off(self, action: Proposal, frame: Frame) -> bool:
        """Whether the letter names what an action touches in a sentence other than the request."""
        if self._held.loose & self._firm or (frame.inferred and self._is_no_guess(frame)):
            return True
        order = self._facts.orders.get(str(action["arguments"].get("order_id")))
        if order is None:
            return False
        if order["order_id"] in self._orders:
            return True
        touched = _products(order, action["arguments"].get("item_ids"))
        if action["name"] not in {"cancel_pending_order", "return_delivered_order_items"}:
            return bool(touched & self._products and "item_ids" in action["arguments"])
        if touched & self._products:
            return True
        # A whole order, and a part of it elsewhere: the statement about the part is unclear.
        return not segment_things(frame) and bool(touched & self._named_products(self._talk))

    def _is_no_guess(self, frame: Frame) -> bool:
        """A wish without a word of action is not guessed if other sentences are held, or the request is unknown."""
        if self._held.why.keys() - self._asides:
            return True
        return bool(self._held.strange) and frame.family in {"cancel", "return", "drop"}

    def _named_orders(self, sentences: Iterable[int]) -> set[str]:
        here = set(sentences)
        return {
            entity.text
            for at, entity in self._script.entities.items()
            if entity.kind == "order" and self._script.sentence[at] in here
        }

    def _named_products(self, sentences: Iterable[int]) -> set[str]:
        here = set(sentences)
        return {
            product
            for found in self._script.found
            if found.kind == "thing" and self._script.sentence[found.start] in here
            for product in found.products
        }


def _products(order: Order, chosen: object) -> set[str]:
    """The products that an action on an order touches: of the named items, else all."""
    items = set(map(str, chosen)) if isinstance(chosen, list) else None
    return {item["product_id"] for item in order["items"] if items is None or item["item_id"] in items}
