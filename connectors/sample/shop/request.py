"""What a customer wants, apart from how they put it, and the write it comes to."""

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
    """One thing asked for.

    Attributes:
        wish: Which of the seven writes it comes to.
        order: The order; None for the customer's own address.
        lines: The items concerned.
        targets: What the lines become, position by position.
        method: What pays or gets the money back; None where the action has none.
        says_method: The letter names the method; else it is the one the order was paid with.
        address: The new address.
        profile_address: The letter calls `address` the address on file.
        reason: Why an order is called off.
        refers: How the letter points to the order: by its number, by an item in it, as the only open one.
        insists: The letter rules out any other method.
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
    """What happens in one ticket.

    Attributes:
        kind: The evaluator's word for it: `cancel`, `multi`, `forbidden`, `injection`, ...
        language: Of the letter.
        customer: Who writes.
        requests: What is asked, in this order.
        gold: The requests that must be done; the others change nothing.
        topic: What a question, an out-of-scope letter or a vague one is about.
        identity: What the letter tells of the writer.
        foreign: An order of somebody else that plays a part.
        rule: Why a forbidden request is refused.
        payload: Text that somebody planted, and where: `subject`, `start`, `middle`, `end`.
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
    """The write that the request comes to, as `tools/shop/rules.py` takes it."""
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
