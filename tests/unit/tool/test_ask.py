"""SQL that a model wrote: what is granted is answered as it stands, what is not is never seen."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compound.connector.lakehouse.service.lakehouse import Lakehouse
from compound.errors import CompoundError, DataError, ProjectError
from compound.language import InvalidFile
from compound.tool.loading import AskTool, BoundAsk, SqlTool, load_sql_tool

ATTACKS = Path(__file__).resolve().parents[4] / "shared/data/sql_attacks/attacks.jsonl"
SECRETS = ("SSN-", "TOPSECRET", "ann@", "PATH=")
TOOL = """---
name: ask
description: Orders and customers, without names.
kind: ask
tables: [lake.shop.orders, lake.shop.customers]
columns:
  customers: [customer_id, country]
max_plan_rows: 20000
limits: {rows: 5, cell_chars: 40, bytes: 16000, ms: 500}
scope: all
verified: {by: data-team, at: 2026-11-20}
---
-- How many orders has each country?
SELECT c.country, count(*) AS orders FROM orders AS o JOIN customers AS c USING (customer_id) GROUP BY c.country;

-- What is the largest total?
SELECT max(total) AS largest FROM orders
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lakehouse]:
    folder = tmp_path_factory.mktemp("tables")
    with duckdb.connect() as db:
        db.execute(
            f"COPY (SELECT i AS order_id, i % 3 AS customer_id, i * 1.5 AS total, 'n' || i AS note FROM range(12) t(i)) TO '{folder}/orders.parquet'"
        )
        db.execute(
            "CREATE TABLE p AS SELECT * FROM (VALUES (0, 'Spain', 'ann@x', 'SSN-1'), (1, 'Chile', 'ann@y', 'SSN-2'), (2, 'Chile', 'ann@z', 'SSN-3')) t(customer_id, country, email, ssn)"
        )
        db.execute(f"COPY p TO '{folder}/customers.parquet'")
        db.execute(f"COPY (SELECT 'TOPSECRET' AS v) TO '{folder}/secrets.parquet'")
    with Lakehouse.open(folder, cache_dir=tmp_path_factory.mktemp("cache")) as opened:
        yield opened


@pytest.fixture(scope="module")
def ask(house: Lakehouse) -> BoundAsk:
    tool = load_sql_tool(TOOL, "tools/ask.sql")
    assert isinstance(tool, AskTool)
    return tool.bind(house)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT country, count(*) AS n FROM customers GROUP BY country ORDER BY country",
        "SELECT c.country, round(sum(o.total), 1) AS s FROM orders o JOIN customers c USING (customer_id) GROUP BY ALL ORDER BY s DESC",
        "WITH big AS (SELECT * FROM orders WHERE total > 9) SELECT count(*) AS n, max(note) AS note FROM big",
        "SELECT o.order_id, (SELECT country FROM customers c WHERE c.customer_id = o.customer_id) AS country FROM orders o ORDER BY 1 LIMIT 4",
        "SELECT order_id, sum(total) OVER (ORDER BY order_id) AS running FROM orders ORDER BY order_id LIMIT 3",
        "SELECT country FROM customers WHERE customer_id IN (SELECT customer_id FROM orders WHERE total > 10) ORDER BY ALL",
        "FROM orders SELECT max(total) AS m",
        "SELECT 'x' AS a UNION ALL SELECT country FROM customers ORDER BY a",
        "SELECT a.x FROM orders AS a(x, y, z, w) ORDER BY x LIMIT 2",
        "SELECT COLUMNS('.*id') FROM orders ORDER BY order_id LIMIT 3",
        "SELECT min(COLUMNS('.*id')), max(total) AS m FROM orders",
        "SELECT COLUMNS(lambda c: c LIKE '%id') FROM orders ORDER BY ALL LIMIT 3",
        "SELECT COLUMNS(['order_id', 'total']) FROM orders ORDER BY ALL LIMIT 3",
        "SELECT COLUMNS(* EXCLUDE (total)) FROM orders ORDER BY ALL LIMIT 3",
        "SELECT * LIKE '%id' FROM orders ORDER BY ALL LIMIT 3",
        "SELECT t.customer_id FROM (SELECT COLUMNS('.*id') FROM orders) t ORDER BY ALL LIMIT 3",
        "WITH a AS (SELECT COLUMNS('^(order|t)') FROM orders) SELECT * FROM a ORDER BY ALL LIMIT 3",
        "SELECT * FROM (SELECT coalesce(*COLUMNS('.*id')) AS c FROM orders) ORDER BY ALL LIMIT 3",
        "SELECT 1 AS one; -- and that was it",
        "SELECT 1 AS one -- no more",
        "SELECT 'a; b -- c' AS one;;\n /* d; e */ ;\n-- f",
        "SELECT '$$;' || $$ ;-- $$ AS one; /* ' */",
        "SELECT customer_id % 2 AS odd, list(order_id ORDER BY order_id) AS ids FROM orders GROUP BY odd ORDER BY odd",
    ],
)
def test_what_is_granted_is_answered_as_it_was_written(ask: BoundAsk, house: Lakehouse, sql: str) -> None:
    answer = ask.ask(sql)
    assert answer.status == "ok", answer.problem
    assert answer.rows == house.query(sql).rows


