"""A `date` of a graph file is a day from every door: command line, rows, tools, SQL, JSON Schema; nothing else passes."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest
from pydantic import JsonValue

from compound import Project
from compound.errors import DataError
from compound.language.json_schema import from_json_schema, to_json_schema
from compound.language.types import Scalar, mismatch, parse_type, show_type
from compound.spec.python.types import to_type
from tests.support.commands import command
from tests.support.projects import write_project

GRAPH = """\
compound: graph/v1
name: lend
input: {day: date, until: "date?", days: "list[date]?"}
output: {back: $back, is_late: $late.is_late?}
nodes:
  back: {use: tool, tool: after_a_week, in: {day: $input.day}}
  late: {use: tool, tool: is_late, when: input.day < '2026-06-01', in: {day: $back}}
"""
TOOLS = '''\
from datetime import date, timedelta

from compound import tool


@tool
def after_a_week(day: date) -> date:
    """The day a week later."""
    return day + timedelta(days=7)


@tool
def is_late(day: date) -> dict[str, bool]:
    """Whether the day is over."""
    return {"is_late": day < date(2026, 3, 1)}
'''


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_project(tmp_path, {"graphs/lend.yaml": GRAPH, "tools/lend.py": TOOLS})
    return tmp_path


def cli(root: Path, *arguments: str) -> tuple[int, str]:
    result = command([*arguments], env={"COMPOUND_ROOT": str(root), "COLUMNS": "200"})
    return result.exit_code, f"{result.stdout}{result.stderr}{result.exception or ''}"


def test_a_day_comes_from_the_command_line_and_goes_through_tools_and_conditions(root: Path) -> None:
    assert cli(root, "check")[0] == 0, cli(root, "check")[1]
    code, said = cli(root, "run", "lend", "day=2026-02-25", "--json")
    assert code == 0, said
    assert json.loads(said)["output"] == {"back": "2026-03-04", "is_late": False}
    code, said = cli(root, "run", "lend", "day=2026-07-01", "--json")
    assert json.loads(said)["output"] == {"back": "2026-07-08", "is_late": None}


@pytest.mark.parametrize("wrong", ["2026-02-30", "soon", "2026-02-25T12:00:00Z", "20260225", "25.2.2026", "2026-W09-3"])
def test_what_is_not_a_day_is_refused_before_anything_runs(root: Path, wrong: str) -> None:
    code, said = cli(root, "run", "lend", f"day={wrong}")
    assert code == 1
    assert "day: expected a date such as 2026-01-31" in said


def test_a_reviewer_writes_a_day_without_quotes_and_is_told_how(root: Path) -> None:
    decide = "nodes:\n  ok: {use: review, show: [$input.day], decide: {move: {day: date}, reject: {}}}\n"
    graph = GRAPH.partition("output:")[0] + "output: {day: $ok.day}\n" + decide
    (root / "graphs/lend.yaml").write_text(graph, encoding="utf-8")
    review = json.loads(cli(root, "run", "lend", "day=2026-02-25", "--json")[1])["review_ids"][0]
    assert "--field day=2026-01-31" in cli(root, "review", "show", review)[1]
    assert "expected a date" in cli(root, "review", "decide", review, "move", "--field", "day=soon", "--user", "ann")[1]
    code, said = cli(root, "review", "decide", review, "move", "--field", "day=2026-03-01", "--user", "ann", "--json")
    assert (code, json.loads(said)["run_status"]) == (0, "done")


def test_rows_of_csv_json_and_parquet_are_days(root: Path) -> None:
    (root / "a.csv").write_text("id,day,until\na,2026-02-25,\nb,soon,\n", encoding="utf-8")
    (root / "b.jsonl").write_text('{"id": "c", "day": "2026-02-25", "days": ["2026-01-01"]}\n', encoding="utf-8")
    select = "select 'd' as id, date '2026-02-25' as day, null::date as until"
    duckdb.execute(f"copy ({select}) to '{root}/c.parquet' (format parquet)")
    outputs: dict[str, object] = {}
    for name in ("a.csv", "b.jsonl", "c.parquet"):
        cli(root, "batch", "lend", "--from", str(root / name), "--to", str(root / f"{name}.jsonl"))
        for line in (root / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            outputs[json.loads(line)["id"]] = (json.loads(line)["output"] or {}).get("back")
    assert outputs == {"a": "2026-03-04", "b": None, "c": "2026-03-04", "d": "2026-03-04"}


def test_a_date_is_a_date_in_the_schema_and_a_moment_is_none() -> None:
    assert to_json_schema(parse_type("date"), {}) == {"type": "string", "format": "date"}
    assert from_json_schema({"type": "string", "format": "date"}) == Scalar("date")
    assert show_type(parse_type("list[date]?")) == "list[date]?"
    given = {one: mismatch(parse_type(one), parse_type("date"), {}) for one in ("str", "date", "datetime", "int")}
    assert given == {
        "str": None,
        "date": None,
        "datetime": "got datetime, expected date",
        "int": "got int, expected date",
    }
    assert mismatch(parse_type("date"), parse_type("datetime"), {}) is None, "a day begins at a moment"
    assert mismatch(parse_type("enum(2026-01-01, soon)"), parse_type("date"), {}) is not None


def test_python_and_the_builder_know_it(root: Path) -> None:
    with Project.open(root) as project:
        assert project.run("lend", {"day": "2026-02-25"}).output == {"back": "2026-03-04", "is_late": False}
        with pytest.raises(DataError, match="expected a date such as 2026-01-31"):
            project.run("lend", {"day": "2026-02-25 10:00"})
    declared: dict[str, JsonValue] = {}
    assert (to_type(date, declared), to_type(date | None, declared)) == ("date", "date?")
