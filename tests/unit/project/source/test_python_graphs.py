"""Graphs of a project that are written in Python: listed, checked, run and converted like the YAML ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from compound import Graph, Project
from compound.errors import ProjectError
from tests.support.commands import command
from tests.support.projects import write_project

FILES = {
    "graphs/types.py": "from pydantic import BaseModel\n\n\nclass Said(BaseModel):\n    text: str\n",
    "graphs/echo.py": (
        "from compound import Graph\n\n"
        "from .types import Said\n\n"
        'graph = Graph("echo", input={"said": Said})\n'
        'loud = graph.tool("shout", text=graph.input.said.text, out=str)\n'
        "graph.output(loud=loud)\n"
    ),
    "graphs/quiet.yaml": (
        "compound: graph/v1\nname: quiet\ninput: {text: str}\noutput: {loud: $e.loud}\n"
        "nodes:\n  e: {use: graph, graph: echo, in: {said: {text: $input.text}}}\n"
    ),
    "tools/voice.py": (
        "from compound.tool import tool\n\n\n@tool\ndef shout(text: str) -> str:\n"
        '    """Say it louder."""\n    return text.upper()\n'
    ),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_project(tmp_path, FILES)


def test_a_python_graph_is_a_graph_of_the_project(folder: Path) -> None:
    project = Project.open(folder)
    try:
        assert project.graph_names() == ["echo", "quiet"]
        assert project.check([]) == []
        assert project.run("echo", {"said": {"text": "hi"}}).output == {"loud": "HI"}
        assert project.run("quiet", {"text": "hi"}).output == {"loud": "HI"}
    finally:
        project.close()


def test_a_python_file_whose_graph_has_another_name_says_what_to_call_it(folder: Path) -> None:
    (folder / "graphs/loud.py").write_text('from compound import Graph\n\ng = Graph("loud")\n', encoding="utf-8")
    with Project.open(folder) as project, pytest.raises(ProjectError) as caught:
        project.check(["loud"])
    assert caught.value.code == "project.unknown-graph"
    assert caught.value.fix == "let graphs/loud.py call its graph `graph`: graph = Graph('loud', ...)"


def test_a_finding_of_a_python_graph_names_its_line(folder: Path) -> None:
    file = folder / "graphs/echo.py"
    file.write_text(file.read_text(encoding="utf-8").replace('tool("shout"', 'tool("shuot"'), encoding="utf-8")
    project = Project.open(folder)
    try:
        findings = [one for one in project.check(["echo"]) if one.code == "graph.unknown-tool"]
        assert [(one.where.file, one.where.line) for one in findings] == [("graphs/echo.py", 6)]
        assert "did you mean 'shout'" in findings[0].fix
    finally:
        project.close()


def test_any_input_runs_from_the_command_line(folder: Path) -> None:
    done = command(["run", "echo", "--input", '{"said": {"text": "hi"}}', "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["output"] == {"loud": "HI"}


def test_convert_goes_both_ways(folder: Path) -> None:
    to_yaml = command(["convert", "echo", "--to", "yaml"])
    assert "tool: shout" in to_yaml.output
    to_python = command(["convert", "quiet", "--out", "graphs/quiet2.py"])
    assert to_python.exit_code == 0, to_python.output
    project = Project.open(folder)
    try:
        assert project.source("quiet2") == project.source("quiet")
    finally:
        project.close()


def test_a_graph_compiles_itself_in_a_project(folder: Path) -> None:
    project = Project.open(folder)
    try:
        graph = Graph("loud", input={"text": str})
        loud = graph.tool("shout", text=graph.input.text, out=str)
        graph.output(loud=loud)
        assert graph.compile(project).invoke({"text": "hi"}) == {"loud": "HI"}
    finally:
        project.close()


def test_a_graph_that_is_written_twice_is_an_error(folder: Path) -> None:
    (folder / "graphs/echo.yaml").write_text(FILES["graphs/quiet.yaml"].replace("quiet", "echo"), encoding="utf-8")
    done = command(["check"])
    assert getattr(done.exception, "code", "") == "project.two-graphs"
    assert "graphs/echo.py and graphs/echo.yaml" in str(done.exception)


def test_a_graph_in_python_is_compared_by_its_file(folder: Path) -> None:
    assert command(["convert", "echo", "--to", "yaml", "-o", "echo.yaml"]).exit_code == 0
    done = command(["diff", "echo.yaml", "graphs/echo.py"])
    assert done.exit_code == 0, done.output
    Path("elsewhere.py").write_text("raise RuntimeError", encoding="utf-8")
    refused = command(["diff", "echo.yaml", "elsewhere.py"])
    assert getattr(refused.exception, "code", "") == "project.unknown-graph"


def test_a_graph_is_checked_by_its_name_or_its_file(folder: Path) -> None:
    for one in ("quiet", "graphs/quiet.yaml", "echo", "graphs/echo.py"):
        done = command(["check", one])
        assert (done.exit_code, done.output) == (0, "1 graph checked, no findings\n")


def test_a_crash_in_the_project_s_own_code_says_its_line(folder: Path) -> None:
    tool = folder / "tools/voice.py"
    tool.write_text(tool.read_text(encoding="utf-8").replace("text.upper()", "text[1000]"), encoding="utf-8")
    done = command(["run", "echo", 'said={"text": "hi"}'])
    assert done.exit_code == 1
    assert "tools/voice.py:7: node loud: IndexError" in done.output
    assert "[graph.node-crashed]" in done.output


def test_a_graph_that_is_not_there_is_said_before_its_input(folder: Path) -> None:
    assert getattr(command(["run", "ecko"]).exception, "code", "") == "project.unknown-graph"
    assert getattr(command(["run", "echo"]).exception, "code", "") == "project.no-input"
