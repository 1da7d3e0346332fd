"""Letters whose meaning turns on an exception, a negation, a quotation, a question, a report, a condition."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.project.desk.nora import CUSTOMER, facts, read
from tests.project.desk.quoted_heads import ABOVE, BELOW, HEADS
from tests.project.desk.turned_letters import KINDS, PLAIN
from tests.project.desk.way import SHARED, Desk, learned, reference_tables, shared
from tools.lanes import Identity, lane_reasons
from tools.planning import make_plan
from tools.shop.proposals import Plan

ORDERS = {"P": "#W1000001", "Q": "#W1000005", "D": "#W1000002", "E": "#W1000003"}
ITEMS = {"l": "3000000001", "s": "2000000001", "t": "5000000001"}
WHO: Identity = {"customer_id": str(CUSTOMER["user_id"]), "reason": "e-mail"}
MOST = 2 / 45


def handle(body: str) -> tuple[Plan, list[str]]:
    """The plan for a letter of Nora's, who has a second pending order, and why a person must look."""
    rows, intake = facts(), read(body)
    address = {key: CUSTOMER[key] for key in ("address1", "address2", "city", "state", "country", "zip")}
    order: dict[str, Any] = {"order_id": ORDERS["Q"], "user_id": CUSTOMER["user_id"], "status": "pending", **address}
    item = {"line": 0, "item_id": "5000000002", "product_id": "5", "name": "T-Shirt", "price": 21.0}
    options = json.dumps({"color": "blue", "size": "L", "style": "v-neck"})
    paid = {"seq": 0, "transaction_type": "payment", "amount": 21.0, "payment_method_id": "paypal_2222222"}
    rows["orders"].append({**order, "total": 21.0})
    rows["items"].append({"order_id": ORDERS["Q"], **item, "options": options})
    rows["payments"].append({"order_id": ORDERS["Q"], **paid})
    inputs: dict[str, Any] = {**rows, "intake": intake, "who": WHO}
    plan = make_plan(inputs)
    return plan, lane_reasons(intake, WHO, plan)


def touches(plan: Plan, code: str) -> bool:
    """Whether the plan does what the code of a letter names."""
    for action in plan["actions"]:
        name, arguments = action["name"], action["arguments"]
        items = arguments.get("item_ids")
        if arguments.get("order_id") != ORDERS[code[1]]:
            continue
        if code[0] == "c" and name == "cancel_pending_order":
            return True
        if code[0] == "r" and isinstance(items, list) and ITEMS[code[2]] in items:
            return True
    return False


def letters(text: str) -> Iterator[tuple[str, str]]:
    """Each letter bare and inside a greeting and a close."""
    for line in text.strip().splitlines():
        code, _, said = line.partition(" ")
        body = said.format(**ORDERS)
        yield code, body
        yield code, f"Hello,\n\n{body}\n\nBest regards\nNora Quist"


TABLE = [(kind, language) for kind, languages in KINDS.items() for language in languages]


@pytest.mark.parametrize(("kind", "language"), TABLE)
def test_what_a_letter_excludes_is_not_proposed(kind: str, language: str) -> None:
    told = [(code, body, *handle(body)) for code, body in letters(KINDS[kind][language])]
    proposed = [(body, reasons) for code, body, plan, reasons in told if touches(plan, code)]
    assert [body for body, reasons in proposed if not reasons] == [], "ready"
    assert len(proposed) / len(told) <= MOST, [body for body, _ in proposed]


@pytest.mark.parametrize("head", HEADS.strip().splitlines())
def test_nothing_below_the_head_of_a_quoted_mail_is_proposed(head: str) -> None:
    for above in ABOVE.values():
        for below in BELOW:
            for mark in ("", "> "):
                body = f"{above}\n\n{head.replace('|', chr(10))}\n\n{mark}{below.format(**ORDERS)}"
                plan, reasons = handle(body)
                assert plan["actions"] == [], body
                assert reasons, body


@pytest.mark.parametrize("head", HEADS.strip().splitlines()[:40])
def test_what_stands_above_a_quoted_mail_is_still_read(head: str) -> None:
    quoted = "Thank you for your order.\nWe will let you know."
    body = f"Please return the desk lamp from {ORDERS['D']}.\n\n{head.replace('|', chr(10))}\n\n{quoted}"
    plan, _ = handle(body)
    assert touches(plan, "rDl"), body


def test_an_answer_below_a_marked_quotation_is_the_letter() -> None:
    body = f"On Aug 3, 2026, Quillmoor wrote:\n> Shall we keep {ORDERS['P']}?\n\nPlease return the lamp from {ORDERS['D']}."
    assert touches(handle(body)[0], "rDl")


@pytest.mark.parametrize("language", PLAIN)
def test_plain_requests_are_still_proposed(language: str) -> None:
    for line in PLAIN[language].strip().splitlines():
        code, _, said = line.partition(" ")
        body = said.format(**ORDERS)
        assert touches(handle(body)[0], code), body


def test_the_reasons_quote_the_customer() -> None:
    said = "Please return all items of #W1000002 except the lamp."
    plan, reasons = handle(f"Hello,\n\n{said}")
    assert plan["unexplained"] == [f"{said} (an exception)"]
    assert f"unexplained: {said} (an exception)" in reasons


@pytest.mark.shared
def test_the_reference_letters(tmp_path: Path) -> None:
    desk = Desk(reference_tables(), learned(shared() / "tau1_retail", tmp_path))
    lines = (SHARED / "../cases/letters.jsonl").read_text(encoding="utf-8").splitlines()
    proposed: list[str] = []
    for letter in map(json.loads, lines):
        done = desk.handle({key: letter[key] for key in ("id", "body", "customer_id")})
        for name, order, item in letter["never"]:
            for action in done.actions:
                given = action["arguments"]
                if (action["name"], given.get("order_id")) == (name, order) and item in {
                    None,
                    *given.get("item_ids", ()),
                }:
                    proposed.append(letter["id"])
                    assert not done.is_clean, letter["body"]
        assert letter.get("must") != "defer" or not done.is_clean, letter["body"]
    assert len(proposed) <= 2, proposed
