from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from compound.connector.lakehouse import write_table
from compound.connector.lakehouse.service.lakehouse import Lakehouse
from compound.connector.lakehouse.value.types import CustomerKey, TableOptions
from compound.errors import CompoundError, DataError, ProjectError, RunError
from compound.language import InvalidFile
from compound.tool.loading import SqlTool, load_sql_tool
from tests.support.tracing import in_memory

TOOL = """---
name: orders_of
description: A customer's orders, dearest first.
kind: query
tables: [lake.shop.orders]
params:
  customer_id: {type: VARCHAR, from: caller.customer_id}
  since: {type: DATE, default: 2024-01-01}
  n: {type: INTEGER, default: 10, min: 1, max: 50}
limits: {rows: 50, cell_chars: 400, bytes: 16000, ms: 2000}
verified: {by: data-team, at: 2026-11-20, question: "What are my recent orders?"}
---
SELECT order_id, total, ordered_at FROM orders
WHERE user_id = $customer_id AND ordered_at >= $since
ORDER BY total DESC LIMIT $n
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lakehouse]:
    folder = tmp_path_factory.mktemp("lake")
    rows: list[dict[str, JsonValue]] = [
        {"order_id": f"o{n}", "user_id": f"u{n % 4}", "total": n / 2, "ordered_at": f"2026-01-{n % 28 + 1:02}"}
        for n in range(200)
    ]
    types = {"order_id": "VARCHAR", "user_id": "VARCHAR", "total": "DOUBLE", "ordered_at": "DATE"}
    write_table(folder, "orders", rows, schema=types)
    options = {"orders": TableOptions(customer_key=CustomerKey(column="user_id"))}
    with Lakehouse.open(folder, cache_dir=tmp_path_factory.mktemp("cache"), tables=options) as opened:
        yield opened


def _load(text: str = TOOL, name: str = "orders_of") -> SqlTool:
    return SqlTool.load(text, f"tools/{name}.sql")


def test_runs_with_typed_parameters(house: Lakehouse) -> None:
    found = _load().run(house, {"customer_id": "u1", "n": 2})
    assert found.value == [
        {"order_id": "o197", "total": 98.5, "ordered_at": "2026-01-02"},
        {"order_id": "o193", "total": 96.5, "ordered_at": "2026-01-26"},
    ]
    assert (found.row_count, found.truncated, found.versions) == (2, False, {"orders": 0})
    assert _load().run(house, {"customer_id": "u1", "since": "2026-01-26"}).row_count == 7


def test_tables_may_be_written_as_the_header_writes_them(house: Lakehouse) -> None:
    text = TOOL.replace("FROM orders", "FROM lake.shop.orders").replace("LIMIT $n", "LIMIT $n; -- the newest")
    text = text.replace("ordered_at >= $since", "lake.shop.orders.ordered_at >= $since")
    assert (
        _load(text).run(house, {"customer_id": "u1", "n": 2}).value
        == _load().run(house, {"customer_id": "u1", "n": 2}).value
    )


@pytest.mark.parametrize(
    ("expression", "kind"),
    [("CAST($customer_id AS BOOLEAN)", "VARCHAR"), ("$customer_id", "BOOLEAN"), ("left($customer_id, 1)", "VARCHAR")],
)
def test_a_lossy_function_of_the_callers_key_is_not_the_key(house: Lakehouse, expression: str, kind: str) -> None:
    text = TOOL.replace("= $customer_id", f"= {expression}").replace("type: VARCHAR", f"type: {kind}")
    with pytest.raises(ProjectError, match=r"sql\.customer"):
        _load(text).bind(house)


def test_infers_its_output_without_running(house: Lakehouse) -> None:
    bound = _load().bind(house)
    assert [(column.name, column.type) for column in bound.columns] == [
        ("order_id", "VARCHAR"),
        ("total", "DOUBLE"),
        ("ordered_at", "DATE"),
    ]
    items: Any = bound.output_schema["items"]
    assert items["properties"]["ordered_at"] == {"type": ["string", "null"], "format": "date"}


def test_a_model_sees_no_caller_parameter() -> None:
    tool = _load()
    everything: Any = tool.params_schema()
    assert everything["required"] == ["customer_id"]
    shown: Any = tool.params_schema(for_model=True)
    assert list(shown["properties"]) == ["since", "n"]


def test_the_caller_is_never_null_nor_forged(house: Lakehouse) -> None:
    tool = _load()
    assert tool.run(house, {"n": 1}, caller={"customer_id": "u2"}).rows[0]["order_id"] == "o198"
    for params, caller, code in (
        ({}, None, "tool.missing-caller"),
        ({"customer_id": None}, None, "tool.missing-caller"),
        ({}, {}, "tool.missing-caller"),
        ({"customer_id": "u1"}, {"customer_id": "u2"}, "tool.forged-caller"),
    ):
        with pytest.raises(DataError) as caught:
            tool.run(house, params, caller=caller)
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"n": 51}, "more than 50"),
        ({"n": 0}, "less than 1"),
        ({"n": "2"}, "32-bit integer"),
        ({"n": True}, "32-bit integer"),
        ({"n": None}, "must not be null"),
        ({"since": "yesterday"}, "since"),
        ({"since": 3}, "it must be text"),
        ({"customer_id": 7}, "it must be text"),
        ({"customer_id": "u\x00"}, "NUL"),
        ({"limit": 3}, "unknown parameter 'limit'"),
    ],
)
def test_bad_parameters_are_named(house: Lakehouse, params: dict[str, JsonValue], says: str) -> None:
    with pytest.raises(DataError) as caught:
        _load().run(house, {"customer_id": "u1", **params})
    assert says in caught.value.what
    assert caught.value.what.startswith("orders_of: ")


def test_parameters_are_values_and_never_sql(house: Lakehouse) -> None:
    for attack in ("u1' OR '1'='1", "$n", "u1'; DROP TABLE orders; --", '"user_id"', "%"):
        assert _load().run(house, {"customer_id": attack}).rows == []


def test_one_row_or_null_or_an_error(house: Lakehouse) -> None:
    text = TOOL.replace("limits:", "returns: one\nlimits:")
    assert _load(text).run(house, {"customer_id": "nobody"}).value is None
    value: Any = _load(text).run(house, {"customer_id": "u1", "n": 1}).value
    assert value["order_id"] == "o197"
    with pytest.raises(RunError) as caught:
        _load(text).run(house, {"customer_id": "u1", "n": 2})
    assert caught.value.code == "tool.many-rows"


CHANGES: dict[str, tuple[str, str, str, int]] = {
    "no header": ("---\nname", "name", "tool.header", 1),
    "unknown key": ("limits:", "limit:", "tool.unknown-key", 10),
    "unknown key of a parameter": ("max: 50", "maximum: 50", "tool.unknown-key", 9),
    "missing key": ("description: A customer's orders, dearest first.\n", "", "tool.missing-key", 2),
    "wrong kind": ("kind: query", "kind: metric", "tool.bad-value", 4),
    "wrong type": ("type: DATE", "type: DAY", "tool.bad-value", 8),
    "a default for the caller": ("caller.customer_id}", "caller.customer_id, default: x}", "tool.bad-value", 7),
    "another name": ("name: orders_of", "name: orders", "tool.name", 2),
    "undeclared table": ("FROM orders", "FROM customers", "sql.undeclared-table", 13),
    "undeclared parameter": ("LIMIT $n", "LIMIT $m", "sql.unknown-parameter", 13),
    "unused parameter": ("LIMIT $n", "LIMIT 3", "sql.unused-parameter", 9),
    "positional parameter": ("LIMIT $n", "LIMIT $n OFFSET ?", "sql.syntax", 13),
    "two statements": ("LIMIT $n", "LIMIT $n; SELECT 1", "sql.not-one-select", 13),
    "a write": ("SELECT order_id", "WITH a AS (COPY orders TO 'f') SELECT order_id", "sql.not-allowed", 13),
    "a function": ("total,", "current_setting('x') AS total,", "sql.not-allowed", 13),
    "wide scope without a review": ("verified:", "scope: all\n#", "tool.bad-value", 2),
}


@pytest.mark.parametrize("name", CHANGES)
def test_mistakes_are_found_at_load_with_their_place(name: str) -> None:
    old, new, code, line = CHANGES[name]
    assert old in TOOL
    with pytest.raises(ProjectError) as caught:
        _load(TOOL.replace(old, new, 1))
    assert caught.value.code == code
    assert caught.value.where is not None
    assert (caught.value.where.file, caught.value.where.line) == ("tools/orders_of.sql", line)


def test_all_mistakes_of_a_header_are_told_at_once() -> None:
    with pytest.raises(InvalidFile) as caught:
        _load(TOOL.replace("kind: query", "kind: metric").replace("limits:", "limit:"))
    assert {finding.code for finding in caught.value.findings} == {"tool.bad-value", "tool.unknown-key"}


def test_a_customers_table_needs_the_caller(house: Lakehouse) -> None:
    loose = TOOL.replace("user_id = $customer_id", "order_id = $customer_id")
    with pytest.raises(ProjectError) as caught:
        _load(loose).bind(house)
    assert caught.value.code == "sql.customer"
    assert "user_id" in caught.value.fix
    _load(loose.replace("limits:", "scope: all\nlimits:")).bind(house)


def test_schema_drift_shows_at_bind(house: Lakehouse) -> None:
    with pytest.raises(ProjectError) as caught:
        _load(TOOL.replace("total DESC", "sum_total DESC")).bind(house)
    assert caught.value.code == "sql.bind"
    assert "sum_total" in caught.value.what
    assert "ordered_at" in caught.value.fix


def test_the_span_says_what_was_asked_and_read(house: Lakehouse) -> None:
    store, recorder = in_memory()
    tool = _load()
    with recorder.run(graph_name="g", graph_hash="h", run_id="r", thread_id="t"):
        first = tool.run(house, {"customer_id": "u1"})
        with pytest.raises(CompoundError):
            tool.run(house, {})
    recorder.close()
    good, bad = (row for row in store.rows() if row["name"] == "execute_tool orders_of")
    assert good["kind"] == "sql"
    assert "WHERE user_id = $customer_id" in str(good["sql_text"])
    assert (good["sql_rows"], good["sql_result_hash"]) == (10, first.result_hash)
    assert good["sql_fingerprint"] == tool.statement.fingerprint
    assert good["data_inputs"] == [house.table("orders").pin()]
    assert bad["status_code"] == "ERROR"
    assert "sql_rows" not in bad


def test_the_graph_door_gives_the_value(house: Lakehouse) -> None:
    bound = _load().bind(house)
    assert asyncio.run(bound.call({"customer_id": "u3", "n": 1})) == bound.run({"customer_id": "u3", "n": 1}).value


def test_a_slow_query_leaves_the_event_loop_alone(house: Lakehouse) -> None:
    sql = "SELECT count(*) AS n FROM range(9000) AS a, range(300) AS b, orders WHERE user_id = $customer_id"
    text = TOOL[: TOOL.index("  since")] + "limits: {ms: 5000}\n---\n" + sql
    bound = _load(text).bind(house)

    async def count_beats() -> int:
        await bound.call({"customer_id": "u1"})
        beats = 0
        done = asyncio.ensure_future(bound.call({"customer_id": "u1"}))
        while not done.done():
            await asyncio.sleep(0.001)
            beats += 1
        return beats

    assert asyncio.run(count_beats()) > 2


def test_a_point_query_is_quick(house: Lakehouse) -> None:
    """The bar is 2 ms at p50 on a quiet machine; the bound here only catches a broken cache."""
    tool = _load()
    times: list[float] = []
    for n in range(100):
        begun = time.perf_counter()
        tool.run(house, {"customer_id": f"u{n % 4}", "n": 5})
        times.append((time.perf_counter() - begun) * 1e3)
    assert statistics.median(times) < 15


def test_the_projects_tools_bind_on_the_retail_tables(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[3]
    lake = root.parent / "shared" / "data" / "tau2_retail" / "lakehouse"
    if not lake.is_dir():
        pytest.skip("needs the reference data tau2_retail beside the project")
    own = {
        name: TableOptions(customer_key=CustomerKey(column="user_id"))
        for name in ("orders", "customers", "payment_methods")
    }
    through = TableOptions(customer_key=CustomerKey(column="order_id", through="orders"))
    options = {**own, **dict.fromkeys(("order_items", "order_payments", "fulfillments"), through)}
    with Lakehouse.open(lake, cache_dir=tmp_path, tables=options) as house:
        files = sorted((root / "tools").glob("*.sql"))
        assert files
        for file in files:
            bound = load_sql_tool(file.read_text(), f"tools/{file.name}").bind(house)
            assert bound.output_schema
