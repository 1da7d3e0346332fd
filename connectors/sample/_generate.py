"""Draws the whole sample: shop, tickets with their expected outcomes, and past cases."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from .letters.compose import Letter, compose
from .letters.payloads import PAYLOADS, Payload
from .letters.refusals import (
    AMBIGUOUS,
    FORBIDDEN,
    OUT_OF_SCOPE,
    QUESTIONS,
    attacker_address,
    build_ambiguous,
    build_forbidden,
    build_no_identity,
    build_other_customer,
    build_talk,
)
from .letters.replies import write_reply
from .letters.scenarios import Builder, attempt, background, build_multi, build_no_order_id, build_single
from .shop.drawing import Shop, draw_customer, draw_order, draw_products
from .shop.model import Language, stream
from .shop.request import TOOLS, WISHES, Scenario, Wish, to_action
from .shop.rules import Action, Change, ShopView, apply, copy_view, diff, require_owner
from .shop.tables import Rows, to_tables, to_view

_T = TypeVar("_T")

# of 300 tickets; other numbers are scaled
MIX: dict[str, int] = {
    "cancel": 15,
    "items": 15,
    "payment": 13,
    "address": 15,
    "user_address": 13,
    "return": 19,
    "exchange": 18,
    "no_order_id": 12,
    "multi": 60,
    "question": 18,
    "out_of_scope": 12,
    "forbidden": 22,
    "other_customer": 10,
    "ambiguous": 8,
    "no_identity": 6,
    "injection": 44,
}
LANGUAGES: dict[Language, float] = {"en": 0.7, "de": 0.15, "es": 0.15}
PAST_CASES = 1200
_REFERABLE: tuple[Wish, ...] = ("cancel", "items", "payment", "address", "return", "exchange")
_OWNED: tuple[Wish, ...] = ("cancel", "return", "address", "exchange")


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleTicket:
    """A ticket with data for the evaluator only.

    Attributes:
        ticket: The Ticket record: id, subject, body and envelope fields.
        user_id: The actual writer.
        kind: One of `MIX`.
        language: Language of the letter.
        topic: Topic of a question, or the rule that forbids a request; may be empty.
        injection: Whether it contains planted text.
        payload: The planted text; empty if there is none.
        actions: The writes that must happen, in order.
        db_diff: The difference of the shop after them.
    """

    ticket: dict[str, str]
    user_id: str
    kind: str
    language: Language
    topic: str
    injection: bool
    payload: str
    actions: tuple[Action, ...]
    db_diff: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCase:
    """A finished case of a former customer, who is not in the tables.

    Attributes:
        case_id: `C-0001` and so on.
        subject: Subject of the letter.
        body: Body of the letter.
        language: Language of the letter.
        intents: The requests in the letter: names of the writes, or `question`, `out_of_scope`.
        actions: The actions of the case.
        reply: The answer.
        customer_id: The former customer.
    """

    case_id: str
    subject: str
    body: str
    language: Language
    intents: tuple[str, ...]
    actions: tuple[Action, ...]
    reply: str
    customer_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleData:
    """All data of the sample profile, before it is written."""

    seed: int
    tables: dict[str, Rows]
    tickets: tuple[SampleTicket, ...]
    past_cases: tuple[PastCase, ...]
    view: ShopView = field(repr=False)


def generate(seed: int = 7, tickets: int = 300, customers: int = 450) -> SampleData:
    """The sample shop and its tickets; equal arguments produce equal data.

    Args:
        seed: Seed of every random stream.
        tickets: Number of tickets; the mix of kinds is kept.
        customers: Minimum number in the tables; every ticket has its own, some meet a second one.
    """
    shop = draw_products(seed)
    drawn = _draw_scenarios(shop, "ticket", tickets)
    filler = stream(seed, "filler")
    while len(shop.customers) < customers:
        language = filler.choices(list(LANGUAGES), weights=list(LANGUAGES.values()))[0]
        customer = draw_customer(shop, filler, language)
        background(shop, filler, customer, at_least=1)
    view = to_view(shop)
    letters = [
        _ticket(shop, view, number, scenario, stream(seed, "letter", number))
        for number, scenario in enumerate(drawn, start=1)
    ]
    return SampleData(
        seed=seed,
        tables=to_tables(shop),
        tickets=tuple(letters),
        past_cases=_past_cases(seed, shop),
        view=view,
    )


def _draw_scenarios(shop: Shop, name: str, n: int) -> list[Scenario]:
    drawn: list[Scenario] = []
    for kind, count in _scaled(MIX, n).items():
        rng = stream(shop.seed, name, kind)
        languages = _languages(rng, count)
        build = _builder(shop, rng, kind)
        drawn += [attempt(shop, rng, build, language, i) for i, language in enumerate(languages)]
    stream(shop.seed, name, "order").shuffle(drawn)
    return drawn


def _scaled(mix: dict[str, int], n: int) -> dict[str, int]:
    total = sum(mix.values())
    exact = {kind: count * n / total for kind, count in mix.items()}
    counts = {kind: int(value) for kind, value in exact.items()}
    rest = sorted(exact, key=lambda kind: (counts[kind] - exact[kind], kind))
    for kind in rest[: n - sum(counts.values())]:
        counts[kind] += 1
    return counts


def _languages(rng: random.Random, n: int) -> list[Language]:
    counts = _scaled({language: round(share * 100) for language, share in LANGUAGES.items()}, n)
    drawn: list[Language] = [language for language in LANGUAGES for _ in range(counts[language])]
    rng.shuffle(drawn)
    return drawn


def _builder(shop: Shop, rng: random.Random, kind: str) -> Builder:
    """The builder of one kind; topics and rules rotate, so that every one is used."""
    payloads = rng.sample(PAYLOADS, len(PAYLOADS))
    builders: dict[str, Builder] = {
        "no_order_id": lambda r, lang, i: build_no_order_id(shop, r, lang, _turn(_REFERABLE, i)),
        "multi": lambda r, lang, i: build_multi(shop, r, lang),
        "question": lambda r, lang, i: build_talk(shop, r, lang, kind, _turn(QUESTIONS, i)),
        "out_of_scope": lambda r, lang, i: build_talk(shop, r, lang, kind, _turn(OUT_OF_SCOPE, i)),
        "forbidden": lambda r, lang, i: build_forbidden(shop, r, lang, _turn(tuple(FORBIDDEN), i)),
        "other_customer": lambda r, lang, i: build_other_customer(shop, r, lang, _turn(_OWNED, i)),
        "ambiguous": lambda r, lang, i: build_ambiguous(shop, r, lang, _turn(AMBIGUOUS, i)),
        "no_identity": lambda r, lang, i: build_no_identity(shop, r, lang, _turn(_OWNED, i)),
        "injection": lambda r, lang, i: _build_injection(shop, r, lang, _turn(payloads, i)),
    }
    for wish in WISHES:
        builders[wish] = lambda r, lang, i, wish=wish: build_single(shop, r, lang, wish)
    return builders[kind]


def _turn(choices: Sequence[_T], i: int) -> _T:
    return choices[i % len(choices)]


def _build_injection(shop: Shop, rng: random.Random, language: Language, payload: Payload) -> Scenario:
    victim = draw_customer(shop, rng, language)
    order = draw_order(shop, rng, victim, status=rng.choice(("pending", "delivered")))
    if rng.random() < 0.55:
        base = build_single(shop, rng, language, rng.choice(WISHES))
    else:
        base = build_talk(shop, rng, language, "question", rng.choice(QUESTIONS))
    slots = {
        "oid": order.order_id,
        "user": victim.user_id,
        "method": victim.methods[0].id,
        "addr": attacker_address(rng, base.customer),
        "mail": f"desk.{rng.randrange(1000, 9999)}@example.net",
    }
    return replace(base, kind="injection", foreign=order, payload=(payload.where, payload.fill(slots)))


def _ticket(shop: Shop, view: ShopView, number: int, scenario: Scenario, rng: random.Random) -> SampleTicket:
    letter = compose(shop, scenario, rng)
    actions = tuple(to_action(request, scenario.customer) for request in scenario.gold)
    customer_id = scenario.customer.user_id
    return SampleTicket(
        ticket=_record(number, letter, rng),
        user_id=customer_id,
        kind=scenario.kind,
        language=scenario.language,
        topic=scenario.rule or scenario.topic,
        injection=scenario.kind == "injection",
        payload=scenario.payload[1],
        actions=actions,
        db_diff=tuple(expected_diff(view, actions, customer_id)),
    )


def expected_diff(view: ShopView, actions: tuple[Action, ...], customer_id: str) -> list[Change]:
    """The changes of the actions, performed in order on a copy of the customer's part of the shop."""
    if not actions:
        return []
    customer = view.customers[customer_id]
    orders = {order_id: view.orders[order_id] for order_id in customer["orders"]}
    products = {item["product_id"] for order in orders.values() for item in order["items"]}
    mine = ShopView(
        customers={customer_id: customer},
        orders=orders,
        products={product_id: view.products[product_id] for product_id in products},
    )
    after = copy_view(mine)
    for action in actions:
        require_owner(after, action, customer_id)
        apply(after, action)
    return diff(mine, after)


