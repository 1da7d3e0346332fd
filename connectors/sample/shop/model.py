"""The shop's records in the generator; `_tables` converts them to rows and documents."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .catalogue import Entry
from .rules import AddressDocument

Language: TypeAlias = Literal["en", "de", "es"]


def stream(seed: int, *names: object) -> random.Random:
    """A random stream for `names`; streams of different names are independent."""
    return random.Random(":".join(["quillmoor", str(seed), *map(str, names)]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address; `address2` and `state` may be empty."""

    address1: str
    address2: str
    city: str
    state: str
    country: str
    zip: str

    def to_json(self) -> AddressDocument:
        """The six fields as a document."""
        return {
            "address1": self.address1,
            "address2": self.address2,
            "city": self.city,
            "state": self.state,
            "country": self.country,
            "zip": self.zip,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A way to pay: `credit_card` (brand, last four), `paypal`, or `gift_card` (balance in dollars)."""

    id: str
    source: Literal["credit_card", "paypal", "gift_card"]
    brand: str | None = None
    last_four: str | None = None
    balance: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One item of a product; its options are unique within the product."""

    item_id: str
    product_id: str
    entry: Entry
    options: dict[str, str]
    available: bool
    price: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product with its variants."""

    product_id: str
    entry: Entry
    variants: tuple[Variant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One booking of an order; `kind` is payment or refund, `amount` in dollars."""

    kind: Literal["payment", "refund"]
    amount: float
    method_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order; no item id occurs twice in it."""

    order_id: str
    user_id: str
    address: Address
    lines: tuple[Variant, ...]
    status: str
    parcels: tuple[tuple[str, tuple[str, ...]], ...]
    payments: tuple[Payment, ...]

    @property
    def total(self) -> float:
        """The amount of the first payment, in dollars."""
        return self.payments[0].amount


@dataclass(slots=True, kw_only=True)
class Customer:
    """A customer with everything they own."""

    user_id: str
    first_name: str
    last_name: str
    address: Address
    email: str
    methods: tuple[Method, ...]
    orders: list[Order] = field(default_factory=list[Order])

    def method(self, method_id: str) -> Method:
        """The customer's method of this id."""
        return next(method for method in self.methods if method.id == method_id)

    def original(self, order: Order) -> Method:
        """The method `order` was paid with."""
        return self.method(order.payments[0].method_id)
