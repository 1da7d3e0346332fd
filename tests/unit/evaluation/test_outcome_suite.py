from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

import anyio
import pytest

from compound.errors import DataError
from compound.evaluation import Case, CaseResult, SuiteContext, SuiteReport, split
from compound.evaluation.runner import build_suite, run_suite
from compound.project.source.modules import ProjectModules
from compound.spec.suite_file import read_suite_file

ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT / "../shared/data"
MODULES = ProjectModules(ROOT, "outcome_suite_test")

Rows = Sequence[Mapping[str, Any]]

# The published outcomes of these copy the last item's options to every modified item: no shop may do so.
WRONG_UPSTREAM = {"20", "21", "37"}


@cache
def rows(table: str) -> Rows:
    """A whole table of the reference lakehouse."""
    import duckdb
    from deltalake import DeltaTable

    folder = SHARED / "tau2_retail/lakehouse" / table
    with duckdb.connect() as connection:
        connection.register("source", DeltaTable(folder).scan())
        cursor = connection.execute("SELECT * FROM source")
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


class Oracle:
    """Drafts the expected actions; `spoil` names cases in which it drafts none, `lane` where they go."""

    def __init__(self, *, lane: str = "clean", spoil: Sequence[str] = (), customers: bool = True) -> None:
        self.lane = lane
        self.spoil = spoil
        self.customers = customers

    async def run(self, case: Case) -> CaseResult:
        actions = [] if case.id in self.spoil else case.expected["actions"]
        owner = case.cluster_id or _owner(cast("list[dict[str, Any]]", case.expected["actions"]))
        return CaseResult(
            case_id=case.id,
            status="done",
            values={
                "plan": {"actions": actions},
                "who": {"customer_id": owner if self.customers else None},
                "lane": {"lane": self.lane},
            },
            run_id=f"run-{case.id}",
            seconds=0.5,
        )


def _owner(actions: list[dict[str, Any]]) -> str | None:
    for action in actions:
        order = action["arguments"].get("order_id")
        for row in rows("orders"):
            if row["order_id"] == order:
                return str(row["user_id"])
    return None


def evaluate(subject: Oracle, folder: Path, **more: Any) -> SuiteReport:
    spec = read_suite_file(ROOT / "evals/outcome/suite.yaml", "evals/outcome/suite.yaml")
    context = SuiteContext(root=ROOT, profile="tau", cases=folder, rows=rows, **more)
    suite = build_suite(spec, context, lambda name: MODULES.function(f"evals.outcome.{name}"))
    return anyio.run(lambda: run_suite(suite, subject, profile="tau", model="oracle", details=True))


@pytest.fixture
def tau() -> Path:
    if not SHARED.is_dir() and not os.environ.get("CI"):
        pytest.skip("the reference data is not beside the project")
    return SHARED


@pytest.mark.shared
def test_expected_actions_give_the_expected_outcome_for_customers_held_out(tau: Path) -> None:
    folder = tau / "tau1_retail"
    report = evaluate(Oracle(), folder, training=folder, extra_cases=tau / "tau2_retail")
    assert 180 < report.n < 300
    assert report.scores["outcome_match"].value == 1.0
    assert report.scores["clean_wrong_write"].value == 0.0
    assert report.scores["clean_wrong_write"].n == report.n
    assert report.labels["lane"] == {"clean": report.n}
    assert set(report.sections) == {"dev", "tau2_retail/train"}
    assert {score.value for score in report.groups["action"].values()} == {1.0}
    refused = report.slices["gold"]["refused"]["outcome_match"]
    assert (refused.n, refused.value) == (16, 1.0)  # of the held-out half; what the shop refuses changes nothing
    natural = report.sections["tau2_retail/train"]
    assert natural.n == 74
    wrong = {case.id.rpartition("-")[2] for case in natural.cases if not case.scores["outcome_match"]}
    assert wrong == WRONG_UPSTREAM
    assert next(gate for gate in report.gates if gate.score == "outcome_match").verdict == "PASS"


@pytest.mark.shared
def test_every_case_of_a_named_folder_counts_and_halves_are_disjoint(tau: Path) -> None:
    folder = tau / "tau1_retail"
    report = evaluate(Oracle(lane="deferred"), folder)
    assert report.n == 500 + 20  # those whose expected writes the shop refuses too
    assert report.scores["clean_wrong_write"].model_dump() == {
        "value": None, "n": 0, "low": None, "high": None, "method": "wilson", "clusters": 0,
    }  # fmt: skip
    assert report.scores["deferred_share"].value == 1.0
    assert report.scores["clean_share"].value == 0.0
    halves = {name: {case.id for case in evaluate(Oracle(), folder, split=name).cases} for name in ("train", "heldout")}
    assert not halves["train"] & halves["heldout"]
    assert len(halves["train"] | halves["heldout"]) == report.n


