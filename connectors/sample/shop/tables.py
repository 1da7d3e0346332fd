"""The shop as documents (for the rules) and as the eight tables of the lakehouse."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

from .drawing import Shop
from .model import Address, Customer, Method, Order, Product, Variant
from .rules import CustomerDocument, OrderDocument, PaymentMethod, ProductDocument, ShopView

Cell: TypeAlias = "str | int | float | bool | None"
Rows: TypeAlias = "list[dict[str, Cell]]"

# column -> Arrow type, in the order of the tables of the reference lakehouse
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "customers": dict.fromkeys(
        (
            "user_id",
            "first_name",
            "last_name",
            "email",
            "address1",
            "address2",
            "city",
            "state",
            "country",
            "zip",
        ),
        "string",
    ),
    "payment_methods": {
        "user_id": "string",
        "payment_method_id": "string",
        "source": "string",
        "brand": "string",
        "last_four": "string",
        "balance": "double",
    },
    "orders": {
        "order_id": "string",
        "user_id": "string",
        "status": "string",
        "address1": "string",
        "address2": "string",
        "city": "string",
        "state": "string",
        "country": "string",
        "zip": "string",
        "n_items": "long",
        "total": "double",
    },
    "order_items": {
        "order_id": "string",
        "line": "long",
        "item_id": "string",
        "product_id": "string",
        "name": "string",
        "price": "double",
        "options": "string",
    },
    "order_payments": {
        "order_id": "string",
        "seq": "long",
        "transaction_type": "string",
        "amount": "double",
        "payment_method_id": "string",
    },
    "fulfillments": {"order_id": "string", "tracking_id": "string", "item_id": "string"},
    "products": {"product_id": "string", "name": "string", "n_variants": "long"},
    "variants": {
        "item_id": "string",
        "product_id": "string",
        "available": "boolean",
        "price": "double",
        "options": "string",
    },
}
PARTITIONS: Mapping[str, tuple[str, ...]] = {"orders": ("status",)}


def to_view(shop: Shop) -> ShopView:
    """The shop as documents; every call creates new ones."""
    return ShopView(
        customers={customer.user_id: customer_document(customer) for customer in shop.customers},
        orders={order.order_id: order_document(order) for order in shop.orders},
        products={product.product_id: product_document(product) for product in shop.products},
    )


def customer_document(customer: Customer) -> CustomerDocument:
    """The customer as a document."""
    return {
        "user_id": customer.user_id,
        "name": {"first_name": customer.first_name, "last_name": customer.last_name},
        "address": customer.address.to_json(),
        "email": customer.email,
        "payment_methods": {method.id: _method(method) for method in customer.methods},
        "orders": [order.order_id for order in customer.orders],
    }


def _method(method: Method) -> PaymentMethod:
    document: PaymentMethod = {"source": method.source, "id": method.id}
    if method.brand is not None:
        document["brand"] = method.brand
    if method.last_four is not None:
        document["last_four"] = method.last_four
    if method.balance is not None:
        document["balance"] = method.balance
    return document


def order_document(order: Order) -> OrderDocument:
    """The order as a document."""
    return {
        "order_id": order.order_id,
        "user_id": order.user_id,
        "address": order.address.to_json(),
        "items": [
            {
                "name": line.entry.name,
                "product_id": line.product_id,
                "item_id": line.item_id,
                "price": line.price,
                "options": dict(line.options),
            }
            for line in order.lines
        ],
        "status": order.status,
        "fulfillments": [
            {"tracking_id": [tracking_id], "item_ids": list(item_ids)} for tracking_id, item_ids in order.parcels
        ],
        "payment_history": [
            {
                "transaction_type": payment.kind,
                "amount": payment.amount,
                "payment_method_id": payment.method_id,
            }
            for payment in order.payments
        ],
    }


def product_document(product: Product) -> ProductDocument:
    """The product as a document."""
    return {
        "name": product.entry.name,
        "product_id": product.product_id,
        "variants": {
            variant.item_id: {
                "item_id": variant.item_id,
                "options": dict(variant.options),
                "available": variant.available,
                "price": variant.price,
            }
            for variant in product.variants
        },
    }


def to_tables(shop: Shop) -> dict[str, Rows]:
    """The eight tables by name; rows hold exactly the columns of `COLUMNS`."""
    orders = shop.orders
    return {
        "customers": [_customer_row(customer) for customer in shop.customers],
        "payment_methods": [_method_row(customer, one) for customer in shop.customers for one in customer.methods],
        "orders": [_order_row(order) for order in orders],
        "order_items": [_item_row(order, number, line) for order in orders for number, line in enumerate(order.lines)],
        "order_payments": [row for order in orders for row in _payment_rows(order)],
        "fulfillments": [
            {"order_id": order.order_id, "tracking_id": tracking_id, "item_id": item_id}
            for order in orders
            for tracking_id, item_ids in order.parcels
            for item_id in item_ids
        ],
        "products": [
            {
                "product_id": product.product_id,
                "name": product.entry.name,
                "n_variants": len(product.variants),
            }
            for product in shop.products
        ],
        "variants": [_variant_row(variant) for product in shop.products for variant in product.variants],
    }


def _address(address: Address) -> dict[str, Cell]:
    return {key: str(value) for key, value in address.to_json().items()}


def _options(variant: Variant) -> str:
    return json.dumps(variant.options, sort_keys=True, ensure_ascii=False)


def _customer_row(customer: Customer) -> dict[str, Cell]:
    return {
        "user_id": customer.user_id,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "email": customer.email,
        **_address(customer.address),
    }


def _method_row(customer: Customer, method: Method) -> dict[str, Cell]:
    return {
        "user_id": customer.user_id,
        "payment_method_id": method.id,
        "source": method.source,
        "brand": method.brand,
        "last_four": method.last_four,
        "balance": method.balance,
    }


def _variant_row(variant: Variant) -> dict[str, Cell]:
    return {
        "item_id": variant.item_id,
        "product_id": variant.product_id,
        "available": variant.available,
        "price": variant.price,
        "options": _options(variant),
    }


def _order_row(order: Order) -> dict[str, Cell]:
    return {
        "order_id": order.order_id,
        "user_id": order.user_id,
        "status": order.status,
        **_address(order.address),
        "n_items": len(order.lines),
        "total": order.total,
    }


def _item_row(order: Order, number: int, line: Variant) -> dict[str, Cell]:
    return {
        "order_id": order.order_id,
        "line": number,
        "item_id": line.item_id,
        "product_id": line.product_id,
        "name": line.entry.name,
        "price": line.price,
        "options": _options(line),
    }


def _payment_rows(order: Order) -> Rows:
    return [
        {
            "order_id": order.order_id,
            "seq": number,
            "transaction_type": payment.kind,
            "amount": payment.amount,
            "payment_method_id": payment.method_id,
        }
        for number, payment in enumerate(order.payments)
    ]
