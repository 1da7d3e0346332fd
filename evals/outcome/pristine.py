"""The documents of the shop in the lakehouse, on which drafted actions are tried."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from tools.shop.facts import read_facts
from tools.shop.rules import ShopView

if TYPE_CHECKING:
    from pydantic import JsonValue

Row = Mapping[str, "JsonValue"]
Tables = Callable[[str], Sequence[Row]]


class Pristine:
    """Documents by customer, built from the tables when a customer is first asked for.

    Args:
        rows: Name of a lakehouse table to its rows.
    """

    def __init__(self, rows: Tables) -> None:
        self._customers = {str(row["user_id"]): row for row in rows("customers")}
        orders = rows("orders")
        self._owner = {str(row["order_id"]): str(row["user_id"]) for row in orders}
        self._orders = _by(orders, "user_id")
        self._items = _by(rows("order_items"), "order_id")
        self._payments = _by(rows("order_payments"), "order_id")
        self._methods = _by(rows("payment_methods"), "user_id")
        names = {row["product_id"]: row["name"] for row in rows("products")}
        variants = [{**row, "name": names.get(row["product_id"])} for row in rows("variants")]
        self._variants = _by(variants, "product_id")
        self._views: dict[str, ShopView | None] = {}

    def view(self, customers: Iterable[str], orders: Iterable[str]) -> ShopView:
        """The documents of these customers and of the owners of these orders; unknown ids are left out."""
        wanted = {*customers, *(self._owner[order] for order in orders if order in self._owner)}
        whole = ShopView(customers={}, orders={}, products={})
        for customer in sorted(wanted):
            view = self._views.get(customer) or self._views.setdefault(customer, self._build(customer))
            if view is not None:
                whole.customers.update(view.customers)
                whole.orders.update(view.orders)
                whole.products.update(view.products)
        return whole

    def _build(self, customer: str) -> ShopView | None:
        if customer not in self._customers:
            return None
        orders = self._orders.get(customer, [])
        ids = [str(order["order_id"]) for order in orders]
        items = [item for order in ids for item in self._items.get(order, [])]
        products = dict.fromkeys(str(item["product_id"]) for item in items)
        facts = read_facts(
            customer,
            {
                "customers": [dict(self._customers[customer])],
                "orders": [dict(order) for order in orders],
                "items": [dict(item) for item in items],
                "payments": [dict(payment) for order in ids for payment in self._payments.get(order, [])],
                "methods": [dict(method) for method in self._methods.get(customer, [])],
                "variants": [dict(variant) for product in products for variant in self._variants.get(product, [])],
            },
        )
        return facts.view if facts is not None else None


def _by(rows: Iterable[Row], column: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(str(row[column]), []).append(row)
    return groups
