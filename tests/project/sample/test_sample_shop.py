from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from connectors.sample import SampleData

LAKEHOUSE = Path(__file__).resolve().parents[3] / "../shared/data/tau2_retail/lakehouse"


def rows(data: SampleData, table: str) -> list[dict[str, Any]]:
    return list(data.tables[table])


def test_the_tables_have_the_columns_types_and_partitions_of_the_reference(sample: Any, tmp_path: Path) -> None:
    from deltalake import DeltaTable

    if not LAKEHOUSE.exists() and not os.environ.get("CI"):
        pytest.skip("the reference lakehouse is not beside the project")
    sample.write_profile(tmp_path, tickets=20)
    for folder in sorted(LAKEHOUSE.iterdir()):
        ours, theirs = DeltaTable(str(tmp_path / "lakehouse" / folder.name)), DeltaTable(str(folder))
        shape = [[(f.name, str(f.type), f.nullable) for f in t.schema().fields] for t in (ours, theirs)]
        assert shape[0] == shape[1], folder.name
        assert ours.metadata().partition_columns == theirs.metadata().partition_columns


def test_every_row_has_exactly_the_declared_columns(sample: Any, data: SampleData) -> None:
    for table, columns in sample.COLUMNS.items():
        assert data.tables[table], table
        assert all(list(row) == list(columns) for row in data.tables[table]), table


def test_keys_are_unique(data: SampleData) -> None:
    keys = {
        "customers": ("user_id",),
        "payment_methods": ("payment_method_id",),
        "orders": ("order_id",),
        "order_items": ("order_id", "item_id"),
        "order_payments": ("order_id", "seq"),
        "products": ("product_id",),
        "variants": ("item_id",),
    }
    for table, key in keys.items():
        seen = Counter(tuple(row[column] for column in key) for row in rows(data, table))
        assert max(seen.values()) == 1, table


def test_every_reference_leads_somewhere(data: SampleData) -> None:
    customers = {row["user_id"] for row in rows(data, "customers")}
    orders = {row["order_id"]: row["user_id"] for row in rows(data, "orders")}
    owners = {row["payment_method_id"]: row["user_id"] for row in rows(data, "payment_methods")}
    variants = {row["item_id"]: row["product_id"] for row in rows(data, "variants")}
    assert set(orders.values()) <= customers
    assert set(owners.values()) <= customers
    assert {row["product_id"] for row in rows(data, "products")} == set(variants.values())
    assert all(variants[row["item_id"]] == row["product_id"] for row in rows(data, "order_items"))
    for row in rows(data, "order_payments"):
        assert owners[row["payment_method_id"]] == orders[row["order_id"]]
    for table in ("order_items", "fulfillments"):
        assert {row["order_id"] for row in rows(data, table)} <= orders.keys()


def test_an_order_costs_what_its_items_cost(data: SampleData) -> None:
    sums: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    for row in rows(data, "order_items"):
        sums[row["order_id"]] += row["price"]
        lines[row["order_id"]] += 1
    for row in rows(data, "orders"):
        assert row["total"] == pytest.approx(sums[row["order_id"]], abs=0.005)
        assert row["n_items"] == lines[row["order_id"]]


def test_the_options_of_a_product_tell_its_variants_apart(data: SampleData) -> None:
    seen = Counter((row["product_id"], row["options"]) for row in rows(data, "variants"))
    assert max(seen.values()) == 1
    assert all(row["options"] == json.dumps(json.loads(row["options"]), sort_keys=True, ensure_ascii=False)
               for row in rows(data, "variants"))  # fmt: skip


def test_the_shop_has_the_size_and_the_variety_of_a_real_one(data: SampleData) -> None:
    assert len(rows(data, "customers")) >= 450
    assert 800 <= len(rows(data, "orders")) <= 1000
    assert len(rows(data, "products")) >= 40
    assert len({row["country"] for row in rows(data, "customers")}) >= 8
    statuses = Counter(row["status"] for row in rows(data, "orders"))
    assert min(statuses[s] for s in ("pending", "processed", "delivered", "cancelled")) >= 40
    available = Counter(row["available"] for row in rows(data, "variants"))
    assert 0.1 < available[False] / available.total() < 0.35
    assert {row["source"] for row in rows(data, "payment_methods")} == {"credit_card", "paypal", "gift_card"}


def test_ids_look_like_ids(data: SampleData) -> None:
    assert all(re.fullmatch(r"#W\d{7}", row["order_id"]) for row in rows(data, "orders"))
    assert all(re.fullmatch(r"\d{10}", row["item_id"]) for row in rows(data, "variants"))
    pattern = r"(credit_card|paypal|gift_card)_\d{7}"
    assert all(re.fullmatch(pattern, row["payment_method_id"]) for row in rows(data, "payment_methods"))


def test_a_customer_is_found_by_email_or_by_name_and_zip(data: SampleData) -> None:
    customers = rows(data, "customers")
    for key in (("email",), ("first_name", "last_name", "zip")):
        assert max(Counter(tuple(row[column] for column in key) for row in customers).values()) == 1


def test_names_of_products_do_not_collide(catalogue: ModuleType) -> None:
    words = [word.lower() for e in catalogue.ENTRIES for word in {e.name.lower(), e.short, e.synonym}]
    assert max(Counter(words).values()) == 1
    assert max(Counter(entry.german for entry in catalogue.ENTRIES).values()) == 1
    assert max(Counter(entry.spanish for entry in catalogue.ENTRIES).values()) == 1


def test_every_option_has_a_translation(catalogue: ModuleType) -> None:
    for entry in catalogue.ENTRIES:
        for key, values in entry.options.items():
            assert key in catalogue.KEY_WORDS
            for value in values:
                untranslated = any(c.isdigit() for c in value) or value in {"S", "M", "L", "XS", "XL", "USB"}
                assert untranslated or value in catalogue.VALUE_WORDS, (entry.name, value)


def test_the_handbook_is_complete_and_in_step_with_the_catalogue(sample: Any) -> None:
    pages = {path.name: path.read_text(encoding="utf-8") for path in sample.POLICIES.glob("*.md")}
    assert len(pages) >= 12
    assert all(text.startswith("# ") and len(text) > 300 for text in pages.values())
    assert pages["product-names.md"] == sample.product_names_page()
