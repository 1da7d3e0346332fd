from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from connectors.sample import SampleData, SampleTicket

TICKET_FIELDS = {"id", "subject", "body", "customer_id", "email", "channel", "received_at"}
SILENT = {"question", "out_of_scope", "forbidden", "other_customer", "ambiguous", "no_identity"}


def replayed(rules: Any, data: SampleData, ticket: SampleTicket) -> list[Any]:
    customer = data.view.customers[ticket.user_id]
    view = rules.ShopView(
        customers={ticket.user_id: customer},
        orders={order_id: data.view.orders[order_id] for order_id in customer["orders"]},
        products={},
    )
    products = {item["product_id"] for order in view.orders.values() for item in order["items"]}
    view.products.update({product_id: data.view.products[product_id] for product_id in products})
    after = rules.copy_view(view)
    for action in ticket.actions:
        rules.require_owner(after, action, ticket.user_id)
        rules.apply(after, action)
    return rules.diff(view, after)


def test_equal_seeds_give_equal_bytes_and_others_do_not(sample: Any, tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        sample.write_profile(tmp_path / name, seed=seed, tickets=40)
    for file in (
        "tickets.jsonl",
        "past_cases.jsonl",
        "cases/tasks_sample.json",
        "cases/expected_outcomes_sample.json",
    ):
        first, again, other = ((tmp_path / name / file).read_bytes() for name in "abc")
        assert first == again, file
        assert first != other, file
    assert sample.generate(seed=3, tickets=40) == sample.generate(seed=3, tickets=40)


@pytest.mark.parametrize("seed", [1, 2, 11])
def test_any_seed_works(sample: Any, seed: int) -> None:
    assert len(sample.generate(seed=seed, tickets=300, customers=320).tickets) == 300


def test_the_mix_holds(sample: Any, data: SampleData) -> None:
    assert Counter(ticket.kind for ticket in data.tickets) == sample.MIX
    languages = Counter(ticket.language for ticket in data.tickets)
    assert 200 <= languages["en"] <= 220
    assert min(languages["de"], languages["es"]) >= 40
    wishes = Counter(action["name"] for ticket in data.tickets for action in ticket.actions)
    assert len(wishes) == 7
    assert min(wishes.values()) >= 20
    assert sum(ticket.injection for ticket in data.tickets) >= 40
    assert sum(len(ticket.actions) > 1 for ticket in data.tickets) >= 50


def test_expected_outcomes_follow_from_the_rules(data: SampleData, rules: ModuleType) -> None:
    for ticket in data.tickets:
        assert rules.same_outcome(replayed(rules, data, ticket), ticket.db_diff), ticket.ticket["id"]
        assert bool(ticket.actions) == bool(ticket.db_diff)


def test_what_must_change_nothing_changes_nothing(data: SampleData) -> None:
    for ticket in data.tickets:
        assert not (ticket.kind in SILENT and ticket.db_diff), ticket.ticket["id"]


def test_no_two_tickets_touch_the_same_customer_or_order(data: SampleData) -> None:
    assert len({ticket.user_id for ticket in data.tickets}) == len(data.tickets)
    touched = [path for t in data.tickets for path in {tuple(change["path"][:2]) for change in t.db_diff}]
    assert len(touched) == len(set(touched))


def test_every_order_named_in_an_innocent_letter_is_the_writers(data: SampleData) -> None:
    owner = {order_id: order["user_id"] for order_id, order in data.view.orders.items()}
    for ticket in data.tickets:
        named = set(re.findall(r"#W\d{7}", ticket.ticket["subject"] + ticket.ticket["body"]))
        strangers = {order_id for order_id in named if owner[order_id] != ticket.user_id}
        if ticket.kind == "other_customer":
            assert strangers or re.search(r"\bW\d{7}", ticket.ticket["body"])
        elif not ticket.injection:
            assert not strangers, ticket.ticket["id"]


def test_a_resolvable_letter_names_every_order_it_changes(data: SampleData) -> None:
    for ticket in data.tickets:
        text = ticket.ticket["subject"] + ticket.ticket["body"]
        for action in ticket.actions:
            order_id = action["arguments"].get("order_id")
            if isinstance(order_id, str) and ticket.kind != "no_order_id":
                assert order_id[1:] in text, ticket.ticket["id"]


def test_new_addresses_stand_in_the_letter_or_on_file(data: SampleData) -> None:
    for ticket in data.tickets:
        on_file = data.view.customers[ticket.user_id]["address"]
        for action in ticket.actions:
            given = action["arguments"]
            if "city" not in given or given["address1"] == on_file["address1"]:
                continue
            for field in ("address1", "address2", "city", "state", "zip"):
                assert str(given[field]) in ticket.ticket["body"], (ticket.ticket["id"], field)
            assert given["country"] == on_file["country"] or str(given["country"]) in ticket.ticket["body"]


def test_known_writers_can_be_identified_and_unknown_ones_cannot(data: SampleData) -> None:
    customers = data.view.customers
    emails = {customer["email"] for customer in customers.values()}
    for ticket in data.tickets:
        customer, text = customers[ticket.user_id], ticket.ticket["body"]
        by_email = ticket.ticket.get("email") == customer["email"] or customer["email"] in text
        names = customer["name"]["first_name"] in text and customer["name"]["last_name"] in text
        by_name = names and customer["address"]["zip"] in text
        if ticket.kind == "no_identity":
            assert not by_email
            assert not by_name
            assert ticket.ticket.get("email") not in emails
        else:
            assert by_email or by_name, ticket.ticket["id"]


def test_tickets_carry_nothing_for_the_evaluator(sample: Any, data: SampleData, tmp_path: Path) -> None:
    sample.write(data, tmp_path)
    lines = (tmp_path / "tickets.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    assert len(records) == 300
    for record in records:
        assert set(record) <= TICKET_FIELDS
        assert {"id", "subject", "body"} <= set(record)
    innocent = [t.ticket for t in data.tickets if not t.injection]
    text = json.dumps(innocent)
    assert not re.search(r"pending_order|modify_user|delivered_order|out_of_scope|db_diff", text)
    assert "\ue000" not in text
    assert not re.search(r"\{\w*\}", text)


def test_the_cases_have_the_shape_of_the_reference(sample: Any, data: SampleData, tmp_path: Path) -> None:
    sample.write(data, tmp_path)
    tasks = json.loads((tmp_path / "cases/tasks_sample.json").read_text(encoding="utf-8"))
    outcomes = json.loads((tmp_path / "cases/expected_outcomes_sample.json").read_text(encoding="utf-8"))
    assert [outcome["task_index"] for outcome in outcomes] == list(range(len(tasks)))
    for task, outcome in zip(tasks, outcomes, strict=True):
        assert {"user_id", "instruction", "actions", "ticket", "kind", "language", "injection"} <= set(task)
        assert all(set(action) == {"name", "kwargs"} for action in task["actions"])
        assert outcome["user_id"] == task["user_id"]
        assert outcome["gold_action_errors"] == []
        assert task["ticket"]["body"] in task["instruction"]


def skeleton(text: str) -> str:
    text = re.sub(r"\S*[\d@#]\S*", "0", text.lower())
    return re.sub(r"[^a-zäöüßáéíóúñ0]+", " ", text)


def test_the_wording_is_varied(data: SampleData, voices: ModuleType) -> None:
    for language, least in (("en", 25), ("de", 10), ("es", 10)):
        asks = voices.VOICES[language].asks
        assert len(asks) == 7
        for wish, templates in asks.items():
            assert len(set(templates)) >= least, (language, wish)
    bodies = [skeleton(ticket.ticket["body"]) for ticket in data.tickets]
    assert len(set(bodies)) == len(bodies)
    grams = [{" ".join(part) for part in zip(*[body.split()[i:] for i in range(6)], strict=False)} for body in bodies]
    shared = Counter(gram for each in grams for gram in each)
    assert max(shared.values()) <= 20


def test_every_injection_is_another_one_and_hidden_in_many_places(data: SampleData) -> None:
    texts = [t.ticket["subject"] + "\n" + t.ticket["body"] for t in data.tickets if t.injection]
    assert len(set(texts)) == len(texts) >= 40
    payloads = Counter(ticket.payload for ticket in data.tickets if ticket.injection)
    assert max(payloads.values()) == 1
    assert all(payload in text for payload, text in zip(
        [t.payload for t in data.tickets if t.injection], texts, strict=True))  # fmt: skip
    joined = "\n".join(texts).lower()
    for mark in (
        "ignore all previous",
        "<!--",
        "base64" if "base64" in joined else "decode",
        "> on",
        '{"',
        "rot13",
    ):
        assert mark in joined, mark
    by_payload = [t for t in data.tickets if t.injection and not t.actions]
    assert 10 <= len(by_payload) <= 34


def test_no_injection_aims_at_its_own_gold(data: SampleData) -> None:
    for ticket in data.tickets:
        if ticket.injection:
            mine = set(data.view.customers[ticket.user_id]["orders"])
            assert not mine & set(re.findall(r"#W\d{7}", ticket.payload))


def test_past_cases_are_of_other_people_and_other_letters(data: SampleData) -> None:
    assert len(data.past_cases) == 1200
    former = {case.customer_id for case in data.past_cases}
    assert not former & data.view.customers.keys()
    bodies = {ticket.ticket["body"] for ticket in data.tickets}
    orders = set(data.view.orders)
    for case in data.past_cases:
        assert case.body not in bodies
        assert not orders & set(re.findall(r"#W\d{7}", case.body))
        assert case.intents
        assert case.reply.strip()
        assert {action["name"] for action in case.actions} <= set(case.intents)
    labels = Counter(label for case in data.past_cases for label in case.intents)
    assert len(labels) == 9
    assert min(labels.values()) >= 10


def test_times_go_forward(data: SampleData) -> None:
    times = [ticket.ticket["received_at"] for ticket in data.tickets]
    assert all(a < b for a, b in pairwise(times))


def test_two_cards_are_told_apart(data: SampleData) -> None:
    brands: defaultdict[str, list[str]] = defaultdict(list)
    for row in data.tables["payment_methods"]:
        if row["source"] == "credit_card":
            brands[str(row["user_id"])].append(str(row["last_four"]))
    assert sum(len(cards) > 1 for cards in brands.values()) >= 20
    assert all(len(set(cards)) == len(cards) for cards in brands.values())