@pytest.mark.parametrize(
    ("sql", "status", "code"),
    [
        ("SELECT email FROM customers", "mend", "sql.unknown-name"),
        ("SELECT c.ssn FROM customers AS c", "mend", "sql.unknown-name"),
        ("SELECT rowid FROM customers", "mend", "sql.unknown-name"),
        ("SELECT customer_id FROM orders, customers", "mend", "sql.unknown-name"),
        ("SELEC 1", "mend", "sql.syntax"),
        ("SELECT $x AS x", "mend", "sql.not-understood"),
        ("WITH customers AS (SELECT 1 AS a) SELECT * FROM customers", "mend", "sql.not-understood"),
        ("SELECT * FROM orders TABLESAMPLE 10%", "mend", "sql.not-understood"),
        ("SELECT CAST(note AS INTEGER) AS n FROM orders", "mend", "lakehouse.query-failed"),
        ("SELECT 1 AS a; SELECT 2 AS b", "refused", "sql.not-one-select"),
        ("SELECT * FROM ordrs", "mend", "sql.undeclared-table"),
        ("SELECT * FROM main.orders", "mend", "sql.not-allowed"),
        ("SELECT * FROM other.shop.orders", "mend", "sql.not-allowed"),
        ("SELECT main.lower(note) AS n FROM orders", "mend", "sql.not-allowed"),
        ("SELECT repeat(note, 1 + 1) AS n FROM orders", "mend", "sql.not-allowed"),
        ("SELECT repeat(note, 1000000000) AS n FROM orders", "refused", "sql.not-allowed"),
        ("SELECT * FROM orders PIVOT (sum(total) FOR customer_id IN (1, 2))", "mend", "sql.not-allowed"),
        ("SELECT 1 AS a; DROP TABLE orders", "refused", "sql.not-one-select"),
        ("SELECT 1 AS a; -- DROP TABLE orders\n DROP TABLE orders", "refused", "sql.not-one-select"),
        ("SELECT * FROM secret", "refused", "sql.undeclared-table"),
        ("SELECT * FROM lake.shop.secrets", "refused", "sql.not-allowed"),
        ("SELECT * FROM information_schema.tables", "refused", "sql.not-allowed"),
        ("SELECT * FROM secrets", "refused", "sql.undeclared-table"),
        ("DROP TABLE orders", "refused", "sql.not-one-select"),
        ("SELECT * FROM read_text('/etc/hostname')", "refused", "sql.not-allowed"),
        ("SELECT current_setting('memory_limit') AS m", "refused", "sql.not-allowed"),
        ("SELECT date_format(note, '%Y') AS y FROM orders", "mend", "sql.not-allowed"),
        ("SELECT count(*) AS n FROM orders a, orders b, orders c, orders d", "failed", "sql.too-costly"),
    ],
)
def test_what_is_wrong_is_an_answer_that_says_whether_to_try_again(
    ask: BoundAsk, sql: str, status: str, code: str
) -> None:
    answer = ask.ask(sql)
    assert answer.problem is not None
    assert (answer.status, answer.problem.code, answer.rows, answer.sql) == (status, code, [], None)
    assert not any(secret in answer.model_dump_json() for secret in SECRETS)


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("FROM lake.shop.orders SELECT max(total) AS m", "SELECT max(total) AS m FROM orders"),
        ("SELECT o.total FROM lake.shop.orders AS o ORDER BY 1 LIMIT 2", "SELECT total FROM orders ORDER BY 1 LIMIT 2"),
        ("SELECT lake.shop.orders.total FROM lake.shop.orders LIMIT 2", "SELECT total FROM orders LIMIT 2"),
        (
            'SELECT shop.orders.total, \'é.shop.orders\' AS x FROM "lake" . shop."orders" LIMIT 2',
            "SELECT total, 'é.shop.orders' AS x FROM orders LIMIT 2",
        ),
        (
            "SELECT c.country FROM LAKE.Shop.Orders o JOIN lake.shop.customers c USING (customer_id) ORDER BY 1 LIMIT 1",
            "SELECT 'Chile' AS country",
        ),
        ("SELECT (SELECT count(*) FROM shop.orders) AS n", "SELECT count(*) AS n FROM orders"),
    ],
)
def test_tables_may_be_written_as_the_header_writes_them(
    ask: BoundAsk, house: Lakehouse, written: str, plain: str
) -> None:
    answer = ask.ask(written)
    assert answer.status == "ok", answer.problem
    assert answer.rows == house.query(plain).rows


