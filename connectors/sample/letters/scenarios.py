"""Builds scenarios of tickets: a customer, their orders, and wishes with one right answer."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from ..shop.drawing import Shop, draw_customer, draw_order
from ..shop.model import Customer, Language, Method, Order, Variant
from ..shop.people import draw_address
from ..shop.request import Request, Scenario, Wish

PENDING_WISHES: tuple[Wish, ...] = ("cancel", "items", "payment", "address")


class Retry(Exception):
    """The customer drawn does not fit the scenario."""


Builder = Callable[[random.Random, Language, int], Scenario]
"""Draws a scenario in a language, the i-th of its kind, or raises `Retry`."""
_TRIES = 200


def attempt(shop: Shop, rng: random.Random, build: Builder, language: Language, i: int) -> Scenario:
    """The first scenario that fits; customers of rejected draws are dropped."""
    for _ in range(_TRIES):
        known = len(shop.customers)
        try:
            scenario = build(rng, language, i)
            _require_coverage(scenario)
        except Retry:
            del shop.customers[known:]
        else:
            return scenario
    raise AssertionError("no customer fits the scenario")


def _require_coverage(scenario: Scenario) -> None:
    # Each wish alone is covered by the gift card; two together may not be.
    cards = [r.method for r in scenario.gold if r.method and r.method.source == "gift_card" and r.wish != "return"]
    if len(cards) > 1:
        raise Retry


def background(shop: Shop, rng: random.Random, customer: Customer, *, at_least: int = 0) -> None:
    """Give the customer orders that the letter is not about."""
    for _ in range(max(at_least, rng.choices((0, 1, 2, 3), weights=(24, 38, 26, 12))[0])):
        draw_order(shop, rng, customer)


def near_variants(shop: Shop, line: Variant, *, available: bool = True) -> list[Variant]:
    """Other variants of the line's product, those with the fewest changed options first."""
    others = [
        variant
        for variant in shop.product(line.product_id).variants
        if variant.item_id != line.item_id and variant.available == available
    ]
    return sorted(others, key=lambda other: (changes(line, other), other.item_id))


def changes(line: Variant, other: Variant) -> int:
    """Number of options that differ."""
    return sum(line.options[key] != other.options[key] for key in line.options)


def swappable(shop: Shop, rng: random.Random, n: int, *, available: bool = True) -> list[Variant]:
    """`n` variants of different products that each have another variant one or two options away."""
    drawn: list[Variant] = []
    while len(drawn) < n:
        line = rng.choice(rng.choice(shop.products).variants)
        near = near_variants(shop, line, available=available)
        fits = near and changes(line, near[0]) <= 2
        if fits and line.product_id not in {other.product_id for other in drawn}:
            drawn.append(line)
    return drawn


def draw_target(shop: Shop, rng: random.Random, line: Variant, *, available: bool = True) -> Variant:
    """Another variant of the line's product, one or two options away."""
    near = [v for v in near_variants(shop, line, available=available) if changes(line, v) <= 2]
    if not near:
        raise Retry
    return rng.choice(near[:5])


# --- one wish each ---


def wish_cancel(shop: Shop, rng: random.Random, customer: Customer, *, status: str = "pending") -> Request:
    """Call an order off."""
    order = draw_order(shop, rng, customer, status=status)
    return Request(wish="cancel", order=order, reason=rng.choice(("mistake", "unneeded", "unneeded")))


def wish_swap(  # noqa: PLR0913 - each of them is a fact about the order
    shop: Shop,
    rng: random.Random,
    customer: Customer,
    *,
    wish: Wish,
    order: Order | None = None,
    status: str | None = None,
    available: bool = True,
) -> Request:
    """Other variants for some items: `items` on a pending order, `exchange` on a delivered one."""
    n = rng.choices((1, 2, 3), weights=(68, 26, 6))[0]
    if order is None:
        items = swappable(shop, rng, n, available=available)
        natural = "pending" if wish == "items" else "delivered"
        order = draw_order(shop, rng, customer, status=status or natural, items=items)
    else:
        items = [line for line in order.lines if near_variants(shop, line)][:n]
        if not items:
            raise Retry
    targets = [draw_target(shop, rng, line, available=available) for line in items]
    difference = sum(target.price for target in targets) - sum(line.price for line in items)
    method = rng.choice([m for m in customer.methods if covers(m, difference)] or [None])
    if method is None:
        raise Retry
    original = customer.original(order)
    return Request(
        wish=wish,
        order=order,
        lines=tuple(items),
        targets=tuple(targets),
        method=method,
        says_method=method != original or rng.random() < 0.8,
    )


def covers(method: Method, amount: float) -> bool:
    """Whether the method can pay `amount` dollars."""
    return method.balance is None or method.balance >= amount


def wish_payment(shop: Shop, rng: random.Random, customer: Customer, *, order: Order | None = None) -> Request:
    """Pay a pending order another way."""
    order = order or draw_order(shop, rng, customer, status="pending")
    original = customer.original(order)
    others = [m for m in customer.methods if m != original and covers(m, order.total)]
    if not others:
        raise Retry
    return Request(wish="payment", order=order, method=rng.choice(others))


def wish_address(
    shop: Shop, rng: random.Random, customer: Customer, *, order: Order | None = None, status: str = "pending"
) -> Request:
    """Send an order elsewhere."""
    order = order or draw_order(shop, rng, customer, status=status)
    if order.address != customer.address and rng.random() < 0.6:
        return Request(wish="address", order=order, address=customer.address, profile_address=True)
    country = customer.address.country
    return Request(wish="address", order=order, address=draw_address(rng, "en", country=country))


