"""Draws the shop: variants of every product, customers with ways to pay, and their orders."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from .catalogue import ENTRIES, Entry
from .model import Address, Customer, Language, Method, Order, Payment, Product, Variant, stream
from .people import FIRST, LAST, ascii_name, draw_address

BRANDS = ("visa", "mastercard", "amex")
STATUSES = ("pending", "delivered", "processed", "cancelled")
_STATUS_WEIGHTS = (36, 42, 12, 10)
_MAX_VARIANTS = 12


@dataclass(slots=True, kw_only=True)
class Shop:
    """All data of the shop; customers are in the order they were drawn."""

    seed: int
    products: tuple[Product, ...]
    customers: list[Customer] = field(default_factory=list[Customer])
    taken: set[str] = field(default_factory=set[str])

    def product(self, product_id: str) -> Product:
        """The product of this id."""
        return next(product for product in self.products if product.product_id == product_id)

    @property
    def orders(self) -> list[Order]:
        """All orders, by customer."""
        return [order for customer in self.customers for order in customer.orders]

    def number(self, rng: random.Random, digits: int) -> str:
        """A number with that number of digits that is unused in the shop; it does not start with 0."""
        while True:
            drawn = str(rng.randrange(10 ** (digits - 1), 10**digits))
            if drawn not in self.taken:
                self.taken.add(drawn)
                return drawn


def draw_products(seed: int) -> Shop:
    """A shop with its products and no customers; the same seed has the same item ids everywhere."""
    shop = Shop(seed=seed, products=())
    shop.products = tuple(_product(shop, stream(seed, "product", entry.name), entry) for entry in ENTRIES)
    return shop


def _product(shop: Shop, rng: random.Random, entry: Entry) -> Product:
    product_id = shop.number(rng, 10)
    combinations = [
        dict(zip(entry.options, values, strict=True)) for values in itertools.product(*entry.options.values())
    ]
    chosen = rng.sample(combinations, min(len(combinations), _MAX_VARIANTS))
    variants = tuple(
        Variant(
            item_id=shop.number(rng, 10),
            product_id=product_id,
            entry=entry,
            options=options,
            available=rng.random() < 0.78,
            price=_price(rng, entry, options),
        )
        for options in sorted(chosen, key=lambda options: tuple(options.values()))
    )
    return Product(product_id=product_id, entry=entry, variants=variants)


def _price(rng: random.Random, entry: Entry, options: dict[str, str]) -> float:
    steps = sum(values.index(options[key]) - (len(values) - 1) / 2 for key, values in entry.options.items())
    return round(entry.price * (1 + 0.06 * steps) * rng.uniform(0.96, 1.04), 2)


# --- customers and orders ---


def draw_customer(
    shop: Shop,
    rng: random.Random,
    language: Language,
    *,
    sources: Sequence[str] = (),
    balance: float | None = None,
) -> Customer:
    """A new customer without orders.

    Args:
        shop: Gets the customer.
        rng: The customer's own stream.
        language: Decides the country.
        sources: Kinds of payment methods they must have; more may be drawn.
        balance: Balance of the gift card, dollars; drawn if None.
    """
    first, last = rng.choice(FIRST), rng.choice(LAST)
    key = f"{ascii_name(first)}_{ascii_name(last)}"
    customer = Customer(
        user_id=f"{key}_{shop.number(rng, 4)}",
        first_name=first,
        last_name=last,
        address=draw_address(rng, language),
        email=f"{key.replace('_', rng.choice(('.', '_', '')))}{shop.number(rng, 4)}@example.{_domain(rng)}",
        methods=_methods(shop, rng, sources, balance),
    )
    shop.customers.append(customer)
    return customer


def _domain(rng: random.Random) -> str:
    return rng.choice(("com", "com", "com", "org", "net"))


def _methods(shop: Shop, rng: random.Random, sources: Sequence[str], balance: float | None) -> tuple[Method, ...]:
    wanted = list(sources)
    for source in ("credit_card", "paypal", "gift_card"):
        if source not in wanted and rng.random() < (0.45 if wanted else 0.8):
            wanted.append(source)
    if "credit_card" in wanted and rng.random() < 0.22:
        wanted.append("credit_card")
    return tuple(_method(shop, rng, source, balance) for source in wanted or ["credit_card"])


def _method(shop: Shop, rng: random.Random, source: str, balance: float | None) -> Method:
    number = shop.number(rng, 7)
    if source == "credit_card":
        return Method(
            id=f"credit_card_{number}",
            source="credit_card",
            brand=rng.choice(BRANDS),
            last_four=shop.number(rng, 4),
        )
    if source == "paypal":
        return Method(id=f"paypal_{number}", source="paypal")
    drawn = round(rng.uniform(5, 400), 2) if balance is None else balance
    return Method(id=f"gift_card_{number}", source="gift_card", balance=drawn)


def draw_order(  # noqa: PLR0913 - each of them is a fact about the order
    shop: Shop,
    rng: random.Random,
    customer: Customer,
    *,
    status: str | None = None,
    n_items: int | None = None,
    items: Iterable[Variant] = (),
    paid_with: str | None = None,
) -> Order:
    """A new order of the customer.

    Args:
        shop: For the products and the used numbers.
        rng: The order's stream.
        customer: Gets the order.
        status: Drawn if None.
        n_items: 1 to 5; drawn if None; at least the number of `items`.
        items: Items that it must contain.
        paid_with: Kind of payment method; drawn if None.
    """
    lines = list(items)
    status = status or rng.choices(STATUSES, weights=_STATUS_WEIGHTS)[0]
    wanted = n_items or rng.choices((1, 2, 3, 4, 5), weights=(20, 28, 25, 17, 10))[0]
    while len(lines) < wanted:
        drawn = rng.choice(rng.choice(shop.products).variants)
        same = [line for line in lines if line.product_id == drawn.product_id]
        if not same or (rng.random() < 0.1 and drawn not in same):
            lines.append(drawn)
    rng.shuffle(lines)
    methods = [m for m in customer.methods if paid_with in (None, m.source)]
    total = round(sum(line.price for line in lines), 2)
    paid = Payment(kind="payment", amount=total, method_id=rng.choice(methods or list(customer.methods)).id)
    order = Order(
        order_id=f"#W{shop.number(rng, 7)}",
        user_id=customer.user_id,
        address=customer.address if rng.random() < 0.85 else _elsewhere(rng, customer),
        lines=tuple(lines),
        status=status,
        parcels=() if status.startswith("pending") else _parcels(shop, rng, lines),
        payments=(paid, replace(paid, kind="refund")) if status == "cancelled" else (paid,),
    )
    customer.orders.append(order)
    return order


def _elsewhere(rng: random.Random, customer: Customer) -> Address:
    return draw_address(rng, "en", country=customer.address.country)


def _parcels(shop: Shop, rng: random.Random, lines: Sequence[Variant]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    ids = tuple(line.item_id for line in lines)
    if len(ids) > 2 and rng.random() < 0.2:
        return ((shop.number(rng, 12), ids[:1]), (shop.number(rng, 12), ids[1:]))
    return ((shop.number(rng, 12), ids),)
