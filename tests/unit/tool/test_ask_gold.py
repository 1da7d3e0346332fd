"""Gold queries through the worker: none is refused, each has the rows that it has without guard and rewriting."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from compound.connector.lakehouse.service.asking import Ask
from compound.connector.lakehouse.service.lakehouse import Lakehouse
from compound.connector.lakehouse.value.types import Limits, Resources
from compound.errors import CompoundError

SPIDER = Path(__file__).resolve().parents[4] / "shared/data/sql_spider_dev"
LIMITS = Limits(rows=500, ms=30_000)
EVERY = 12


def filled(schema: dict[str, Any], file: Path) -> None:
    """The database's tables with a few rows of small numbers and short words, so that joins find something."""
    rng = random.Random(3)
    columns = list(zip(schema["column_names_original"], schema["column_types"], strict=True))
    with duckdb.connect(str(file)) as db:
        for number, table in enumerate(schema["table_names_original"]):
            own = [(name, "DOUBLE" if kind == "number" else "VARCHAR") for (at, name), kind in columns if at == number]
            named = ", ".join(f'"{name}" {kind}' for name, kind in own)
            db.execute(f'CREATE TABLE "{table}" ({named})')
            for _ in range(12):
                row = [rng.randrange(6) if kind == "DOUBLE" else rng.choice(["a", "b", "USA", "1"]) for _, kind in own]
                db.execute(f'INSERT INTO "{table}" VALUES ({", ".join("?" for _ in own)})', row)


def test_gold_queries_are_answered_as_they_are_written(tmp_path: Path) -> None:
    if not SPIDER.is_dir():
        pytest.skip("needs the reference data sql_spider_dev beside the project")
    schemas = {item["db_id"]: item for item in json.loads((SPIDER / "tables.json").read_text())}
    cases = json.loads((SPIDER / "dev.json").read_text())
    gold = sorted({(case["db_id"], case["query"]) for case in cases})[::EVERY]
    houses: dict[str, Lakehouse] = {}
    ends: Counter[str] = Counter()
    for name, sql in gold:
        if name not in houses:
            (tmp_path / name).mkdir()
            filled(schemas[name], tmp_path / name / "d.duckdb")
            houses[name] = Lakehouse.open(tmp_path / name, cache_dir=tmp_path / "c", resources=Resources(workers=1))
        house = houses[name]
        try:
            plain = house.query(sql, limits=LIMITS)
        except CompoundError:
            ends["does not bind"] += 1  # SQLite's own spellings
            continue
        grants = {table: info.schema for table, info in house.tables().items()}
        asked = house.ask(Ask(sql=sql, grants=grants, limits=LIMITS, max_plan_rows=10**9)).result
        rows = [json.dumps(list(row.values())) for row in plain.rows]
        assert sorted(rows) == sorted(json.dumps(list(row.values())) for row in asked.rows), sql
        ends["same"] += 1
    for house in houses.values():
        house.close()
    assert ends["same"] >= 25, ends
