"""`compound langgraph`: the files that langgraph's own server reads, and a review decided from outside."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from langgraph.graph.state import CompiledStateGraph

from compound.errors import ProjectError
from compound.project import Project
from compound.project.serve.langgraph import write_langgraph
from tests.support.projects import write_project

ASK = """\
compound: graph/v1
name: ask
input: {ticket: {id: str, body: str}}
output: {action: $review.action}
nodes:
  review: {use: review, queue: support, show: [$input.ticket]}
"""
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {"graphs/ask.yaml": ASK}
    for name in ("shop.yaml", "desk.yaml", "lakehouse.yaml"):
        files[f"connectors/{name}"] = (ROOT / "connectors" / name).read_text(encoding="utf-8")
    return write_project(tmp_path, files)


def test_the_target_of_langgraph_json_is_a_compiled_graph(root: Path) -> None:
    project = Project.open(root)
    write_langgraph(project, [])
    target = json.loads((root / "langgraph.json").read_text(encoding="utf-8"))["graphs"]["ask"]
    file, _, name = target.partition(":")
    spec = importlib.util.spec_from_file_location("langgraph_app_under_test", root / file)
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    app = getattr(module, name)
    assert isinstance(app, CompiledStateGraph)
    assert app.checkpointer is None, "the server refuses a graph that keeps its own state"
    write_langgraph(project, [])  # the same again changes nothing
    (root / "langgraph.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ProjectError) as caught:
        write_langgraph(project, [])
    assert caught.value.code == "project.file-exists"
    project.close()


def test_a_review_of_a_compiled_graph_is_decided_in_the_queue(root: Path) -> None:
    project = Project.open(root)
    thread: Any = {"configurable": {"thread_id": "t"}}
    app: Any = project.compile("ask")
    (waits,) = asyncio.run(app.ainvoke({"ticket": {"id": "1", "body": "hi"}}, thread))["__interrupt__"]
    decided = project.reviews().decide(waits.value["review_id"], "approve", user="ann")
    assert (decided.ok, decided.run_status) == (True, "resumed by its caller")

    async def go_on() -> Any:
        return await app.ainvoke(await app.decided(thread), thread)

    assert asyncio.run(go_on()) == {"action": "approve"}
    project.close()
