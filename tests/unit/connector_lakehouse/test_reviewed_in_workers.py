"""Reviewed queries that are costly for one row run in a worker, with the same answers and limits."""

from __future__ import annotations

import math
import time
from datetime import date, datetime
from decimal import Decimal

import pytest

from compound.connector.lakehouse.service.lakehouse import Lakehouse
from compound.errors import ConnectorError
from compound.tool.loading import SqlTool, load_sql_tool
from tests.unit.connector_lakehouse.worker_house import (
    MS,
    cpu_s,
    ended_cpu_s,
    pids,
    warm,
)

REVIEWED = """---
name: reviewed
description: Orders.
kind: query
tables: [orders]
params: {{text: {{type: VARCHAR}}}}
limits: {{rows: 50, cell_chars: 400, bytes: 16000, ms: {ms}}}
scope: all
verified: {{by: data-team, at: 2026-11-20}}
---
{sql}
"""
LONG = {
    "levenshtein": "SELECT levenshtein(repeat($text, 1000) || note, repeat(note, 1000)) AS n FROM orders",
    "damerau": "SELECT damerau_levenshtein(repeat($text, 100) || note, repeat(note, 1000)) AS n FROM orders",
    "jaro": "SELECT sum(jaro_similarity(repeat($text, 1000) || note, repeat(note, 1000))) AS n FROM orders",
    "in a condition": "SELECT order_id FROM orders WHERE levenshtein(repeat($text, 1000) || note, repeat(note, 1000)) < 3",
    "in an aggregate": "SELECT max(jaro_winkler_similarity(repeat($text, 1000) || note, repeat(note, 999))) m FROM orders",
    "in a window": "SELECT min(levenshtein(repeat($text, 1000), repeat(note, 1000))) OVER () AS m FROM orders",
    "folded at plan time": "SELECT levenshtein(repeat($text, 1000), repeat('x' || $text, 1000)) AS n FROM orders",
    "a computed format": "SELECT length(format('{:>' || 1500000000 || '}', $text)) AS n FROM orders",
    "a width that is an argument": "SELECT length(format('{:>{}}', $text, 1500000000)) AS n FROM orders",
    "a wide format": "SELECT length(printf('%1500000000s', $text)) AS n FROM orders",
    "a regex": "SELECT length(regexp_replace(repeat($text, 5000), 'a(.*x)?', 'b', 'g')) AS n FROM orders",
}


@pytest.mark.parametrize("sql", LONG.values(), ids=LONG.keys())
def test_a_reviewed_query_ends_at_its_limit_whatever_one_call_of_it_does(house: Lakehouse, sql: str) -> None:
    warm(house)
    (pid,) = pids(house)
    own, before, gone = time.process_time(), cpu_s(pid), ended_cpu_s()
    tool = load_sql_tool(REVIEWED.format(ms=MS, sql=sql), "tools/reviewed.sql")
    assert isinstance(tool, SqlTool)
    with pytest.raises(ConnectorError) as refused:
        tool.bind(house).run({"text": "ab" * 50})
    assert refused.value.code in {"lakehouse.timeout", "lakehouse.memory", "lakehouse.worker"}
    spent = (cpu_s(pid) if pid in pids(house) else ended_cpu_s() - gone) - before
    assert spent < MS / 1_000 + 0.2
    assert time.process_time() - own < 0.2


def test_a_reviewed_query_in_a_worker_has_its_parameters_and_rows_as_in_this_process(house: Lakehouse) -> None:
    params = {"text": "note 7", "total": Decimal("1.50"), "days": [date(2026, 1, 31)], "rate": 0.25}
    params |= {
        "at": datetime.fromisoformat("2026-01-31T12:30:00"),
        "none": None,
        "yes": True,
        "big": 2**62,
        "inf": math.inf,
    }
    columns = "$total AS total, $days AS days, $rate AS rate, $at AS at, $none AS none, $yes AS yes, $big AS big"
    rows = f"SELECT note, {columns}, $inf AS inf FROM orders WHERE note = $text"
    here = house.query(rows, params)
    there = house.query(f"{rows} AND levenshtein(note, $text) = 0", params)
    assert there.rows == here.rows
    assert (there.columns, there.versions, there.pins) == (here.columns, here.versions, here.pins)
    assert house.query("SELECT format('{:.2f}', 1.0) AS x FROM orders LIMIT 1").rows == [{"x": "1.00"}]
