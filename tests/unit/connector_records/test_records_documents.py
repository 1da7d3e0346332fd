"""Documents out of rows and back: the shape of the reference database, versions, refused seeds."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import ValidationError

from compound.errors import ConnectorError, DataError, EffectRefused
from compound.spec.records_file import RecordsFile
from tests.support.data.state_stores import postgresql_url
from tests.support.shops import Records, find_effect, group_of, open_shop, open_small_shop, shop_file, small_tables
from tools import effects
from tools.shop.rules import ShopView, diff, same_outcome

SHARED = Path(__file__).resolve().parents[3] / "../shared/data/tau2_retail"


@pytest.fixture(params=["sqlite", "postgresql"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Records]:
    opened = open_small_shop(tmp_path / "shop.db" if request.param == "sqlite" else postgresql_url())
    yield opened
    opened.close()


def test_a_document_has_the_declared_shape(shop: Records) -> None:
    view = shop.documents("ann")
    assert view["customers"]["ann"]["name"] == {"first_name": "Ann", "last_name": "Lee"}
    assert view["customers"]["ann"]["payment_methods"] == {
        "gift_card_1": {"source": "gift_card", "id": "gift_card_1", "balance": 5.0},
        "credit_card_1": {
            "source": "credit_card",
            "id": "credit_card_1",
            "brand": "visa",
            "last_four": "0042",
        },
    }
    order = view["orders"]["#W2"]
    assert order["fulfillments"] == [{"tracking_id": ["t1"], "item_ids": ["i1", "i1"]}]
    assert "cancel_reason" not in order
    assert view["products"]["p1"]["variants"] is not None
    assert view.versions == dict.fromkeys(["customers/ann", "orders/#W1", "orders/#W2", "orders/#W4", "products/p1"], 1)
    assert shop.documents("nobody").to_json() == {
        "customers": {},
        "orders": {},
        "products": {},
        "versions": {},
    }


def test_changes_are_written_back_and_raise_the_version(shop: Records) -> None:
    with shop.transaction() as tx:
        order = cast("dict[str, Any]", tx.get("orders", "#W1"))
        order["status"] = "cancelled"
        order["cancel_reason"] = "no longer needed"
        order["items"].pop()
        order["items"][0]["options"]["color"] = "blue"
        order["payment_history"].append(
            {"transaction_type": "refund", "amount": 20.1, "payment_method_id": "gift_card_1"}
        )
        order["return_items"] = ["i1", "i1"]
        tx.get("orders", "#W2")
    found = shop.documents("ann")["orders"]["#W1"]
    assert found == order
    assert shop.versions(["orders/#W1", "orders/#W2", "orders/#W9", "ghosts/1"]) == {
        "orders/#W1": 2,
        "orders/#W2": 1,
    }
    assert tx.changed == {"orders/#W1": 2}


def test_an_exception_takes_everything_back(shop: Records) -> None:
    before = shop.export()

    def spoil() -> None:
        with shop.transaction() as tx:
            cast("dict[str, Any]", tx.get("orders", "#W1"))["status"] = "lost"
            raise RuntimeError

    with pytest.raises(RuntimeError):
        spoil()
    assert shop.export() == before


def test_a_row_at_another_version_is_refused_at_first_touch(shop: Records) -> None:
    with (
        pytest.raises(EffectRefused, match="orders/#W1 was at version 7, now 1"),
        shop.transaction({"orders/#W1": 7}) as tx,
    ):
        tx.get("orders", "#W1")


def test_an_id_never_changes(shop: Records) -> None:
    with pytest.raises(ConnectorError, match="ids cannot change"), shop.transaction() as tx:
        cast("dict[str, Any]", tx.get("orders", "#W1"))["order_id"] = "#W5"


def test_the_difference_of_two_shops_is_named_by_path(shop: Records, tmp_path: Path) -> None:
    other = open_small_shop(tmp_path / "other.db")
    assert shop.diff(other) == []
    with other.transaction() as tx:
        cast("dict[str, Any]", tx.get("customers", "bob"))["email"] = "b@example.com"
    assert shop.diff(other) == [
        {
            "op": "replace",
            "path": ["customers", "bob", "email"],
            "old": "bob@example.com",
            "value": "b@example.com",
        }
    ]
    other.close()


def test_a_shop_is_seeded_once_unless_forced(shop: Records) -> None:
    assert shop.seed(small_tables()) is False
    with shop.transaction() as tx:
        cast("dict[str, Any]", tx.get("customers", "bob"))["email"] = "b@example.com"
    assert shop.seed(small_tables(), force=True) is True
    assert shop.documents("bob")["customers"]["bob"]["email"] == "bob@example.com"
    assert shop.versions(["customers/bob"]) == {"customers/bob": 1}


def test_a_seed_that_does_not_fit_changes_nothing(shop: Records) -> None:
    before = shop.export()
    tables = small_tables()
    twice = {**tables, "orders": tables["orders"] * 2}
    lacking = {**tables, "orders": [{"order_id": "#W1", "user_id": "ann"}]}
    strange = {**tables, "products": [{"product_id": "p1", "name": "x", "colour": "red"}]}
    missing = {name: rows for name, rows in tables.items() if name != "variants"}
    cases = [
        (twice, "bad-value"),
        (lacking, "missing-column"),
        (strange, "unknown-column"),
        (missing, "missing-table"),
    ]
    for wrong, code in cases:
        with pytest.raises(DataError) as caught:
            shop.seed(wrong, force=True)
        assert caught.value.code == f"records.{code}"
        assert shop.export() == before


def test_a_shop_that_was_never_seeded_says_so(tmp_path: Path) -> None:
    empty = open_shop(tmp_path / "shop.db")
    with pytest.raises(ConnectorError) as caught:
        empty.documents("ann")
    assert caught.value.code == "records.not-seeded"
    empty.close()


def test_a_shop_file_that_names_no_column_is_refused() -> None:
    data = shop_file().model_dump()
    data["documents"]["orders"]["shape"]["status"] = "state_of_mind"
    with pytest.raises(ValidationError, match="has no column 'state_of_mind'"):
        RecordsFile.model_validate(data)


def lakehouse_rows(table: str) -> list[dict[str, object]]:
    import duckdb
    from deltalake import DeltaTable

    files = DeltaTable(str(SHARED / "lakehouse" / table)).file_uris()
    result = duckdb.connect().execute("SELECT * FROM read_parquet(?, hive_partitioning=true)", [files])
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


@pytest.fixture
def reference(tmp_path: Path) -> Iterator[Records]:
    """The shop of the reference; each test has one of its own, because one of them changes it."""
    if not SHARED.is_dir() and not os.environ.get("CI"):
        pytest.skip("the reference data is not beside the project")
    file = shop_file()
    opened = open_shop(tmp_path / "shop.db", file, effects=find_effect)
    opened.seed({name: lakehouse_rows(name) for name in file.tables})
    yield opened
    opened.close()


@pytest.mark.shared
def test_the_reference_lakehouse_gives_the_reference_documents(reference: Records) -> None:
    database = json.loads((SHARED / "db.json").read_text())
    exported = reference.export()
    assert exported["orders"] == database["orders"]
    assert exported["products"] == database["products"]
    for key, customer in database["users"].items():
        found = cast("dict[str, Any]", exported["customers"][key])
        assert {**found, "orders": sorted(found["orders"])} == {
            **customer,
            "orders": sorted(customer["orders"]),
        }


@pytest.mark.shared
def test_the_gold_actions_give_the_published_outcomes_in_the_database(reference: Records) -> None:
    folder = SHARED.parent / "tau1_retail"
    tasks = json.loads((folder / "tasks_dev.json").read_text())
    published: list[dict[str, Any]] = []
    pristine = reference.export()
    for expected in json.loads((folder / "expected_outcomes_dev.json").read_text()):
        actions = tasks[expected["task_index"]]["actions"]
        writes = [(action["name"], action["kwargs"]) for action in actions if hasattr(effects, action["name"])]
        if {change["path"][1] for change in expected["db_diff"]} & {change["path"][1] for change in published}:
            continue  # it acts on what an earlier task has changed
        asyncio.run(reference.perform(group_of(*writes, key=f"task-{expected['task_index']}")))
        published += expected["db_diff"]
    after = reference.export()
    found = diff(_view(pristine), _view(after))
    assert len(published) >= 40
    assert same_outcome(found, cast("list[Any]", published))


def _view(exported: dict[str, Any]) -> ShopView:
    return ShopView(**exported)
