"""The rules of the shop: the seven writes, each checked completely before anything changes.

The semantics are those of the tools of tau-bench (retail), so that an outcome can be
compared with a published one.
A refused action changes nothing. `require_owner` checks separately who may ask for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import cast

from compound.errors import EffectRefused, choices

from .documents import Action, Address, Change, Customer, Json, Order, OrderItem, PaymentMethod, Product, Variant

CANCEL_REASONS = ("no longer needed", "ordered by mistake")
ADDRESS_FIELDS = ("address1", "address2", "city", "state", "country", "zip")

CENT = 0.01
PENDING = "pending"
DELIVERED = "delivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopView:
    """The documents an action may touch, by id; `apply` changes them in place."""

    customers: dict[str, Customer]
    orders: dict[str, Order]
    products: dict[str, Product]


def apply(view: ShopView, action: Action) -> None:
    """Do one write on the documents of `view`, or refuse it and change nothing.

    Raises:
        EffectRefused: `effect.unknown-action`, `effect.arguments`, `effect.not-found`, `effect.wrong-status`,
            `effect.items`, `effect.stock`, `effect.payment`, `effect.balance`, `effect.reason`.

    Source: tau-bench retail tools (Yao et al. 2024), checked by replaying its gold actions.
    """
    name = action["name"]
    if name not in _WRITES:
        raise EffectRefused("effect.unknown-action", f"no write is named {name!r}; {choices(list(_WRITES), name)}")
    required, write = _WRITES[name]
    given = action["arguments"]
    if set(given) != set(required):
        missing, extra = sorted(set(required) - set(given)), sorted(set(given) - set(required))
        raise EffectRefused("effect.arguments", f"{name}: missing {missing}, unknown {extra}")
    write(view, given)


def names() -> tuple[str, ...]:
    """The seven writes, by name."""
    return tuple(_WRITES)


def touched_order(action: Action) -> str | None:
    """The order an action writes to; None for an action on the customer alone."""
    order_id = action["arguments"].get("order_id")
    return order_id if isinstance(order_id, str) else None


def require_owner(view: ShopView, action: Action, customer_id: str | None) -> None:
    """Refuse an action on documents of another customer.

    Raises:
        EffectRefused: `effect.not-owner`: no identified customer, or the order or profile is not theirs.
    """
    if not customer_id:
        raise EffectRefused("effect.not-owner", f"{action['name']}: the customer of the ticket is not identified")
    order_id = touched_order(action)
    if order_id is None:
        owner, thing = action["arguments"].get("user_id"), "the profile"
    else:
        owner, thing = _order(view, order_id)["user_id"], f"order {order_id}"
    if owner != customer_id:
        raise EffectRefused("effect.not-owner", f"{action['name']}: {thing} does not belong to customer {customer_id}")


def price_difference(order: Order, products: Mapping[str, Product], pairs: Sequence[tuple[str, str]]) -> float:
    """The price of the new items minus what was paid for the old ones, USD, not rounded; negative is a refund.

    Args:
        order: The order with the old items.
        products: By product id.
        pairs: (old item id, new item id).
    """
    total = 0.0
    for old_id, new_id in pairs:
        item = _item(order, old_id)
        total += products[item["product_id"]]["variants"][new_id]["price"] - item["price"]
    return total


def diff(before: ShopView, after: ShopView) -> list[Change]:
    """The changes between two shops, as JSON changes sorted by path; lists are compared whole."""
    changes: list[Change] = []
    pairs = (
        ("orders", before.orders, after.orders),
        ("products", before.products, after.products),
        ("users", before.customers, after.customers),
    )
    for name, old, new in pairs:
        _compare([name], cast("dict[str, Json]", old), cast("dict[str, Json]", new), changes)
    return sorted(changes, key=lambda change: change["path"])


def same_outcome(left: Sequence[Change], right: Sequence[Change]) -> bool:
    """Whether two diffs lead to the same shop: path to value; adding and replacing null are equal.

    Amounts may differ by less than half a cent: the order of a float sum is not part of an outcome.
    """
    ours, theirs = ({tuple(change["path"]): change.get("value") for change in side} for side in (left, right))
    return ours.keys() == theirs.keys() and all(_same(ours[path], theirs[path]) for path in ours)


def _same(left: Json, right: Json) -> bool:
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(_same(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return abs(left - right) < CENT / 2
    return left == right


def copy_view(view: ShopView) -> ShopView:
    """A deep copy of customers and orders for a dry run; products are shared, because no write changes them."""
    return ShopView(customers=deepcopy(view.customers), orders=deepcopy(view.orders), products=view.products)


def _compare(path: list[str], old: Json, new: Json, changes: list[Change]) -> None:
    if old is new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() | new.keys():
            here = [*path, key]
            if key not in old:
                changes.append({"op": "add", "path": here, "value": new[key]})
            elif key not in new:
                changes.append({"op": "remove", "path": here, "old": old[key]})
            else:
                _compare(here, old[key], new[key], changes)
    elif old != new:
        changes.append({"op": "replace", "path": path, "old": old, "value": new})


# --- the seven writes ---


def _cancel(view: ShopView, given: Mapping[str, Json]) -> None:
    order = _order(view, given["order_id"])
    _require_status(order, PENDING, "cancelled")
    reason = given["reason"]
    if not isinstance(reason, str) or reason not in CANCEL_REASONS:
        raise EffectRefused("effect.reason", f"reason {reason!r} is not one of {list(CANCEL_REASONS)}")
    customer = _customer(view, order["user_id"])
    for payment in list(order["payment_history"]):
        method_id, amount = payment["payment_method_id"], payment["amount"]
        if "gift_card" in method_id:
            _charge(customer["payment_methods"][method_id], -amount)
        order["payment_history"].append(
            {"transaction_type": "refund", "amount": amount, "payment_method_id": method_id}
        )
    order["status"] = "cancelled"
    order["cancel_reason"] = reason


def _modify_address(view: ShopView, given: Mapping[str, Json]) -> None:
    order = _order(view, given["order_id"])
    _require_status(order, PENDING, "modified")
    order["address"] = _address(given)


def _modify_customer_address(view: ShopView, given: Mapping[str, Json]) -> None:
    customer = _customer(view, given["user_id"])
    customer["address"] = _address(given)


def _modify_payment(view: ShopView, given: Mapping[str, Json]) -> None:
    order = _order(view, given["order_id"])
    _require_status(order, PENDING, "modified")
    customer = _customer(view, order["user_id"])
    method = _method(customer, given["payment_method_id"])
    history = order["payment_history"]
    if len(history) != 1 or history[0]["transaction_type"] != "payment":
        raise EffectRefused("effect.payment", f"order {order['order_id']} has not exactly one payment")
    old_id, amount = history[0]["payment_method_id"], history[0]["amount"]
    if old_id == method["id"]:
        raise EffectRefused("effect.payment", f"order {order['order_id']} is already paid with {old_id}")
    _require_balance(method, amount, "pay for the order")
    history.append({"transaction_type": "payment", "amount": amount, "payment_method_id": method["id"]})
    history.append({"transaction_type": "refund", "amount": amount, "payment_method_id": old_id})
    _charge(method, amount)
    if "gift_card" in old_id:
        _charge(customer["payment_methods"][old_id], -amount)


def _modify_items(view: ShopView, given: Mapping[str, Json]) -> None:
    order = _order(view, given["order_id"])
    _require_status(order, PENDING, "modified")
    pairs, customer = _swap(view, order, given), _customer(view, order["user_id"])
    # Not rounded: the published outcomes carry the sum as floats give it (14.739999999999952).
    difference = price_difference(order, view.products, [(old, new["item_id"]) for old, new in pairs])
    method = _method(customer, given["payment_method_id"])
    _require_balance(method, difference, "pay for the new items")
    order["payment_history"].append(
        {
            "transaction_type": "payment" if difference > 0 else "refund",
            "amount": abs(difference),
            "payment_method_id": method["id"],
        }
    )
    _charge(method, difference)
    for old_id, variant in pairs:
        item = _item(order, old_id)
        item["item_id"] = variant["item_id"]
        item["price"] = variant["price"]
        item["options"] = dict(variant["options"])
    order["status"] = "pending (item modified)"


def _exchange(view: ShopView, given: Mapping[str, Json]) -> None:
    order = _order(view, given["order_id"])
    _require_status(order, DELIVERED, "exchanged")
    pairs = _swap(view, order, given)
    difference = round(price_difference(order, view.products, [(old, new["item_id"]) for old, new in pairs]), 2)
    method = _method(_customer(view, order["user_id"]), given["payment_method_id"])
    _require_balance(method, difference, "pay the price difference")
    order["status"] = "exchange requested"
    order["exchange_items"] = sorted(old for old, _ in pairs)
    order["exchange_new_items"] = sorted(new["item_id"] for _, new in pairs)
    order["exchange_payment_method_id"] = method["id"]
    order["exchange_price_difference"] = difference


def _return(view: ShopView, given: Mapping[str, Json]) -> None:
    order = _order(view, given["order_id"])
    _require_status(order, DELIVERED, "returned")
    method = _method(_customer(view, order["user_id"]), given["payment_method_id"])
    original = order["payment_history"][0]["payment_method_id"]
    if "gift_card" not in method["id"] and method["id"] != original:
        raise EffectRefused(
            "effect.payment",
            f"a refund goes to the original payment method {original} or a gift card, not {method['id']}",
        )
    item_ids = _texts(given["item_ids"], "item_ids")
    _require_items(order, item_ids)
    order["status"] = "return requested"
    order["return_items"] = sorted(item_ids)
    order["return_payment_method_id"] = method["id"]


# --- the parts of a check ---


def _order(view: ShopView, order_id: Json) -> Order:
    order = view.orders.get(order_id) if isinstance(order_id, str) else None
    if order is None:
        raise EffectRefused("effect.not-found", f"no order has the id {order_id!r}")
    return order


def _customer(view: ShopView, customer_id: Json) -> Customer:
    customer = view.customers.get(customer_id) if isinstance(customer_id, str) else None
    if customer is None:
        raise EffectRefused("effect.not-found", f"no customer has the id {customer_id!r}")
    return customer


def _method(customer: Customer, method_id: Json) -> PaymentMethod:
    method = customer["payment_methods"].get(method_id) if isinstance(method_id, str) else None
    if method is None:
        known = ", ".join(sorted(customer["payment_methods"])) or "none"
        raise EffectRefused("effect.payment", f"payment method {method_id!r} is not the customer's; they have {known}")
    return method


def _item(order: Order, item_id: str) -> OrderItem:
    return next(item for item in order["items"] if item["item_id"] == item_id)


def _require_status(order: Order, status: str, verb: str) -> None:
    if order["status"] != status:
        raise EffectRefused(
            "effect.wrong-status",
            f"order {order['order_id']} is {order['status']!r}; only {status} orders can be {verb}",
        )


def _require_balance(method: PaymentMethod, amount: float, purpose: str) -> None:
    balance = method.get("balance", 0.0)
    if method["source"] == "gift_card" and balance < amount:
        raise EffectRefused("effect.balance", f"{method['id']} holds {balance:.2f}, not the {amount:.2f} to {purpose}")


def _require_items(order: Order, item_ids: Sequence[str]) -> None:
    there = Counter(item["item_id"] for item in order["items"])
    if not item_ids:
        raise EffectRefused("effect.items", f"no item of order {order['order_id']} is named")
    for item_id, times in Counter(item_ids).items():
        if times > there[item_id]:
            raise EffectRefused("effect.items", f"item {item_id} is not {times} times in order {order['order_id']}")


def _swap(view: ShopView, order: Order, given: Mapping[str, Json]) -> list[tuple[str, Variant]]:
    old_ids, new_ids = _texts(given["item_ids"], "item_ids"), _texts(given["new_item_ids"], "new_item_ids")
    _require_items(order, old_ids)
    if len(old_ids) != len(new_ids):
        raise EffectRefused("effect.items", f"{len(old_ids)} items cannot become {len(new_ids)} items")
    pairs: list[tuple[str, Variant]] = []
    for old_id, new_id in zip(old_ids, new_ids, strict=True):
        product = view.products.get(_item(order, old_id)["product_id"])
        variant = product["variants"].get(new_id) if product else None
        if variant is None:
            raise EffectRefused("effect.items", f"item {new_id} is not of the same product as {old_id}")
        if not variant["available"]:
            raise EffectRefused("effect.stock", f"item {new_id} is not available")
        pairs.append((old_id, variant))
    return pairs


def _charge(method: PaymentMethod, amount: float) -> None:
    # Only gift cards have a balance with the shop; other methods only have the payment history.
    if method["source"] == "gift_card":
        method["balance"] = round(method.get("balance", 0.0) - amount, 2)


def _address(given: Mapping[str, Json]) -> Address:
    for field in ADDRESS_FIELDS:
        if not isinstance(given[field], str):
            raise EffectRefused("effect.arguments", f"{field} must be text, not {given[field]!r}")
    return cast("Address", {field: given[field] for field in ADDRESS_FIELDS})


def _texts(value: Json, name: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise EffectRefused("effect.arguments", f"{name} must be a list of item ids, not {value!r}")
    return cast("list[str]", value)


_WRITES: dict[str, tuple[tuple[str, ...], Callable[[ShopView, Mapping[str, Json]], None]]] = {
    "cancel_pending_order": (("order_id", "reason"), _cancel),
    "modify_pending_order_items": (
        ("order_id", "item_ids", "new_item_ids", "payment_method_id"),
        _modify_items,
    ),
    "modify_pending_order_payment": (("order_id", "payment_method_id"), _modify_payment),
    "modify_pending_order_address": (("order_id", *ADDRESS_FIELDS), _modify_address),
    "modify_user_address": (("user_id", *ADDRESS_FIELDS), _modify_customer_address),
    "return_delivered_order_items": (("order_id", "item_ids", "payment_method_id"), _return),
    "exchange_delivered_order_items": (
        ("order_id", "item_ids", "new_item_ids", "payment_method_id"),
        _exchange,
    ),
}
