from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compound.connector.lakehouse.statement.guard import guard
from compound.errors import ProjectError

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
TABLES = ("orders", "customers")
TYPES = {"number": "DOUBLE", "boolean": "BOOLEAN"}


def needs(path: Path) -> Path:
    if not path.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{path.name} is missing beside the project")
        pytest.skip(f"needs the reference data {path.name} beside the project")
    return path


def test_reads_tables_parameters_and_limit() -> None:
    found = guard("SELECT o.total FROM Orders o WHERE o.user_id = $who LIMIT $n;", tables=TABLES)
    assert found.tables == {"orders"}
    assert found.params == {"who", "n"}
    assert found.has_limit
    assert not found.sql.endswith(";")
    assert not guard("SELECT (SELECT max(total) FROM orders LIMIT 1) AS m", tables=TABLES).has_limit


def test_fingerprint_is_blind_to_layout() -> None:
    first = guard("select total from orders where order_id = 'a'", tables=TABLES)
    same = guard("SELECT total\n  FROM orders -- which\n WHERE order_id='a'", tables=TABLES)
    other = guard("select total from orders where order_id = 'b'", tables=TABLES)
    assert first.fingerprint == same.fingerprint != other.fingerprint


ALLOWED = (
    "SELECT * FROM orders",
    "WITH mine AS (SELECT * FROM orders) SELECT count(*) FROM mine",
    "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n",
    "SELECT order_id, row_number() OVER (PARTITION BY user_id ORDER BY total DESC) AS place FROM orders",
    "SELECT user_id, sum(total) FILTER (WHERE total > 0) AS t FROM orders GROUP BY ALL HAVING t > 1 ORDER BY t",
    "SELECT list_transform([1, 2], lambda x: x + 1) AS l, {'a': 1} AS s, total::DECIMAL(10,2) AS d FROM orders",
    "SELECT * FROM orders WHERE user_id IN (SELECT user_id FROM customers) QUALIFY rank() OVER (ORDER BY total) < 3",
    "SELECT total FROM orders UNION ALL BY NAME SELECT 1 AS total EXCEPT SELECT 2 ORDER BY 1 LIMIT 3",
    "SELECT date_trunc('month', DATE '2026-01-31') AS m, date_diff('day', DATE '2026-01-01', current_date) AS d",
    "SELECT repeat('-', 20) AS line, i FROM range(100) AS t(i), unnest([1, 2]) AS u(x)",
    "SELECT json_extract_string(options, '$.color') AS color FROM orders",
    "SELECT CASE WHEN total BETWEEN 1 AND 2 THEN 'x' ELSE 'y' END AS c FROM orders TABLESAMPLE 10%",
    "FROM orders SELECT total",
    "VALUES (1, 'a')",
)


@pytest.mark.parametrize("sql", ALLOWED)
def test_ordinary_queries_pass(sql: str) -> None:
    guard(sql, tables=TABLES)


REFUSED = (
    ("sql.not-one-select", "SELECT 1; SELECT 2"),
    ("sql.not-one-select", ""),
    ("sql.not-one-select", "-- nothing"),
    ("sql.not-one-select", "EXPLAIN ANALYZE SELECT * FROM orders"),
    ("sql.not-one-select", "CREATE TABLE x AS SELECT * FROM orders"),
    ("sql.not-one-select", "CALL pragma_version()"),
    ("sql.not-one-select", "EXECUTE p(1)"),
    ("sql.not-one-select", "PIVOT orders ON user_id USING sum(total)"),
    ("sql.not-allowed", "SELECT (SELECT 1 FROM (WITH a AS (COPY orders TO 'f') SELECT * FROM a))"),
    ("sql.not-allowed", "SELECT 1 UNION (WITH a AS (DELETE FROM orders RETURNING 1) SELECT * FROM a)"),
    ("sql.not-allowed", "SELECT * FROM orders, LATERAL (WITH a AS (INSERT INTO orders VALUES (1)) SELECT 1)"),
    ("sql.not-allowed", "WITH RECURSIVE r AS (SELECT 1 UNION SELECT 1 FROM (WITH q AS (COPY r TO 'f') FROM q)) FROM r"),
    ("sql.not-allowed", "SELECT * FROM \"read_text\"('/etc/passwd')"),
    ("sql.not-allowed", "SELECT * FROM READ_TEXT('/etc/passwd')"),
    ("sql.not-allowed", "SELECT * FROM main.read_text('/etc/passwd')"),
    ("sql.not-allowed", "SELECT * FROM system.main.duckdb_tables()"),
    ("sql.not-allowed", "SELECT system.main.current_setting('threads')"),
    ("sql.not-allowed", "SELECT 'threads'.current_setting()"),
    ("sql.not-allowed", "SELECT * FROM orders ORDER BY getvariable('x')"),
    ("sql.not-allowed", "SELECT * FROM orders LIMIT (SELECT nextval('s'))"),
    ("sql.not-allowed", "SELECT sum(total) OVER (ORDER BY sleep_ms(9)) FROM orders"),
    ("sql.not-allowed", "SELECT count(*) FILTER (WHERE getenv('HOME') = 'x') FROM orders"),
    ("sql.not-allowed", "SELECT list_transform([1], lambda x: sleep_ms(x))"),
    ("sql.not-allowed", "SELECT stats(total) FROM orders"),
    ("sql.not-allowed", "SELECT * FROM query('SELECT 1')"),
    ("sql.not-allowed", "SELECT * FROM summary((SELECT 1))"),
    ("sql.not-allowed", "SELECT * FROM orders AT (VERSION => 1)"),
    ("sql.not-allowed", "SELECT * FROM information_schema.tables"),
    ("sql.not-allowed", "SELECT * FROM main.orders"),
    ("sql.not-allowed", "SELECT * FROM range(1, $n)"),
    ("sql.not-allowed", "SELECT repeat('x', 99999999)"),
    ("sql.not-allowed", "SELECT repeat(repeat('x', 9999), 9999)"),
    ("sql.not-allowed", "SELECT lpad('x', total::INT) FROM orders"),
    ("sql.not-allowed", "SHOW TABLES"),
    ("sql.undeclared-table", "SELECT * FROM duckdb_tables"),
    ("sql.undeclared-table", "SELECT * FROM s0"),
    ("sql.undeclared-table", "SELECT * FROM 'orders.parquet'"),
    ("sql.undeclared-table", "WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a"),
    ("sql.undeclared-table", "SELECT * FROM (WITH x AS (SELECT 1) SELECT * FROM x), x"),
    ("sql.syntax", "SELEC 1"),
    ("sql.syntax", "SELECT 1\x00"),
    ("sql.too-complex", f"SELECT '{'x' * 100_001}'"),
)


