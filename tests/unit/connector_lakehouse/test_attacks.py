"""Attack strings as tool SQL: refused, or harmless when they run."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from compound.connector.lakehouse.service.lakehouse import Lakehouse
from compound.connector.lakehouse.value.types import CustomerKey, Limits, TableOptions
from compound.errors import CompoundError
from compound.tool.loading import SqlTool

ATTACKS = Path(__file__).resolve().parents[4] / "shared" / "data" / "sql_attacks" / "attacks.jsonl"
LIMIT_MS = 150
HEADER = """---
name: attack
description: An attack.
tables: [lake.orders, lake.customers]
limits: {{rows: 50, cell_chars: 400, bytes: 16000, ms: {ms}}}
---
{sql}
"""
MARKERS = ("TOPSECRET", "SSN-", "PATH=")


@dataclass(frozen=True, kw_only=True)
class Field:
    lakehouse: Lakehouse
    fixtures: Path


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    fixtures = tmp_path_factory.mktemp("fixtures")
    tables = tmp_path_factory.mktemp("tables")
    (fixtures / "secret.txt").write_text("TOPSECRET-TEXT\n")
    (fixtures / "secret.csv").write_text("id,secret_col\n1,TOPSECRET-CSV\n")
    (fixtures / "secret.json").write_text('{"secret_col": "TOPSECRET-JSON"}\n')
    connection = duckdb.connect()
    secret = "SELECT 'TOPSECRET-PARQUET' AS secret_col"
    connection.execute(f"COPY ({secret}) TO '{fixtures}/secret.parquet'")
    orders = "SELECT * FROM (VALUES (1, 1, 10.0, 'a'), (2, 1, 20.0, 'b'), (3, 2, 30.0, 'c')) t(order_id, customer_id, total, note)"
    people = (
        "SELECT * FROM (VALUES (1, 'Ann', 'a@x', 'SSN-1'), (2, 'Bob', 'b@x', 'SSN-2')) t(customer_id, name, email, ssn)"
    )
    connection.execute(f"COPY ({orders}) TO '{tables}/orders.parquet'")
    connection.execute(f"COPY ({people}) TO '{tables}/customers.parquet'")
    connection.execute(f"ATTACH '{fixtures}/other.duckdb' AS o")
    connection.execute("CREATE TABLE o.t AS SELECT 'TOPSECRET-OTHER' AS v")
    connection.close()
    key = CustomerKey(column="customer_id")
    options = {
        "orders": TableOptions(customer_key=key),
        "customers": TableOptions(customer_key=key, hide=("ssn",)),
    }
    with Lakehouse.open(tables, cache_dir=tmp_path_factory.mktemp("cache"), tables=options) as lakehouse:
        yield Field(lakehouse=lakehouse, fixtures=fixtures)


def _attacks() -> list[dict[str, str]]:
    if not ATTACKS.exists():
        return []
    return [json.loads(line) for line in ATTACKS.read_text().splitlines() if line.strip()]


def _sql(attack: dict[str, str], field: Field) -> str:
    if attack["id"] == "deep_paren":
        return "SELECT " + "(" * 5_000 + "1" + ")" * 5_000
    return attack["sql"].replace("{FIXTURES}", str(field.fixtures))


def _files(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*")}


def test_every_attack_is_refused_or_harmless(field: Field) -> None:
    attacks = _attacks()
    if not attacks:
        pytest.skip("needs the reference data sql_attacks beside the project")
    before = _files(field.fixtures)
    ends: Counter[str] = Counter()
    for attack in attacks:
        text = HEADER.format(sql=_sql(attack, field), ms=LIMIT_MS)
        begun = time.perf_counter()
        try:
            tool = SqlTool.load(text, "attack.sql")
            stage = "at run"
            try:
                tool.bind(field.lakehouse)
            except CompoundError:
                stage = "at bind"
                raise
            shown = json.dumps(tool.run(field.lakehouse, {}).rows)
            ends["ran"] += 1
            assert not any(marker in shown for marker in MARKERS), attack["id"]
        except CompoundError as error:
            stage = "at load" if error.code.startswith("sql.") and error.code != "sql.customer" else error.code
            ends[stage] += 1
            assert not any(marker in str(error) for marker in MARKERS), attack["id"]  # noqa: PT017 -- whatever it says, nothing may leak
        took = time.perf_counter() - begun
        assert took < LIMIT_MS / 1000 + 1.0, f"{attack['id']} took {took:.2f} s"
    assert _files(field.fixtures) == before
    assert ends["ran"] == 0
    assert ends["at load"] >= 80


ENGINE_FAMILIES = ("file_read", "file_write", "state", "extension", "config", "write")


def test_the_engine_alone_reads_and_writes_nothing_outside(field: Field) -> None:
    """The layer below the guard: the same strings straight on the hardened connection."""
    attacks = [item for item in _attacks() if item["category"] in ENGINE_FAMILIES]
    if not attacks:
        pytest.skip("needs the reference data sql_attacks beside the project")
    before = _files(field.fixtures)
    cursor = field.lakehouse._engine.cursor()  # pyright: ignore[reportPrivateUsage]
    for attack in attacks:
        try:
            shown = str(cursor.execute(_sql(attack, field)).fetchall())
        except duckdb.Error as error:
            shown = str(error)
        assert "TOPSECRET" not in shown, attack["id"]
    assert _files(field.fixtures) == before
    assert field.lakehouse.query("SELECT count(*) AS n FROM orders").rows == [{"n": 3}]


def test_hidden_columns_are_not_there_at_all(field: Field) -> None:
    assert "ssn" not in [column.name for column in field.lakehouse.table("customers").schema]
    with pytest.raises(CompoundError, match="ssn"):
        field.lakehouse.query("SELECT ssn FROM customers")


def test_a_runaway_is_dead_soon_after_its_limit(field: Field) -> None:
    sql = "SELECT count(*) AS n FROM range(9000) a, range(9000) b, range(9000) c"
    begun = time.perf_counter()
    with pytest.raises(CompoundError) as caught:
        field.lakehouse.query(sql, limits=Limits(ms=200))
    took = time.perf_counter() - begun
    assert caught.value.code == "lakehouse.timeout"
    assert 0.19 < took < 0.7
    assert field.lakehouse.query("SELECT 1 AS one").rows == [{"one": 1}]