def wish_user_address(rng: random.Random, customer: Customer) -> Request:
    """Change the address on file."""
    return Request(wish="user_address", address=draw_address(rng, "en", country=customer.address.country))


def wish_return(
    shop: Shop,
    rng: random.Random,
    customer: Customer,
    *,
    status: str = "delivered",
    whole: bool | None = None,
) -> Request:
    """Send items back."""
    order = draw_order(shop, rng, customer, status=status)
    whole = rng.random() < 0.2 if whole is None else whole
    n = len(order.lines) if whole else min(len(order.lines), rng.choices((1, 2, 3), weights=(64, 28, 8))[0])
    lines = order.lines if n == len(order.lines) else tuple(rng.sample(order.lines, n))
    original = customer.original(order)
    cards = [m for m in customer.methods if m.source == "gift_card" and m != original]
    method = rng.choice(cards) if cards and rng.random() < 0.5 else original
    says = method != original or rng.random() < 0.65
    return Request(wish="return", order=order, lines=lines, method=method, says_method=says)


def wish_one(shop: Shop, rng: random.Random, customer: Customer, wish: Wish) -> Request:
    """The wish in its ordinary form."""
    match wish:
        case "cancel":
            return wish_cancel(shop, rng, customer)
        case "items" | "exchange":
            return wish_swap(shop, rng, customer, wish=wish)
        case "payment":
            return wish_payment(shop, rng, customer)
        case "address":
            return wish_address(shop, rng, customer)
        case "user_address":
            return wish_user_address(rng, customer)
        case "return":
            return wish_return(shop, rng, customer)


# --- scenarios with writes ---


def build_single(shop: Shop, rng: random.Random, language: Language, wish: Wish) -> Scenario:
    """One wish, allowed and complete."""
    sources = ("credit_card", "paypal") if wish == "payment" else ()
    customer = draw_customer(shop, rng, language, sources=sources)
    background(shop, rng, customer, at_least=1 if wish == "user_address" else 0)
    request = wish_one(shop, rng, customer, wish)
    return Scenario(kind=wish, language=language, customer=customer, requests=(request,), gold=(request,))


def build_no_order_id(shop: Shop, rng: random.Random, language: Language, wish: Wish) -> Scenario:
    """One wish without an order number; an item, or a single open order, still identifies it."""
    scenario = build_single(shop, rng, language, wish)
    (request,), customer = scenario.requests, scenario.customer
    order = request.order
    assert order is not None
    pending = [other for other in customer.orders if other.status.startswith("pending")]
    refers: Literal["open", "item"] = (
        "open" if wish in {"cancel", "payment", "address"} and len(pending) == 1 else "item"
    )
    if refers == "item":
        elsewhere = {line.product_id for other in customer.orders if other != order for line in other.lines}
        named = request.lines or order.lines[:1]
        inside = [line.product_id for line in order.lines]
        if any(line.product_id in elsewhere or inside.count(line.product_id) > 1 for line in named):
            raise Retry
    request = replace(request, refers=refers)
    return Scenario(kind="no_order_id", language=language, customer=customer, requests=(request,), gold=(request,))


def build_multi(shop: Shop, rng: random.Random, language: Language) -> Scenario:
    """Two or three wishes in one letter, on one order or on several."""
    customer = draw_customer(shop, rng, language, sources=("credit_card", "paypal"))
    background(shop, rng, customer)
    requests = rng.choice(_COMBINATIONS)(shop, rng, customer)
    if len(requests) == 2 and rng.random() < 0.15:
        used = {request.wish for request in requests}
        third: Wish = "return" if "return" not in used else "cancel"
        requests = (*requests, wish_one(shop, rng, customer, third))
    return Scenario(kind="multi", language=language, customer=customer, requests=requests, gold=requests)


_Combination = Callable[[Shop, random.Random, Customer], tuple[Request, ...]]


def _two(first: Wish, second: Wish) -> _Combination:
    def build(shop: Shop, rng: random.Random, customer: Customer) -> tuple[Request, ...]:
        return wish_one(shop, rng, customer, first), wish_one(shop, rng, customer, second)

    return build


def _address_then_items(shop: Shop, rng: random.Random, customer: Customer) -> tuple[Request, ...]:
    items = wish_swap(shop, rng, customer, wish="items")
    return wish_address(shop, rng, customer, order=items.order), items


def _payment_then_address(shop: Shop, rng: random.Random, customer: Customer) -> tuple[Request, ...]:
    payment = wish_payment(shop, rng, customer)
    return payment, wish_address(shop, rng, customer, order=payment.order)


def _moved(shop: Shop, rng: random.Random, customer: Customer) -> tuple[Request, ...]:
    profile = wish_user_address(rng, customer)
    order = draw_order(shop, rng, customer, status="pending")
    return profile, Request(wish="address", order=order, address=profile.address)


_COMBINATIONS: tuple[_Combination, ...] = (
    _two("cancel", "return"),
    _two("return", "exchange"),
    _two("cancel", "cancel"),
    _two("cancel", "exchange"),
    _two("user_address", "return"),
    _two("items", "return"),
    _two("payment", "exchange"),
    _two("return", "return"),
    _two("cancel", "items"),
    _address_then_items,
    _payment_then_address,
    _moved,
    _moved,
)
