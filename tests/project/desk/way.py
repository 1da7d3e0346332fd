"""The way of a ticket through the desk, node by node, without the engine around it: the project's own functions.

What the SQL tools answer is looked up in the same rows. Left out are the retrieved passages: the reply then cites
nothing, which can only make the desk surer than it is, never warier.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from compound.project.source.modules import ProjectModules
from tests.support.models.specialists import Specialist, trained

ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT / "../shared/data"
MODULES = ProjectModules(ROOT, "desk_way_test")


def part(name: str) -> Any:
    """A module of the project."""
    return MODULES.load(name)


@cache
def shared() -> Path:
    """The reference data; a test that needs it is skipped where it is absent, never in CI."""
    if not SHARED.exists() and not os.environ.get("CI"):
        pytest.skip("the reference data is not beside the project")
    return SHARED


def _by(rows: Iterable[Mapping[str, Any]], column: str) -> dict[str, list[Mapping[str, Any]]]:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(str(row[column]), []).append(row)
    return groups


@dataclass(frozen=True, kw_only=True)
class Handled:
    """What became of a ticket.

    Attributes:
        is_clean: No person looks before the effects.
        changes: What the plan does to the shop.
    """

    is_clean: bool
    reasons: Sequence[str]
    actions: Sequence[Any]
    changes: Sequence[Any]

    @property
    def writes_alone(self) -> bool:
        """It changes the shop, and nobody is asked."""
        return self.is_clean and bool(self.changes)


class Desk:
    """The desk of one shop.

    Args:
        tables: Name of a table to its rows.
        specialist: What the `intent` node asks; None: it is absent.
    """

    def __init__(self, tables: Mapping[str, Sequence[Mapping[str, Any]]], specialist: Specialist | None = None) -> None:
        self.customers = tables["customers"]
        self.orders = _by(tables["orders"], "user_id")
        self.items = _by(tables["order_items"], "order_id")
        self.payments = _by(tables["order_payments"], "order_id")
        self.methods = _by(tables["payment_methods"], "user_id")
        names = {row["product_id"]: row["name"] for row in tables["products"]}
        self.variants = _by([{**row, "name": names[row["product_id"]]} for row in tables["variants"]], "product_id")
        self.specialist = specialist

    def handle(self, ticket: Mapping[str, Any]) -> Handled:
        """Read, identify, plan, check, write, prove, choose the lane."""
        reading, lanes, checks = part("tools.tickets"), part("tools.lanes"), part("tools.checks")
        intake = reading.read_ticket(reading.Ticket(**ticket))
        found = self._find(intake)
        who = lanes.identify(intake, found)
        intent = self.specialist.predict(intake["text"]).to_json() if self.specialist else None
        inputs: dict[str, Any] = {"intake": intake, "who": who, "intent": intent, "customers": found}
        inputs |= self._rows(who["customer_id"]) if who["customer_id"] else {}
        plan = part("tools.planning").make_plan(inputs)
        before = self._view(who["customer_id"], inputs)
        shop = {"documents": vars_of(before), "versions": {}} if before else None
        verdict = checks.policy(plan, who, shop)
        draft = part("tools.replies").write_reply({**inputs, "plan": plan, "verdict": {"details": verdict.details}})
        evidence = {
            name: inputs.get(name) for name in ("customers", "orders", "items", "payments", "methods", "variants")
        }
        proof = checks.provenance(draft, plan, intake, verdict, **evidence)
        lane = lanes.choose_lane(intake, who, intent, plan, verdict, draft, proof)
        changes = self._changes(before, plan, who["customer_id"]) if before else []
        return Handled(
            is_clean=lane["lane"] == "clean", reasons=lane["reasons"], actions=plan["actions"], changes=changes
        )

    def _find(self, intake: Mapping[str, Any]) -> list[dict[str, Any]]:
        mail = str(intake["email"] or "").lower()
        name = f"{intake['first_name']} {intake['last_name']}".lower() if intake["zip"] else ""
        return [
            dict(row)
            for row in self.customers
            if (mail and str(row["email"]).lower() == mail)
            or (name and f"{row['first_name']} {row['last_name']}".lower() == name and row["zip"] == intake["zip"])
        ]

    def _rows(self, customer_id: str) -> dict[str, Any]:
        orders = self.orders.get(customer_id, [])
        ids = [str(order["order_id"]) for order in orders]
        items = [item for order in ids for item in self.items.get(order, [])]
        products = dict.fromkeys(str(item["product_id"]) for item in items)
        return {
            "orders": orders,
            "items": items,
            "payments": [payment for order in ids for payment in self.payments.get(order, [])],
            "methods": self.methods.get(customer_id, []),
            "variants": [variant for product in products for variant in self.variants.get(product, [])],
        }

    def _view(self, customer_id: str | None, inputs: Mapping[str, Any]) -> Any:
        facts = part("tools.shop.facts").read_facts(customer_id, inputs) if customer_id else None
        return facts.view if facts else None

    def _changes(self, before: Any, plan: Mapping[str, Any], customer_id: str) -> list[Any]:
        rules = part("tools.shop.rules")
        after = rules.copy_view(before)
        for action in plan["actions"]:
            rules.require_owner(after, action, customer_id)
            rules.apply(after, action)
        return rules.diff(before, after)


def vars_of(view: Any) -> dict[str, Any]:
    """A shop view as the record that the shop gives."""
    return {"customers": view.customers, "orders": view.orders, "products": view.products}


@cache
def learned(training: Path, home: Path) -> Specialist:
    """The intent specialist, trained as `compound train intent` does."""
    return trained(part("tools.training").intent_examples(training), home)[1]


@cache
def sample(seed: int, tickets: int) -> Any:
    """The sample of a seed."""
    return part("connectors.sample").generate(seed=seed, tickets=tickets)


@cache
def reference_tables() -> dict[str, list[dict[str, Any]]]:
    """The reference lakehouse, whole."""
    import duckdb
    from deltalake import DeltaTable

    tables: dict[str, list[dict[str, Any]]] = {}
    for folder in sorted((shared() / "tau2_retail/lakehouse").iterdir()):
        if folder.is_dir():
            with duckdb.connect() as connection:
                connection.register("source", DeltaTable(folder).scan())
                cursor = connection.execute("SELECT * FROM source")
                names = [column[0] for column in cursor.description or ()]
                tables[folder.name] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return tables
