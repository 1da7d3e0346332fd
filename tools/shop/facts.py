"""The shop's documents of one customer, from the rows of the SQL tools."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from .documents import Address, Customer, Json, Order, OrderItem, Payment, PaymentMethod, Product
from .rules import ADDRESS_FIELDS, ShopView

Row = Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One customer's documents.

    Attributes:
        customer_id: Id of the customer.
        view: The customer, their orders, and every variant of the products in them.
    """

    customer_id: str
    view: ShopView

    @property
    def customer(self) -> Customer:
        """The customer."""
        return self.view.customers[self.customer_id]

    @property
    def orders(self) -> dict[str, Order]:
        """The customer's orders by id."""
        return self.view.orders

    @property
    def baskets(self) -> dict[str, frozenset[str]]:
        """Id of an order to the products in it."""
        return {key: frozenset(item["product_id"] for item in order["items"]) for key, order in self.orders.items()}

    @property
    def products(self) -> dict[str, Product]:
        """The products in those orders by id."""
        return self.view.products


def read_facts(customer_id: str, inputs: Mapping[str, Json]) -> Facts | None:
    """Build the documents from the node values `customers, orders, items, payments, methods, variants`.

    Returns:
        None if the rows do not include the customer.
    """
    row = next((row for row in _rows(inputs, "customers") if row.get("user_id") == customer_id), None)
    if row is None:
        return None
    orders = {_text(order, "order_id"): _order(order) for order in _rows(inputs, "orders")}
    for item in sorted(_rows(inputs, "items"), key=lambda item: cast("int", item.get("line") or 0)):
        if (order := orders.get(_text(item, "order_id"))) is not None:
            order["items"].append(_item(item))
    for payment in sorted(_rows(inputs, "payments"), key=lambda payment: cast("int", payment.get("seq") or 0)):
        if (order := orders.get(_text(payment, "order_id"))) is not None:
            order["payment_history"].append(cast("Payment", {k: payment[k] for k in _PAYMENT}))
    customer: Customer = {
        "user_id": customer_id,
        "name": {"first_name": _text(row, "first_name"), "last_name": _text(row, "last_name")},
        "address": _address(row),
        "email": _text(row, "email"),
        "payment_methods": {_text(m, "payment_method_id"): _method(m) for m in _rows(inputs, "methods")},
        "orders": list(orders),
    }
    products: dict[str, Product] = {}
    for variant in _rows(inputs, "variants"):
        product_id = _text(variant, "product_id")
        product = products.setdefault(
            product_id, {"name": _text(variant, "name"), "product_id": product_id, "variants": {}}
        )
        product["variants"][_text(variant, "item_id")] = {
            "item_id": _text(variant, "item_id"),
            "options": _options(variant),
            "available": bool(variant["available"]),
            "price": cast("float", variant["price"]),
        }
    view = ShopView(customers={customer_id: customer}, orders=orders, products=products)
    return Facts(customer_id=customer_id, view=view)


_PAYMENT = ("transaction_type", "amount", "payment_method_id")


def _rows(inputs: Mapping[str, Json], name: str) -> Sequence[Row]:
    value = inputs.get(name)
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value)


def _address(row: Row) -> Address:
    return cast("Address", {field: _text(row, field) for field in ADDRESS_FIELDS})


def _options(row: Row) -> dict[str, str]:
    value = row.get("options")
    return cast("dict[str, str]", json.loads(value) if isinstance(value, str) else value or {})


def _order(row: Row) -> Order:
    return {
        "order_id": _text(row, "order_id"),
        "user_id": _text(row, "user_id"),
        "address": _address(row),
        "items": [],
        "status": _text(row, "status"),
        "fulfillments": [],
        "payment_history": [],
    }


def _item(row: Row) -> OrderItem:
    return {
        "name": _text(row, "name"),
        "product_id": _text(row, "product_id"),
        "item_id": _text(row, "item_id"),
        "price": cast("float", row["price"]),
        "options": _options(row),
    }


def _method(row: Row) -> PaymentMethod:
    source = _text(row, "source")
    method: dict[str, Json] = {"source": source, "id": _text(row, "payment_method_id")}
    if source == "credit_card":
        method |= {"brand": _text(row, "brand"), "last_four": _text(row, "last_four")}
    if source == "gift_card":
        method["balance"] = row.get("balance") or 0.0
    return cast("PaymentMethod", method)