@pytest.mark.shared
def test_nothing_is_written_for_somebody_who_is_not_identified(tau: Path) -> None:
    report = evaluate(Oracle(customers=False), tau / "tau1_retail")
    matched = [case.id for case in report.cases if case.scores["outcome_match"]]
    assert all(not case.scores["clean_wrong_write"] for case in report.cases)
    assert 0 < len(matched) < 20  # the cases that must change nothing


def _folder(tmp_path: Path, actions: list[dict[str, Any]], expected: list[dict[str, Any]]) -> Path:
    (tmp_path / "tasks_one.json").write_text(
        json.dumps([{"user_id": "u1", "instruction": "hello", "actions": actions, "kind": "cancel"}])
    )
    (tmp_path / "expected_outcomes_one.json").write_text(
        json.dumps([{"task_index": 0, "user_id": "u1", "db_diff": expected, "gold_action_errors": []}])
    )
    return tmp_path


TABLES: dict[str, Rows] = {
    "customers": [
        {"user_id": u, "first_name": "A", "last_name": "B", "email": "a@b.c", "address1": "1", "address2": "",
         "city": "C", "state": "S", "country": "USA", "zip": "00001"} for u in ("u1", "u2")
    ],
    "orders": [
        {"order_id": f"#W{n}", "user_id": u, "status": "pending", "address1": "1", "address2": "",
         "city": "C", "state": "S", "country": "USA", "zip": "00001", "n_items": 1, "total": 5.0}
        for n, u in ((1, "u1"), (2, "u2"))
    ],
    "order_items": [
        {"order_id": f"#W{n}", "line": 0, "item_id": "i1", "product_id": "p1", "name": "Lamp", "price": 5.0,
         "options": "{}"} for n in (1, 2)
    ],
    "order_payments": [
        {"order_id": f"#W{n}", "seq": 0, "transaction_type": "payment", "amount": 5.0,
         "payment_method_id": "pay1"}
        for n in (1, 2)
    ],
    "payment_methods": [
        {"user_id": u, "payment_method_id": "pay1", "source": "paypal", "brand": None, "last_four": None,
         "balance": None} for u in ("u1", "u2")
    ],
    "products": [{"product_id": "p1", "name": "Lamp", "n_variants": 1}],
    "variants": [{"item_id": "i1", "product_id": "p1", "available": True, "price": 5.0, "options": "{}"}],
}  # fmt: skip


def _judge(folder: Path, drafted: list[dict[str, Any]], *, lane: str = "clean", status: str = "done") -> SuiteReport:
    class Drafts:
        async def run(self, case: Case) -> CaseResult:
            values: dict[str, Any] = {
                "plan": {"actions": drafted},
                "who": {"customer_id": "u1"},
                "lane": {"lane": lane},
            }
            return CaseResult(case_id=case.id, status=status, values=values)

    spec = read_suite_file(ROOT / "evals/outcome/suite.yaml")
    context = SuiteContext(root=ROOT, profile="sample", cases=folder, rows=TABLES.__getitem__)
    suite = build_suite(spec, context, lambda name: MODULES.function(f"evals.outcome.{name}"))
    return anyio.run(lambda: run_suite(suite, Drafts(), profile="sample", model="x", details=True))


def _cancel(order: str, reason: str = "no longer needed") -> dict[str, Any]:
    return {"name": "cancel_pending_order", "arguments": {"order_id": order, "reason": reason}}


def test_a_wrong_write_counts_only_in_the_clean_lane(tmp_path: Path) -> None:
    folder = _folder(tmp_path, [], [])
    clean = _judge(folder, [_cancel("#W1")])
    assert clean.scores["clean_wrong_write"].value == 1.0
    assert clean.scores["outcome_match"].value == 0.0
    assert clean.cases[0].details["outcome_match"] == {"drafted": [_cancel("#W1")], "refused": []}
    deferred = _judge(folder, [_cancel("#W1")], lane="deferred")
    assert (deferred.scores["clean_wrong_write"].value, deferred.scores["clean_wrong_write"].n) == (None, 0)


