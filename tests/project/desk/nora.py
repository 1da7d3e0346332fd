"""A customer invented for the desk's tests: Nora Quist, four orders, three ways to pay."""

from __future__ import annotations

import json
from typing import Any

from tools.planning import make_plan
from tools.shop.documents import Json
from tools.shop.proposals import Plan
from tools.tickets import Intake, Ticket, read_ticket

CUSTOMER: dict[str, Json] = {
    "user_id": "nora_quist_4411", "first_name": "Nora", "last_name": "Quist", "email": "nora.quist@example.com",
    "address1": "7 Fern Row", "address2": "Apt 3", "city": "Duluth", "state": "MN", "country": "USA", "zip": "55802",
}  # fmt: skip
METHODS: list[dict[str, Json]] = [
    {"payment_method_id": "credit_card_1111111", "source": "credit_card", "brand": "visa", "last_four": "4242", "balance": None},
    {"payment_method_id": "paypal_2222222", "source": "paypal", "brand": None, "last_four": None, "balance": None},
    {"payment_method_id": "gift_card_3333333", "source": "gift_card", "brand": None, "last_four": None, "balance": 60.0},
]  # fmt: skip
VARIANTS: list[tuple[str, str, str, bool, float, dict[str, str]]] = [
    ("1000000001", "1", "Electric Kettle", True, 40.0, {"capacity": "1L", "material": "glass", "color": "white"}),
    ("1000000002", "1", "Electric Kettle", True, 45.0, {"capacity": "2L", "material": "glass", "color": "white"}),
    ("1000000003", "1", "Electric Kettle", True, 44.0, {"capacity": "1L", "material": "stainless steel", "color": "black"}),
    ("1000000004", "1", "Electric Kettle", False, 41.0, {"capacity": "1L", "material": "glass", "color": "black"}),
    ("2000000001", "2", "Running Shoes", True, 90.0, {"size": "8", "color": "red", "material": "mesh"}),
    ("2000000002", "2", "Running Shoes", True, 92.0, {"size": "9", "color": "red", "material": "mesh"}),
    ("2000000003", "2", "Running Shoes", True, 95.0, {"size": "9", "color": "black", "material": "mesh"}),
    ("3000000001", "3", "Desk Lamp", True, 30.0, {"color": "black", "brightness": "low"}),
    ("3000000002", "3", "Desk Lamp", True, 33.0, {"color": "white", "brightness": "high"}),
    ("3000000003", "3", "Desk Lamp", True, 32.0, {"color": "black", "brightness": "high"}),
    ("4000000001", "4", "Backpack", True, 70.0, {"color": "green", "size": "small"}),
    ("4000000002", "4", "Backpack", True, 80.0, {"color": "green", "size": "large"}),
    ("4000000003", "4", "Backpack", True, 80.0, {"color": "navy", "size": "large"}),
    ("5000000001", "5", "T-Shirt", True, 20.0, {"color": "blue", "size": "S", "style": "v-neck"}),
    ("5000000002", "5", "T-Shirt", True, 21.0, {"color": "blue", "size": "L", "style": "v-neck"}),
]  # fmt: skip
# order id, status, paid with, items
ORDERS: list[tuple[str, str, str, tuple[str, ...]]] = [
    ("#W1000001", "pending", "credit_card_1111111", ("1000000001", "4000000001")),
    ("#W1000002", "delivered", "paypal_2222222", ("2000000001", "3000000001")),
    ("#W1000003", "delivered", "credit_card_1111111", ("5000000001",)),
    ("#W1000004", "processed", "paypal_2222222", ("3000000002",)),
]


def facts() -> dict[str, Any]:
    """The node values of the graph's SQL nodes for Nora."""
    catalogue = {row[0]: row for row in VARIANTS}
    address = {key: CUSTOMER[key] for key in ("address1", "address2", "city", "state", "country", "zip")}
    rows: dict[str, Any] = {"customers": [CUSTOMER], "methods": METHODS, "orders": [], "items": [], "payments": []}
    for order_id, status, method, item_ids in ORDERS:
        total = sum(catalogue[item_id][4] for item_id in item_ids)
        rows["orders"].append(
            {"order_id": order_id, "user_id": CUSTOMER["user_id"], "status": status, **address, "total": total}
        )
        for line, item_id in enumerate(item_ids):
            _, product_id, name, _, price, options = catalogue[item_id]
            rows["items"].append(
                {"order_id": order_id, "line": line, "item_id": item_id, "product_id": product_id, "name": name, "price": price, "options": json.dumps(options)}
            )  # fmt: skip
        rows["payments"].append(
            {"order_id": order_id, "seq": 0, "transaction_type": "payment", "amount": total, "payment_method_id": method}
        )  # fmt: skip
    rows["variants"] = [
        {"item_id": item_id, "product_id": product_id, "name": name, "available": available, "price": price, "options": json.dumps(options)}
        for item_id, product_id, name, available, price, options in VARIANTS
    ]  # fmt: skip
    return rows


def read(body: str, subject: str = "") -> Intake:
    """The ticket as the intake node reads it."""
    return read_ticket(Ticket(id="T1", subject=subject, body=body))


def plan_for(body: str, subject: str = "") -> tuple[dict[str, Any], Plan]:
    """The inputs of the plan node and the plan for a letter of Nora's, who is identified."""
    inputs: dict[str, Any] = {
        **facts(),
        "intake": read(body, subject),
        "who": {"customer_id": CUSTOMER["user_id"], "reason": "e-mail"},
    }
    return inputs, make_plan(inputs)