def test_a_name_that_a_with_defines_is_not_the_whole_name_of_a_table(ask: BoundAsk) -> None:
    answer = ask.ask("WITH orders AS (SELECT 1 AS total) SELECT total FROM lake.shop.orders")
    assert answer.status == "mend"


VALUES = ("Ann Neil", "555", "n1", "n11", "16.5", "x y", "2020-13", "(n")


@pytest.mark.parametrize(
    "expression",
    [
        "CAST(note AS INTEGER)",
        "CAST(total * 100 AS DECIMAL(2, 1))",
        "CAST(order_id * 500 AS TINYINT)",
        "CAST(order_id AS BIGINT) * 9223372036854775807",
        "make_date(2020, CAST(order_id + 50 AS INTEGER), 1)",
        "CAST(note || ' Ann Neil' AS DATE)",
        "strptime(note || ' Ann Neil', '%Y')",
        "regexp_matches('a', '(' || note)",
        "CAST('[' || note || ', x y]' AS INTEGER[])",
        "json_extract('{Ann Neil ' || note, '$.a')",
        "from_base64(note || ' x y')",
        "date_part(note || ' Ann Neil', DATE '2020-01-01')",
        "chr(CAST(order_id AS INTEGER) + 55555555)",
        "unhex(note)",
        "CAST(note AS UUID)",
        "CAST(note || ' Ann Neil' AS INTERVAL)",
        "format('{Ann Neil}' || note, 1)",
    ],
)
def test_no_value_of_a_row_is_told_in_a_message(ask: BoundAsk, expression: str) -> None:
    answer = ask.ask(f"SELECT {expression} AS x FROM orders WHERE order_id > 0")
    assert answer.status == "mend"
    assert answer.problem is not None
    assert answer.problem.code == "lakehouse.query-failed"
    assert not any(value in answer.problem.message for value in VALUES), answer.problem.message


def test_a_message_says_what_can_be_mended(ask: BoundAsk) -> None:
    problem = ask.ask("SELECT CAST(note AS INTEGER) AS n FROM orders").problem
    assert problem is not None
    assert problem.message == "a value cannot be converted to INT32 (column note)"


def test_a_value_that_speaks_of_damage_does_not_throw_copies_away(ask: BoundAsk, house: Lakehouse) -> None:
    problem = ask.ask("SELECT CAST(note || ' corrupt checksum' AS INTEGER) AS n FROM orders").problem
    assert problem is not None
    assert problem.code == "lakehouse.query-failed"


def test_a_whole_row_is_only_its_granted_columns(ask: BoundAsk) -> None:
    for sql in (
        "SELECT customers FROM customers",
        "SELECT to_json(c) AS j FROM customers c",
        "SELECT * FROM customers",
    ):
        answer = ask.ask(sql)
        assert answer.status == "ok"
        assert not any(secret in answer.model_dump_json() for secret in (*SECRETS, "email"))


def test_rows_are_capped_and_it_is_said(ask: BoundAsk) -> None:
    answer = ask.ask("SELECT order_id FROM orders ORDER BY order_id LIMIT 100")
    assert (len(answer.rows), answer.truncated) == (5, True)


def test_no_sql_is_no_question(ask: BoundAsk) -> None:
    assert ask.ask(None).status == ask.ask("  ").status == "nothing"
    with pytest.raises(DataError, match="text or null"):
        asyncio.run(ask.call({"sql": 5}))


