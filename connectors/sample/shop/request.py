"""A customer's request, independent of its wording, and the resulting write."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .model import Address, Customer, Language, Method, Order, Variant
from .rules import Action, Json

Wish: TypeAlias = Literal["cancel", "items", "payment", "address", "user_address", "return", "exchange"]
WISHES: tuple[Wish, ...] = ("cancel", "items", "payment", "address", "user_address", "return", "exchange")
TOOLS: dict[Wish, str] = {
    "cancel": "cancel_pending_order",
    "items": "modify_pending_order_items",
    "payment": "modify_pending_order_payment",
    "address": "modify_pending_order_address",
    "user_address": "modify_user_address",
    "return": "return_delivered_order_items",
    "exchange": "exchange_delivered_order_items",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request.

    Attributes:
        wish: The resulting one of the seven writes.
        order: The order; None for the customer's own address.
        lines: The items concerned.
        targets: The new items of the lines, position by position.
        method: The method that pays or gets the money back; None if the action has none.
        says_method: Whether the letter names the method; else it is the order's own.
        address: The new address.
        profile_address: Whether the letter calls `address` the address on file.
        reason: Reason of a cancellation.
        refers: How the letter identifies the order: by its number, by an item in it, as the only open one.
        insists: Whether the letter rules out any other method.
    """

    wish: Wish
    order: Order | None = None
    lines: tuple[Variant, ...] = ()
    targets: tuple[Variant, ...] = ()
    method: Method | None = None
    says_method: bool = True
    address: Address | None = None
    profile_address: bool = False
    reason: Literal["mistake", "unneeded"] = "unneeded"
    refers: Literal["id", "item", "open"] = "id"
    insists: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """The content of one ticket.

    Attributes:
        kind: The evaluator's name of it: `cancel`, `multi`, `forbidden`, `injection`, ...
        language: Language of the letter.
        customer: The writer.
        requests: The requests, in this order.
        gold: The requests that must be done; the others change nothing.
        topic: Topic of a question, an out-of-scope letter or a vague one.
        identity: What the letter tells about the writer.
        foreign: An order of another customer that is involved.
        rule: Why a forbidden request is refused.
        payload: Planted text, and its place: `subject`, `start`, `middle`, `end`.
    """

    kind: str
    language: Language
    customer: Customer
    requests: tuple[Request, ...] = ()
    gold: tuple[Request, ...] = ()
    topic: str = ""
    identity: Literal["known", "name_only", "unknown_email", "nothing", "user_id"] = "known"
    foreign: Order | None = None
    rule: str = ""
    payload: tuple[str, str] = field(default=("", ""))


def to_action(request: Request, customer: Customer) -> Action:
    """The resulting write, in the format of `tools/shop/rules.py`."""
    arguments: dict[str, Json] = {}
    if request.order is not None:
        arguments["order_id"] = request.order.order_id
    if request.wish == "user_address":
        arguments["user_id"] = customer.user_id
    if request.wish == "cancel":
        arguments["reason"] = "ordered by mistake" if request.reason == "mistake" else "no longer needed"
    if request.lines:
        arguments["item_ids"] = [line.item_id for line in request.lines]
    if request.targets:
        arguments["new_item_ids"] = [target.item_id for target in request.targets]
    if request.method is not None:
        arguments["payment_method_id"] = request.method.id
    if request.address is not None:
        arguments.update({key: str(value) for key, value in request.address.to_json().items()})
    return {"name": TOOLS[request.wish], "arguments": arguments}
