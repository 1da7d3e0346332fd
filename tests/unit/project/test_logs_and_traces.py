"""What a run leaves to read: logs without customers' values, and traces with inputs, outputs and pins."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import Result

from compound import Project
from tests.support.commands import command
from tests.support.projects import write_project

SECRET = "Nora-4111-1111"
GRAPH = """\
compound: graph/v1
name: main
input: {text: str}
output: {loud: $loud}
nodes:
  loud: {use: tool, tool: shout, in: {text: $input.text}, out: str}
"""
TOOLS = '''\
from compound.tool import tool


@tool
def shout(text: str) -> str:
    """Say it louder."""
    words = text.split()
    return words[5] if "fail" in text else text.upper()
'''


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    before = structlog.get_config()
    yield write_project(tmp_path, {"graphs/main.yaml": GRAPH, "tools/voice.py": TOOLS})
    structlog.configure(**before)


def called(root: Path, *arguments: str, **env: str) -> Result:
    return command(list(arguments), env={"COMPOUND_ROOT": str(root), **env})


def test_a_run_in_python_prints_no_values_of_variables(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    structlog.reset_defaults()
    view = Project.open(root).run("main", {"text": f"fail {SECRET}"})
    out, err = capfd.readouterr()
    assert view.status == "failed"
    assert "IndexError" in out + err
    assert "tools/voice.py" in out + err
    assert SECRET not in out + err


@pytest.mark.parametrize("shape", ["json", "text"])
def test_logs_are_lines_for_a_person_or_json(shape: str, root: Path) -> None:
    result = called(root, "run", "main", f"text=fail {SECRET}", COMPOUND_LOG=shape)
    crashed = [line for line in result.stderr.splitlines() if "node.crashed" in line]
    assert len(crashed) == 1
    assert SECRET not in "".join(line for line in result.stderr.splitlines() if "node.crashed" in line)
    if shape == "json":
        record: dict[str, Any] = json.loads(crashed[0])
        assert (record["event"], record["level"], record["node"]) == ("node.crashed", "error", "loud")
        assert "IndexError" in record["exception"]
        assert record["timestamp"].endswith("Z")
    else:
        assert "[error" in crashed[0]
        assert "Traceback (most recent call last)" in result.stderr


def test_a_level_leaves_out_what_is_below_it(root: Path) -> None:
    result = called(root, "run", "main", "text=fail", COMPOUND_LOG="json", COMPOUND_LOG_LEVEL="critical")
    assert "node.crashed" not in result.stderr


@pytest.mark.parametrize(("name", "value"), [("COMPOUND_LOG", "jsn"), ("COMPOUND_LOG_LEVEL", "loud")])
def test_an_unknown_format_or_level_is_refused_with_choices(name: str, value: str, root: Path) -> None:
    result = called(root, "check", **{name: value})
    error = result.exception
    assert getattr(error, "code", "") == "project.bad-log"
    assert value in str(error)
    assert "choices" in str(error)


def test_a_trace_as_json_holds_inputs_outputs_and_pins_of_each_node(root: Path) -> None:
    run = json.loads(called(root, "run", "main", "text=hello", "--json").stdout)
    spans = json.loads(called(root, "traces", "show", run["run_id"], "--json").stdout)
    node = next(span for span in spans if span["kind"] == "node")
    assert (node["node_name"], node["input"], node["output"]) == ("loud", {"text": "hello"}, "HELLO")
    assert node["pins"]["node_config_hash"]
    assert node["input_sha256"]
    root_span = next(span for span in spans if span["kind"] == "workflow")
    assert root_span["pins"]["graph_hash"]
