"""A project's files bound what SQL of a model may cost: each key of `limits` and `workers` can be seen to hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from compound import Project
from tests.support.projects import write_project

TOOL = """---
name: ask
description: Orders.
kind: ask
tables: [lake.shop.orders]
{limits}
scope: all
verified: {{by: data-team, at: 2026-11-20}}
---
"""
QUERY = """---
name: everything
description: Orders.
kind: query
tables: [lake.shop.orders]
limits: {{ms: 50000, rows: 90000, bytes: 9000000}}
scope: all
verified: {{by: data-team, at: 2026-11-20}}
---
{sql}
"""
GRAPH = """compound: graph/v1
name: main
input: {sql: str}
output: {answer: $asked}
nodes:
  asked: {use: sql, tool: ask, in: {sql: $input.sql}}
"""
REVIEWED = """compound: graph/v1
name: reviewed
input: {}
output: {rows: $found}
nodes:
  found: {use: sql, tool: everything, in: {}}
"""
SLOW = "SELECT levenshtein(string_agg(note, ''), string_agg(note || 'x', '')) AS d FROM orders"
LARGE = "SELECT length(string_agg(s, '')) AS n FROM (SELECT repeat(note, 500) AS s FROM orders)"
Answers = Callable[..., dict[str, Any]]


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    def run(sql: str, *, limits: str = "", lakehouse: str = "") -> dict[str, Any]:
        files = {"graphs/main.yaml": GRAPH, "tools/ask.sql": TOOL.format(limits=limits)}
        write_project(tmp_path, {**files, "connectors/lakehouse.yaml": f"compound: lakehouse/v1\n{lakehouse}"})
        (tmp_path / "lakehouse").mkdir(exist_ok=True)
        rows = "SELECT i AS order_id, 'note ' || i AS note FROM range(20000) t(i)"
        duckdb.sql(f"COPY ({rows}) TO '{tmp_path}/lakehouse/orders.parquet'")
        project = Project.open(tmp_path)
        try:
            run = project.run("main", {"sql": sql})
        finally:
            project.close()
        answer: Any = run.output
        return answer["answer"]

    return run


def test_a_runaway_of_a_model_is_an_answer_of_the_run(answers: Answers) -> None:
    said = answers(SLOW, limits="limits: {ms: 300}")
    assert (said["status"], said["problem"]["code"]) == ("failed", "lakehouse.timeout")
    assert "300 ms" in said["problem"]["message"]


@pytest.mark.parametrize(
    ("sql", "lakehouse", "code", "part"),
    [
        (SLOW, "limits: {ms: 250}\n", "lakehouse.timeout", "250 ms"),
        (LARGE, "workers: {memory_mb: 64}\n", "lakehouse.memory", "memory"),
    ],
)
def test_the_lakehouse_file_bounds_every_tool(answers: Answers, sql: str, lakehouse: str, code: str, part: str) -> None:
    said = answers(sql, limits="limits: {ms: 50000}", lakehouse=lakehouse)
    assert (said["status"], said["problem"]["code"]) == ("failed", code)
    assert part in said["problem"]["message"]


def test_more_memory_is_given_where_the_file_says_so(answers: Answers) -> None:
    said = answers(LARGE, limits="limits: {ms: 50000}", lakehouse="workers: {memory_mb: 1500, count: 1}\n")
    assert said["status"] == "ok", said["problem"]


@pytest.mark.parametrize(
    ("lakehouse", "sql", "rows"),
    [
        ("limits: {rows: 3}\n", "SELECT order_id FROM orders ORDER BY 1", [{"order_id": i} for i in range(3)]),
        ("limits: {cell_chars: 4}\n", "SELECT note FROM orders LIMIT 2", [{"note": "not…"}, {"note": "not…"}]),
        ("limits: {bytes: 100}\n", "SELECT 'x' || order_id AS x FROM orders ORDER BY order_id LIMIT 1000", None),
    ],
)
def test_caps_of_the_file_are_those_of_tools(
    answers: Answers, lakehouse: str, sql: str, rows: list[Any] | None
) -> None:
    said = answers(sql, lakehouse=lakehouse)
    assert (said["status"], said["truncated"]) == ("ok", True)
    assert said["rows"] == rows if rows else 0 < len(said["rows"]) < 20


def test_reviewed_queries_are_bounded_too(tmp_path: Path, answers: Answers) -> None:
    answers("SELECT 1 AS one", lakehouse="limits: {rows: 7}\n")
    write_project(
        tmp_path,
        {"graphs/reviewed.yaml": REVIEWED, "tools/everything.sql": QUERY.format(sql="SELECT order_id FROM orders")}
        | {"connectors/lakehouse.yaml": "compound: lakehouse/v1\nlimits: {rows: 7}\n"},
    )
    project = Project.open(tmp_path)
    try:
        output: Any = project.run("reviewed", {}).output
    finally:
        project.close()
    assert len(output["rows"]) == 7
