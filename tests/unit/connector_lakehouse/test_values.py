"""A value comes back as what it is, and looks the same alone, in a list, in a struct and in a map."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from compound.connector.lakehouse.service.lakehouse import Lakehouse
from compound.errors import RunError
from compound.tool.loading import AskTool, SqlTool, load_sql_tool

HEADER = (
    "name: ask\ndescription: One.\nkind: {kind}\ntables: [lake.one]\nscope: all\nverified: {{by: me, at: 2026-11-20}}\n"
)
VALUES: list[tuple[str, Any]] = [
    ("DATE '2024-02-03'", "2024-02-03"),
    ("DATE '10000-01-01'", "10000-01-01"),
    ("DATE '0044-03-15 (BC)'", "0044-03-15 (BC)"),
    ("DATE 'infinity'", "infinity"),
    ("DATE '-infinity'", "-infinity"),
    ("TIME '24:00:00'", "24:00:00"),
    ("TIME '10:11:12.5'", "10:11:12.500000"),
    ("TIMESTAMP '2024-01-01 10:00:00'", "2024-01-01T10:00:00"),
    ("TIMESTAMP '2024-01-01 10:00:00.12'", "2024-01-01T10:00:00.120000"),
    ("TIMESTAMP '12000-01-01 00:00:00.5'", "12000-01-01T00:00:00.500000"),
    ("TIMESTAMP '0044-03-15 (BC) 10:00:00'", "0044-03-15 (BC) 10:00:00"),
    ("CAST('2024-01-01 00:00:00.123456789' AS TIMESTAMP_NS)", "2024-01-01T00:00:00.123456789"),
    ("CAST('2024-01-01 10:00:00.12+02' AS TIMESTAMPTZ)", "2024-01-01T08:00:00.120000+00:00"),
    ("CAST('12000-01-01' AS TIMESTAMPTZ)", "12000-01-01T00:00:00+00:00"),
    ("CAST('infinity' AS TIMESTAMPTZ)", "infinity"),
    ("CAST('nan' AS DOUBLE)", "NaN"),
    ("CAST('inf' AS DOUBLE)", "Infinity"),
    ("CAST('-inf' AS FLOAT)", "-Infinity"),
    ("0.1::DOUBLE + 0.2::DOUBLE", 0.1 + 0.2),
    ("CAST(0.1 AS FLOAT)", 0.10000000149011612),
    ("CAST(1.25 AS DECIMAL(10, 2))", 1.25),
    ("CAST(0 AS DECIMAL(30, 10))", "0.0000000000"),
    ("CAST('1.1' AS DECIMAL(30, 10))", "1.1000000000"),
    ("9223372036854775807", 9223372036854775807),
    ("170141183460469231731687303715884105727", "170141183460469231731687303715884105727"),
    ("CAST('a\\xFF' AS BLOB)", "Yf8="),
    ("CAST('{\"a\": 1}' AS JSON)", '{"a": 1}'),
    ("CAST('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11' AS UUID)", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("CAST('x' AS ENUM('x', 'y, z'))", "x"),
    ("CAST('1 month' AS INTERVAL)", "1 month"),
    ("true", True),
    ("'ü'", "ü"),
    ("NULL", None),
]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lakehouse]:
    folder = tmp_path_factory.mktemp("tables")
    duckdb.sql(f"COPY (SELECT 1 AS one) TO '{folder}/one.parquet'")
    with Lakehouse.open(folder, cache_dir=tmp_path_factory.mktemp("cache")) as opened:
        yield opened


def everywhere(expression: str) -> str:
    x = expression
    return f"SELECT {x} AS x, [{x}, NULL] AS l, {{'a b': {x}, 'n': NULL}} AS s, map {{'k': {x}}} AS m, [{{'q': [{x}]}}] AS d"


@pytest.mark.parametrize(("expression", "value"), VALUES)
def test_a_value_is_the_same_wherever_it_stands(house: Lakehouse, expression: str, value: Any) -> None:
    expected = {
        "x": value,
        "l": [value, None],
        "s": {"a b": value, "n": None},
        "m": {"k": value},
        "d": [{"q": [value]}],
    }
    assert house.query(everywhere(expression)).rows == [expected]


def test_a_worker_process_returns_the_very_same(house: Lakehouse) -> None:
    tool = load_sql_tool(f"---\n{HEADER.format(kind='ask')}---\n", "tools/ask.sql")
    assert isinstance(tool, AskTool)
    bound = tool.bind(house)
    for expression, _ in VALUES:
        if "NULL" in expression or "::" in expression:
            continue
        sql = f"SELECT {expression} AS x, [{expression}] AS l, {{'a b': {expression}}} AS s"
        answer = bound.ask(sql)
        assert answer.status == "ok", (expression, answer.problem)
        assert answer.rows == house.query(sql).rows


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("row(1, CAST('ab' AS BLOB))", [1, "YWI="]),
        ("map {1.5: 1, 2.5: 2}", {"1.5": 1, "2.5": 2}),
        ("map {TIMESTAMP '2024-01-01 10:00:00': 'x'}", {"2024-01-01T10:00:00": "x"}),
        ("map {CAST('nan' AS DOUBLE): 1}", {"NaN": 1}),
        ("CAST(NULL AS STRUCT(a DOUBLE))", None),
        ("CAST(NULL AS MAP(VARCHAR, DOUBLE))", None),
        ("CAST([1.5, 2] AS DOUBLE[2])", [1.5, 2.0]),
        ("union_value(a := CAST('nan' AS DOUBLE))", {"a": "NaN"}),
        ("[[CAST('nan' AS DOUBLE)]]", [["NaN"]]),
        ("{'a\"b, (c': CAST(1 AS DOUBLE)}", {'a"b, (c': 1.0}),
        ("CAST([] AS BLOB[])", []),
    ],
)
def test_types_in_types(house: Lakehouse, expression: str, value: Any) -> None:
    assert house.query(f"SELECT {expression} AS x").rows == [{"x": value}]


def test_a_reviewed_tool_keeps_its_promise_of_numbers(house: Lakehouse) -> None:
    def tool(expression: str) -> SqlTool:
        found = load_sql_tool(
            f"---\n{HEADER.format(kind='query')}---\nSELECT {expression} AS x FROM one", "tools/ask.sql"
        )
        assert isinstance(found, SqlTool)
        return found

    for expression in ("CAST('nan' AS DOUBLE)", "[1.0::DOUBLE, CAST('-inf' AS DOUBLE)]"):
        with pytest.raises(RunError, match=r"tool\.not-finite"):
            tool(expression).run(house, {})
    assert tool("DATE '10000-01-01'").run(house, {}).rows == [{"x": "10000-01-01"}]
    assert tool("CASE WHEN isfinite(one / 0.0) THEN 1.0::DOUBLE END").run(house, {}).rows == [{"x": None}]


def test_stored_values_are_read_as_they_are_written(tmp_path: Path) -> None:
    """Through the copy too, where every type goes from one file format into another."""
    (tmp_path / "t").mkdir()
    kinds = [pair for pair in VALUES if not pair[0].startswith(("NULL", "CAST('1 month", "CAST('{", "1701"))]
    columns = ", ".join(f"{expression} AS c{place}" for place, (expression, _) in enumerate(kinds))
    with duckdb.connect(str(tmp_path / "t/all.duckdb")) as db:
        db.execute(f"CREATE TABLE stored AS SELECT {columns}")
    with Lakehouse.open(tmp_path / "t", cache_dir=tmp_path / "c") as house:
        (row,) = house.query("SELECT * FROM stored").rows
    assert list(row.values()) == [value for _, value in kinds]