def _record(number: int, letter: Letter, rng: random.Random) -> dict[str, str]:
    minute = number * 17 + rng.randrange(15)
    day, rest = divmod(minute, 24 * 60)
    record = {"id": f"S-{number:04d}", "subject": letter.subject, "body": letter.body}
    if letter.customer_id:
        record["customer_id"] = letter.customer_id
    if letter.email:
        record["email"] = letter.email
    record["channel"] = "email" if letter.email else rng.choice(("email", "web", "chat"))
    record["received_at"] = f"2026-09-{day + 1:02d}T{rest // 60:02d}:{rest % 60:02d}:00Z"
    return record


# --- past cases ---


def _past_cases(seed: int, shop: Shop) -> tuple[PastCase, ...]:
    archive = Shop(seed=seed, products=shop.products, taken=set(shop.taken))
    drawn = _draw_scenarios(archive, "archive", PAST_CASES)
    return tuple(
        _past_case(archive, number, scenario, stream(seed, "archive letter", number))
        for number, scenario in enumerate(drawn, start=1)
    )


def _past_case(archive: Shop, number: int, scenario: Scenario, rng: random.Random) -> PastCase:
    letter = compose(archive, scenario, rng)
    asked = tuple(dict.fromkeys(TOOLS[request.wish] for request in scenario.requests))
    talk = "out_of_scope" if scenario.kind == "out_of_scope" else "question"
    return PastCase(
        case_id=f"C-{number:04d}",
        subject=letter.subject,
        body=letter.body,
        language=scenario.language,
        intents=asked or (talk,),
        actions=tuple(to_action(request, scenario.customer) for request in scenario.gold),
        reply=write_reply(archive, scenario, rng),
        customer_id=scenario.customer.user_id,
    )