@pytest.mark.parametrize(("code", "sql"), REFUSED)
def test_everything_else_is_refused(code: str, sql: str) -> None:
    with pytest.raises(ProjectError) as caught:
        guard(sql, tables=TABLES)
    assert caught.value.code == code


def test_expressions_that_double_each_other_are_refused() -> None:
    links = ", ".join(f"a{i} AS (SELECT x FROM a{i - 1} UNION ALL SELECT x FROM a{i - 1})" for i in range(1, 34))
    with pytest.raises(ProjectError) as caught:
        guard(f"WITH a0 AS (SELECT 1 AS x), {links} SELECT count(*) AS n FROM a33", tables=TABLES)
    assert caught.value.code == "sql.too-complex"


def test_deep_nesting_is_refused_not_a_crash() -> None:
    for sql in ("SELECT " + "(" * 20_000 + "1" + ")" * 20_000, "SELECT " + " + ".join(["1"] * 30_000)):
        with pytest.raises(ProjectError):
            guard(sql, tables=TABLES)


@given(st.text(max_size=60))
def test_any_text_is_a_statement_or_a_project_error(text: str) -> None:
    try:
        found = guard(text, tables=TABLES)
    except ProjectError:
        return
    assert found.tables <= set(TABLES)


@given(st.sampled_from(ALLOWED), st.sampled_from(["read_text('x')", "sleep_ms(1)", "current_setting('x')"]))
def test_one_bad_call_anywhere_in_a_good_query_is_refused(sql: str, call: str) -> None:
    with pytest.raises(ProjectError):
        guard(f"SELECT * FROM ({sql}) AS good, (SELECT {call} AS bad) AS b", tables=TABLES)


def _schemas() -> dict[str, dict[str, Any]]:
    folder = needs(SHARED / "sql_spider_dev")
    return {item["db_id"]: item for item in json.loads((folder / "tables.json").read_text())}


def _database(schema: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1})
    columns = list(zip(schema["column_names_original"], schema["column_types"], strict=True))
    for number, table in enumerate(schema["table_names_original"]):
        own = [f'"{name}" {TYPES.get(kind, "VARCHAR")}' for (at, name), kind in columns if at == number]
        connection.execute(f'CREATE TABLE "{table}" ({", ".join(own)})')
    return connection


def test_no_gold_query_that_binds_is_refused() -> None:
    schemas = _schemas()
    cases = json.loads((needs(SHARED / "sql_spider_dev") / "dev.json").read_text())
    gold = sorted({(case["db_id"], case["query"]) for case in cases})[::3]
    databases: dict[str, duckdb.DuckDBPyConnection] = {}
    bound = 0
    for name, sql in gold:
        if name not in databases:
            databases[name] = _database(schemas[name])
        database = databases[name]
        try:
            database.execute(f"DESCRIBE {sql}").fetchall()
        except duckdb.Error:
            continue
        bound += 1
        guard(sql, tables=schemas[name]["table_names_original"])
    assert bound > 100


def test_gold_queries_without_a_database_are_only_reads() -> None:
    folder = needs(SHARED / "sql_spider_dev")
    refused: list[str] = []
    lines: set[str] = set()
    for file in ("classical_test_gold.txt", "academic_gold.txt"):
        lines.update(line.strip() for line in (folder / file).read_text().splitlines() if line.strip())
    for sql in sorted(lines)[::3]:
        try:
            guard(sql, tables=())
        except ProjectError as error:
            if error.code not in ("sql.undeclared-table", "sql.syntax"):
                refused.append(f"{error.what}: {sql}")
    assert refused == []
