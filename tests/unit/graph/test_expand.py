"""Graphs in graphs: one that contains itself is refused, whatever it calls itself."""

from __future__ import annotations

from typing import Any

import pytest

from compound.errors import ProjectError
from compound.graph.planning.planning import plan
from compound.spec import GraphSpec
from compound.spec.graph_text import build_graph


def graph(name: str, *uses: str, review: bool = False) -> GraphSpec:
    nodes: dict[str, Any] = {f"n{at}": {"use": "graph", "graph": one} for at, one in enumerate(uses)}
    if review:
        nodes["ok"] = {"use": "review"}
    return build_graph({"compound": "graph/v1", "name": name, "nodes": nodes or {"t": {"use": "tool", "tool": "t"}}})


@pytest.mark.parametrize("review", [False, True])
@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"a": ("a", "a")}, id="itself"),
        pytest.param({"a": ("b", "a")}, id="itself, under another name than its file"),
        pytest.param({"a": ("a", "b"), "b": ("b", "a")}, id="each other"),
        pytest.param({"a": ("x", "b"), "b": ("y", "a")}, id="each other, under other names than their files"),
    ],
)
def test_a_graph_that_contains_itself_is_refused(files: dict[str, tuple[str, ...]], review: bool) -> None:
    made = {file: graph(said[0], *said[1:], review=review) for file, said in files.items()}
    with pytest.raises(ProjectError) as caught:
        plan(made["a"], made.__getitem__)
    assert caught.value.code == "graph.recursive-graph"


def test_one_graph_may_be_used_twice_side_by_side() -> None:
    steps = plan(graph("top", "a", "a"), {"a": graph("a", review=True)}.__getitem__).steps
    assert {"n0.ok", "n1.ok"} <= set(steps)
