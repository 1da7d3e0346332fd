"""One language: its phrases, and how it names items, wishes, payment methods and addresses."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ._records import Address, Customer, Method, Order, Variant, Wish

KEEP_OPEN, KEEP_CLOSE = "\ue000", "\ue001"
Templates = tuple[str, ...]


def keep(text: str) -> str:
    """Mark text that typing errors must leave alone: ids, addresses, names."""
    return f"{KEEP_OPEN}{text}{KEEP_CLOSE}"


def plain(text: str) -> str:
    """The text without the marks."""
    return text.replace(KEEP_OPEN, "").replace(KEEP_CLOSE, "")


def lines(text: str) -> Templates:
    """The lines of a block, without blank ones."""
    return tuple(line.strip() for line in text.strip().splitlines() if line.strip())


def other_cards(customer: Customer, method: Method) -> list[Method]:
    """The customer's other credit cards."""
    return [other for other in customer.methods if other.source == "credit_card" and other != method]


class Naming(Protocol):
    """How a language puts the facts into words; every answer is unique among what it is chosen from."""

    def item(self, rng: random.Random, line: Variant, scope: Sequence[Variant]) -> dict[str, str]:
        """Slots `item` (and its cases) that name `line` among `scope`."""
        ...

    def wish(self, rng: random.Random, line: Variant, target: Variant) -> str:
        """What `line` must become, as a noun phrase."""
        ...

    def method(self, rng: random.Random, method: Method, customer: Customer, order: Order | None) -> str:
        """A payment method among the customer's."""
        ...

    def address(self, rng: random.Random, address: Address, customer: Customer, *, block: bool) -> str:
        """An address in running text, or as a block of lines; complete but for a country that stays."""
        ...

    def order(self, rng: random.Random, order: Order, refers: str, named: Variant | None) -> str:
        """The order as a noun phrase without article."""
        ...

    def join(self, parts: Sequence[str]) -> str:
        """A list in words."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Everything a language can say in a letter.

    Templates have slots in braces. `asks` says one wish; `more` adds another item to a swap; `pays` says what
    pays a swap and `refunds` where money goes back; `talks` holds questions and out-of-scope letters, `vague`
    those that leave something open.
    """

    naming: Naming
    greetings: Templates
    closings: Templates
    thanks: Templates
    stories: Mapping[str, Templates]
    asks: Mapping[Wish, Templates]
    more: Mapping[Wish, Templates]
    pays: Templates
    refunds: Templates
    insists: Templates
    order_lines: Templates
    profile_address: Templates
    reasons: Mapping[str, Templates]
    by_email: Templates
    by_name: Templates
    name_only: Templates
    by_user_id: Templates
    links: Templates
    distractors: Mapping[str, Templates]
    subjects: Mapping[str, Templates]
    footers: Templates
    second_choice: Templates
    talks: Mapping[str, Templates]
    vague: Mapping[str, Templates]
    foreign: Mapping[str, Templates]
