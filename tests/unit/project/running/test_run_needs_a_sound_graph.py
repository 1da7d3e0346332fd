"""A graph with errors is not run: every door says what `compound check` says, with file and line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from compound.batch import BatchOptions
from compound.cli import main
from compound.errors import ProjectError
from compound.graph import Engine
from compound.language import InvalidFile
from compound.project import Project
from compound.spec import load_graph
from compound.testing.fakes import FakeServices
from tests.support.projects import write_project

TOOLS = "from compound.tool import tool\n\n@tool\ndef shout(text: str) -> str:\n    return text.upper()\n"
ASKS_IN_A_LOOP = """\
compound: graph/v1
name: main
input: {text: str}
output: {all: $each}
nodes:
  each:
    repeat: {max: 2, until: false}
    nodes:
      ask: {use: review, show: [$input.text]}
    out: {action: $ask.action}
"""
UNKNOWN_TOOL = """\
compound: graph/v1
name: main
input: {text: str}
output: {text: $a}
nodes:
  a: {use: tool, tool: shuot, in: {text: $input.text}}
"""
WRONG_INPUT = UNKNOWN_TOOL.replace("shuot, in: {text:", "shout, in: {txt:")
TWO_ERRORS = UNKNOWN_TOOL + "  b: {use: tool, tool: shout, in: {text: $input.txt}}\n"
WARNS = UNKNOWN_TOOL.replace("shuot", "shout") + "  b: {use: tool, tool: shout, in: {text: $input.text}}\n"
BROKEN = {
    "review in a repeat": (ASKS_IN_A_LOOP, "graphs/main.yaml:9", "graph.boundary-in-repeat"),
    "unknown tool": (UNKNOWN_TOOL, "graphs/main.yaml:6", "graph.unknown-tool"),
    "wrong input": (WRONG_INPUT, "graphs/main.yaml:6", "graph.unknown-argument"),
}
SUITE = """\
compound: suite/v1
name: quality
cases: cases:load
scorers: [cases:good]
scores: {good: It is good.}
"""
CASES = """\
from compound.evaluation import CaseSet

def load(context):
    return CaseSet(cases=[])

def good(context):
    return lambda case, result: []
"""


def project_of(root: Path, graph: str) -> Project:
    files = {"graphs/main.yaml": graph, "tools/a.py": TOOLS}
    suite = {"evals/quality/suite.yaml": SUITE, "evals/quality/cases.py": CASES}
    return Project.open(write_project(root, {**files, **suite, "backlog.jsonl": '{"id": "1", "body": "x"}\n'}))


DOORS: dict[str, Callable[[Project], object]] = {
    "run": lambda project: project.run("main", {"text": "x", "texts": ["x"]}),
    "draft": lambda project: project.run("main", {"text": "x", "texts": ["x"]}, draft=True),
    "batch": lambda project: project.batch("main", "backlog.jsonl", BatchOptions()),
    "eval": lambda project: project.evaluate("quality"),
    "engine": lambda project: project.engine("main"),
    "compile": lambda project: project.compile("main"),
}


@pytest.mark.parametrize("door", list(DOORS))
@pytest.mark.parametrize("how", list(BROKEN))
def test_every_door_refuses_it_with_the_findings(door: str, how: str, tmp_path: Path) -> None:
    graph, place, code = BROKEN[how]
    project = project_of(tmp_path, graph)
    try:
        with pytest.raises(InvalidFile) as refused:
            DOORS[door](project)
        assert refused.value.exit_code == 2
        assert [(one.code, str(one.where).rpartition(":")[0]) for one in refused.value.findings] == [(code, place)]
    finally:
        project.close()


def test_a_graph_in_it_is_asked_for_too(tmp_path: Path) -> None:
    outer = UNKNOWN_TOOL.replace("use: tool, tool: shuot", "use: graph, graph: inner").replace("$a}", "$a.text}")
    project = project_of(tmp_path, outer)
    (tmp_path / "graphs/inner.yaml").write_text(TWO_ERRORS.replace("name: main", "name: inner"), encoding="utf-8")
    try:
        with pytest.raises(InvalidFile) as refused:
            project.run("main", {"text": "x"})
        assert {one.where.file for one in refused.value.findings} == {"graphs/inner.yaml"}
    finally:
        project.close()


def test_a_warning_stops_nobody(tmp_path: Path) -> None:
    project = project_of(tmp_path, WARNS)
    try:
        assert [one.severity for one in project.check(["main"])] == ["warning"]
        assert project.run("main", {"text": "x"}).output == {"text": "X"}
    finally:
        project.close()


def test_a_mistake_elsewhere_in_the_project_stops_nobody(tmp_path: Path) -> None:
    project = project_of(tmp_path, UNKNOWN_TOOL.replace("shuot", "shout"))
    (tmp_path / "tools/other.sql").write_text("DROP TABLE x", encoding="utf-8")
    (tmp_path / "graphs/other.yaml").write_text(TWO_ERRORS.replace("name: main", "name: other"), encoding="utf-8")
    try:
        assert project.run("main", {"text": "x"}).output == {"text": "X"}
    finally:
        project.close()


@pytest.mark.parametrize("command", [["run", "main", "text=x"], ["batch", "main", "--from", "backlog.jsonl"]])
def test_the_command_prints_all_findings_and_exits_as_for_any_project_error(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project_of(tmp_path, TWO_ERRORS).close()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["compound", *command])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "graphs/main.yaml:6:" in said
    assert "graphs/main.yaml:7:" in said
    monkeypatch.setattr("sys.argv", ["compound", *command, "--json"])
    with pytest.raises(SystemExit):
        main()
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], [one["line"] for one in error["findings"]]) == ("graph.unknown-tool", [6, 7])


def test_an_engine_refuses_what_it_cannot_plan() -> None:
    with pytest.raises(ProjectError) as refused:
        Engine(load_graph(ASKS_IN_A_LOOP, "g.yaml"), FakeServices())
    assert refused.value.code == "graph.boundary-in-repeat"