def test_a_model_is_shown_words_and_types_and_never_rows(ask: BoundAsk) -> None:
    shown = json.dumps(ask.card)
    assert '"name": "country"' in shown
    assert "How many orders has each country?" in shown
    assert not any(secret in shown for secret in (*SECRETS, "email", "Spain"))


def test_every_attack_sees_nothing(ask: BoundAsk) -> None:
    if not ATTACKS.exists():
        pytest.skip("needs the reference data sql_attacks beside the project")
    ends: Counter[str] = Counter()
    for line in ATTACKS.read_text().splitlines():
        attack = json.loads(line)
        answer = ask.ask(attack["sql"])
        ends[answer.status] += 1
        assert not any(secret in answer.model_dump_json() for secret in SECRETS), attack["id"]
    assert ends["refused"] >= 80


_NAMES = ("order_id", "total", "note", "customer_id", "country", "email", "ssn", "*", "o.*", "c", "o", "rowid")


@settings(max_examples=150, deadline=None)
@given(
    columns=st.lists(st.sampled_from(_NAMES), min_size=1, max_size=3),
    source=st.sampled_from(
        [
            "orders o",
            "customers c",
            "orders o JOIN customers c USING (customer_id)",
            "(SELECT * FROM customers) c",
            "customers AS c, LATERAL (SELECT c.*) o",
            "orders o LEFT JOIN (FROM customers) c ON o.customer_id = c.customer_id",
        ]
    ),
    around=st.sampled_from(
        ["{}", "SELECT * FROM ({}) t", "WITH t AS ({}) SELECT t FROM t", "SELECT list(t) AS l FROM ({}) t"]
    ),
)
def test_whatever_is_written_no_hidden_value_is_seen(
    ask: BoundAsk, columns: list[str], source: str, around: str
) -> None:
    answer = ask.ask(around.format(f"SELECT {', '.join(columns)} FROM {source}"))
    assert not any(secret in answer.model_dump_json() for secret in SECRETS)
    if {"email", "ssn"} & set(columns):
        assert answer.status != "ok"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("scope: all\n", "", "scope: all"),
        ("scope: all", "scope: all\nreturns: one", "neither `params` nor `returns`"),
        ("  customers: [customer_id, country]", "  custmers: [country]", "did you mean 'customers'"),
        ("kind: ask", "kind: query", "belong to kind: ask"),
    ],
)
def test_a_header_that_grants_by_mistake_is_refused(old: str, new: str, said: str) -> None:
    with pytest.raises(InvalidFile, match="bad-value") as caught:
        load_sql_tool(TOOL.replace(old, new), "tools/ask.sql")
    assert said in str(caught.value)


def test_a_granted_column_that_is_not_there_is_said_when_it_binds(house: Lakehouse) -> None:
    tool = load_sql_tool(TOOL.replace("country]", "county]"), "tools/ask.sql")
    with pytest.raises(ProjectError, match=r"county is granted[\s\S]*customers has customer_id"):
        tool.bind(house)


def test_examples_are_proven_like_any_other_sql(house: Lakehouse) -> None:
    with pytest.raises(ProjectError, match=r"sql\.not-one-select"):
        load_sql_tool(TOOL.replace("SELECT max(total) AS largest", "DELETE"), "tools/ask.sql")
    with pytest.raises(ProjectError, match=r"tool\.header"):
        load_sql_tool(TOOL.replace("-- How many", "SELECT 1; -- How many"), "tools/ask.sql")
    with pytest.raises(CompoundError, match=r"email"):
        load_sql_tool(TOOL.replace("max(total) AS largest FROM orders", "email FROM customers"), "tools/ask.sql").bind(
            house
        )


def test_examples_are_not_needed(house: Lakehouse) -> None:
    tool = load_sql_tool(TOOL[: TOOL.rindex("---\n") + 4], "tools/ask.sql")
    assert isinstance(tool, AskTool)
    assert tool.bind(house).card["examples"] == []


def test_a_reviewed_query_is_loaded_by_the_same_door() -> None:
    text = "---\nname: all_orders\ndescription: Orders.\ntables: [lake.shop.orders]\n---\nSELECT order_id FROM orders\n"
    found: Any = load_sql_tool(text, "tools/all_orders.sql")
    assert isinstance(found, SqlTool)