def test_another_customers_order_and_a_refused_action_change_nothing(tmp_path: Path) -> None:
    folder = _folder(tmp_path, [], [])
    transfer = {"name": "transfer_to_human_agents", "arguments": {"summary": "x"}}
    report = _judge(folder, [_cancel("#W2"), _cancel("#W9"), _cancel("#W1", "because"), transfer])
    assert report.scores["outcome_match"].value == 1.0
    assert report.scores["clean_wrong_write"].value == 0.0


@pytest.mark.parametrize("value", [None, 7, ["#W1"], {"a": 1}, "", True, [1, None], "\ud800"])
@pytest.mark.parametrize("name", ["cancel_pending_order", "return_delivered_order_items", "modify_user_address"])
def test_arguments_of_any_shape_are_refused_not_a_crash(name: str, value: Any, tmp_path: Path) -> None:
    keys = {
        "cancel_pending_order": ("order_id", "reason"),
        "return_delivered_order_items": ("order_id", "item_ids", "payment_method_id"),
        "modify_user_address": ("user_id", "address1", "address2", "city", "state", "country", "zip"),
    }[name]
    for key in keys:
        good: dict[str, Any] = dict.fromkeys(keys, "x") | {"order_id": "#W1", "user_id": "u1"}
        arguments = {k: value if k == key else good[k] for k in keys}
        report = _judge(_folder(tmp_path, [], []), [{"name": name, "arguments": arguments}])
        assert report.labels["lane"] == {"clean": 1}


def test_a_failed_run_matches_nothing_and_goes_to_a_person(tmp_path: Path) -> None:
    report = _judge(_folder(tmp_path, [], []), [], status="failed")
    assert report.scores["outcome_match"].value == 0.0
    assert report.scores["deferred_share"].value == 1.0
    assert report.labels["lane"] == {"failed": 1}


def test_recall_ignores_the_order_of_items_and_counts_each_expected_action_once(tmp_path: Path) -> None:
    gold = {"name": "return_delivered_order_items", "kwargs": {"order_id": "#W1", "item_ids": ["a", "b"]}}
    folder = _folder(tmp_path, [gold, gold, {"name": "get_order_details", "kwargs": {}}], [])
    given = {"name": gold["name"], "arguments": {"order_id": "#W1", "item_ids": ["b", "a"]}}
    report = _judge(folder, [given])
    assert report.groups["action"]["return_delivered_order_items"].model_dump(include={"value", "n"}) == {
        "value": 0.5,
        "n": 2,
    }
    assert set(report.groups["action"]) == {"return_delivered_order_items"}


def test_a_ticket_in_the_task_is_the_input(tmp_path: Path) -> None:
    ticket = {"id": "t1", "subject": "Hi", "body": "Please cancel", "email": "a@b.c"}
    (tmp_path / "tasks_x.json").write_text(json.dumps([{"id": "7", "ticket": ticket, "actions": []}]))
    (tmp_path / "expected_outcomes_x.json").write_text(json.dumps({"7": {"db_diff": []}}))
    load = MODULES.function("evals.outcome.cases:load")
    cases = cast("Any", load(SuiteContext(root=ROOT, profile="x", cases=tmp_path, rows=lambda _: [])))
    (case,) = cases.cases
    assert case.input == {"ticket": ticket}
    assert case.cluster_id is None


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({}, "cases.none"),
        ({"tasks_a.json": "[", "expected_outcomes_a.json": "[]"}, "cases.broken"),
        ({"tasks_a.json": "{}", "expected_outcomes_a.json": "[]"}, "cases.broken"),
        ({"tasks_a.json": "[]"}, "cases.broken"),
        ({"tasks_a.json": '[{"instruction": "x"}]', "expected_outcomes_a.json": "[]"}, "cases.no-outcome"),
    ],
)
def test_a_folder_that_is_not_one_of_cases_is_refused(files: dict[str, str], code: str, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    load = MODULES.function("evals.outcome.cases:load")
    with pytest.raises(DataError) as caught:
        load(SuiteContext(root=ROOT, profile="x", cases=tmp_path, rows=lambda _: []))
    assert caught.value.code == code


def test_the_halves_are_about_equal_and_stay_what_they_are() -> None:
    halves = [split(f"customer_{n}") for n in range(2_000)]
    assert 900 < halves.count("train") < 1_100
    # A change here would put customers that a trained model has seen into the evaluation.
    assert [split(name) for name in ("omar_anderson_3203", "customer_1", "customer_2", "")] == [
        "heldout",
        "train",
        "train",
        "heldout",
    ]
