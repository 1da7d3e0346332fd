"""The shop's documents as JSON: customers, orders, products, and the actions on them."""

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias

from pydantic import JsonValue
from typing_extensions import TypedDict

Json: TypeAlias = JsonValue


class Name(TypedDict):
    """A customer's name."""

    first_name: str
    last_name: str


class Address(TypedDict):
    """A postal address; `zip` stays text, it may start with 0."""

    address1: str
    address2: str
    city: str
    state: str
    country: str
    zip: str


class PaymentMethod(TypedDict):
    """One way to pay; `balance` (USD) only on gift cards, `brand` and `last_four` only on credit cards."""

    source: Literal["credit_card", "paypal", "gift_card"]
    id: str
    brand: NotRequired[str]
    last_four: NotRequired[str]
    balance: NotRequired[float]


class Customer(TypedDict):
    """A customer with the default address and the stored payment methods by id."""

    user_id: str
    name: Name
    address: Address
    email: str
    payment_methods: dict[str, PaymentMethod]
    orders: list[str]


class OrderItem(TypedDict):
    """One line of an order; the price (USD) is the paid one, not today's."""

    name: str
    product_id: str
    item_id: str
    price: float
    options: dict[str, str]


class Payment(TypedDict):
    """One movement of money of an order, USD."""

    transaction_type: Literal["payment", "refund"]
    amount: float
    payment_method_id: str


class Fulfillment(TypedDict):
    """A parcel: its tracking ids and the items inside."""

    tracking_id: list[str]
    item_ids: list[str]


class Order(TypedDict):
    """An order; the optional keys appear when an action sets them."""

    order_id: str
    user_id: str
    address: Address
    items: list[OrderItem]
    status: str
    fulfillments: list[Fulfillment]
    payment_history: list[Payment]
    cancel_reason: NotRequired[str | None]
    return_items: NotRequired[list[str] | None]
    return_payment_method_id: NotRequired[str | None]
    exchange_items: NotRequired[list[str] | None]
    exchange_new_items: NotRequired[list[str] | None]
    exchange_payment_method_id: NotRequired[str | None]
    exchange_price_difference: NotRequired[float | None]


class Variant(TypedDict):
    """One product variant: a product with every option chosen."""

    item_id: str
    options: dict[str, str]
    available: bool
    price: float


class Product(TypedDict):
    """A product type and its variants by item id."""

    name: str
    product_id: str
    variants: dict[str, Variant]


class Action(TypedDict):
    """One write: the name of one of the seven write tools and its arguments."""

    name: str
    arguments: dict[str, Json]


class Change(TypedDict):
    """One difference between two shops: `op` is add, remove or replace; `path` starts at the collection."""

    op: Literal["add", "remove", "replace"]
    path: list[str]
    old: NotRequired[Json]
    value: NotRequired[Json]
