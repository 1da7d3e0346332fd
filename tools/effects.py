"""The desk's effects on the shop and on the customer: seven writes, a transfer, a reply.

The arguments are those of tau-bench's retail tools. `rules` defines what is allowed; here it runs in the shop's
transaction, where a refusal rolls everything back.
"""

from __future__ import annotations

from typing import Annotated, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from compound.connector.mailbox import MailboxTransaction
from compound.connector.records import RecordsTransaction
from compound.effect import RECIPIENT, effect
from compound.errors import EffectRefused

from .shop import rules
from .shop.documents import Action, Customer, Json, Order, Product

OrderId = Annotated[str, Field(pattern=r"^#W\d+$", description="The order id with its '#', such as '#W0000000'.")]
Text = Annotated[str, Field(min_length=1)]
ItemIds = Annotated[
    list[Text], Field(min_length=1, description="Item ids; one that was bought twice may be named twice.")
]


class _Args(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CancelOrder(_Args):
    """Arguments of `cancel_pending_order`."""

    order_id: OrderId
    reason: Literal["no longer needed", "ordered by mistake"]


class SwapItems(_Args):
    """Arguments of `modify_pending_order_items` and `exchange_delivered_order_items`."""

    order_id: OrderId
    item_ids: ItemIds
    new_item_ids: Annotated[ItemIds, Field(description="The item each becomes, in the same order.")]
    payment_method_id: Annotated[Text, Field(description="Pays or receives the difference of the prices.")]


class ModifyPayment(_Args):
    """Arguments of `modify_pending_order_payment`."""

    order_id: OrderId
    payment_method_id: Text


class _Address(_Args):
    address1: Text
    address2: str
    city: Text
    state: str
    country: Text
    zip: Text


class ModifyAddress(_Address):
    """Arguments of `modify_pending_order_address`."""

    order_id: OrderId


class ModifyCustomerAddress(_Address):
    """Arguments of `modify_user_address`."""

    user_id: Text


class ReturnItems(_Args):
    """Arguments of `return_delivered_order_items`."""

    order_id: OrderId
    item_ids: ItemIds
    payment_method_id: Annotated[Text, Field(description="Receives the refund: the original one or a gift card.")]


class Transfer(_Args):
    """Arguments of `transfer_to_human_agents`."""

    summary: Annotated[Text, Field(description="What the person who takes over must know.")]
    ticket_id: str | None = None


class Reply(_Args):
    """Arguments of `send_reply`."""

    ticket_id: Annotated[Text, RECIPIENT]
    text: Text


@effect("cancel_pending_order", target="shop")
def cancel_pending_order(tx: RecordsTransaction, args: CancelOrder) -> JsonValue:
    """Cancel a pending order and refund its payments."""
    return _write(tx, "cancel_pending_order", args)


@effect("modify_pending_order_items", target="shop")
def modify_pending_order_items(tx: RecordsTransaction, args: SwapItems) -> JsonValue:
    """Change items of a pending order to others of the same product; possible once."""
    return _write(tx, "modify_pending_order_items", args)


@effect("modify_pending_order_payment", target="shop")
def modify_pending_order_payment(tx: RecordsTransaction, args: ModifyPayment) -> JsonValue:
    """Charge a pending order to another payment method and refund the first one."""
    return _write(tx, "modify_pending_order_payment", args)


@effect("modify_pending_order_address", target="shop")
def modify_pending_order_address(tx: RecordsTransaction, args: ModifyAddress) -> JsonValue:
    """Send a pending order to another address."""
    return _write(tx, "modify_pending_order_address", args)


@effect("modify_user_address", target="shop")
def modify_user_address(tx: RecordsTransaction, args: ModifyCustomerAddress) -> JsonValue:
    """Change a customer's default address."""
    return _write(tx, "modify_user_address", args)


@effect("return_delivered_order_items", target="shop")
def return_delivered_order_items(tx: RecordsTransaction, args: ReturnItems) -> JsonValue:
    """Request the return of items of a delivered order; possible once."""
    return _write(tx, "return_delivered_order_items", args)


@effect("exchange_delivered_order_items", target="shop")
def exchange_delivered_order_items(tx: RecordsTransaction, args: SwapItems) -> JsonValue:
    """Request the exchange of items of a delivered order for others of the same product; possible once."""
    return _write(tx, "exchange_delivered_order_items", args)


@effect("transfer_to_human_agents", target="desk")
def transfer_to_human_agents(tx: MailboxTransaction, args: Transfer) -> JsonValue:
    """Hand the ticket to a person, with a summary."""
    return tx.transfer(args.summary, item_id=args.ticket_id)


@effect("send_reply", target="desk")
def send_reply(tx: MailboxTransaction, args: Reply) -> JsonValue:
    """Send the reply to the customer."""
    return tx.reply(args.ticket_id, args.text)


def _write(tx: RecordsTransaction, name: str, args: _Args) -> JsonValue:
    action: Action = {"name": name, "arguments": cast("dict[str, Json]", args.model_dump())}
    view = _view(tx, action)
    _require_pinned_owner(tx, view)
    rules.apply(view, action)
    order_id = rules.touched_order(action)
    return {"order_id": order_id, "status": view.orders[order_id]["status"]} if order_id else {"status": "changed"}


def _view(tx: RecordsTransaction, action: Action) -> rules.ShopView:
    """The documents that the action reads and changes, live in the transaction."""
    arguments = action["arguments"]
    orders: dict[str, Order] = {}
    products: dict[str, Product] = {}
    customer_id = arguments.get("user_id")
    order_id = rules.touched_order(action)
    if order_id is not None:
        order = cast("Order | None", tx.get("orders", order_id))
        if order is None:
            raise EffectRefused("effect.not-found", f"no order has the id {order_id!r}")
        orders[order_id] = order
        customer_id = order["user_id"]
        if "new_item_ids" in arguments:
            for product_id in {item["product_id"] for item in order["items"]}:
                product = cast("Product | None", tx.get("products", product_id))
                if product is not None:
                    products[product_id] = product
    customer = cast("Customer | None", tx.get("customers", str(customer_id)))
    customers = {str(customer_id): customer} if customer is not None else {}
    return rules.ShopView(customers=customers, orders=orders, products=products)


def _require_pinned_owner(tx: RecordsTransaction, view: rules.ShopView) -> None:
    # The decision was drafted on one customer's rows. An edit that names another customer's order is refused.
    pinned = {ref.removeprefix("customers/") for ref in tx.expected if ref.startswith("customers/")}
    strangers = set(view.customers) - pinned
    if pinned and strangers:
        what = f"{', '.join(sorted(strangers))} is not the customer this was decided for"
        raise EffectRefused("effect.not-owner", what)
