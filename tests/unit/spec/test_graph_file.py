"""Graph files: loaded, refused with places, written back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from compound.language import InvalidFile
from compound.spec import load_graph
from compound.spec.graph_text import build_graph, parse_graph
from compound.spec.nodes import CheckNode
from compound.spec.words import parse_duration
from tests.support.specs import graphs

HEAD = "compound: graph/v1\nname: g\n"


def findings(text: str) -> list[str]:
    return [f"{one.where} {one.code}" for one in parse_graph(text, "g.yaml").findings]


def test_every_mistake_of_shape_is_found_in_one_run() -> None:
    text = (
        HEAD
        + """nods: {}
nodes:
  a: {use: tool, tol: x, in: {v: $a..b}}
  b: {use: tol, tool: x}
  c: {use: sql, tool: y, timeout: soon, retry: {attempts: 0}}
  d: {tool: x}
  e: {use: llm, model: m, prompt: p, when: "x ==", out: "list["}
  input: {use: tool, tool: x}
  f: {use: effect, in: {}}
"""
    )
    assert findings(text) == [
        "g.yaml:3:1 graph.unknown-key",
        "g.yaml:5:18 graph.unknown-key",
        "g.yaml:5:34 graph.bad-reference",
        "g.yaml:6:12 graph.unknown-kind",
        "g.yaml:7:35 graph.bad-duration",
        "g.yaml:7:59 graph.bad-value",
        "g.yaml:8:3 graph.missing-key",
        "g.yaml:9:44 graph.bad-condition",
        "g.yaml:9:57 graph.bad-type",
        "g.yaml:10:3 graph.reserved-name",
        "g.yaml:11:6 graph.effect-tool",
    ]


def test_unknown_keys_name_the_nearest() -> None:
    found = parse_graph(HEAD + "nodes:\n  a: {use: tool, tool: x, descripton: y}\n", "g.yaml").findings
    assert "did you mean 'description'?" in found[0].fix
    found = parse_graph(HEAD + "nodes:\n  a: {use: retreive, on: x}\n", "g.yaml").findings
    assert "did you mean 'retrieve'?" in found[0].fix


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "g.yaml graph.not-a-graph"),
        ("- 1", "g.yaml graph.not-a-graph"),
        ("compound: graph/v1\nnodes: {}\n", "g.yaml:1:1 graph.missing-key"),
        (HEAD + "nodes: {a: {use: tool, tool: x}}\ntypes: {list: str}\n", "g.yaml:4:9 graph.reserved-name"),
        (HEAD + "nodes: {a b: {use: tool, tool: x}}\n", "g.yaml:3:9 graph.bad-value"),
        ("a: 1\na: 2", "g.yaml:2:1 yaml.duplicate-key"),
        ("compound: graph/v2\nname: g\nnodes: {}\n", "g.yaml:1:11 graph.bad-value"),
    ],
)
def test_places(text: str, place: str) -> None:
    assert place in findings(text)


def test_load_raises_with_all_findings() -> None:
    with pytest.raises(InvalidFile) as caught:
        load_graph(HEAD + "nodes:\n  a: {use: tool, tol: x, toool: y}\n", "g.yaml")
    assert len(caught.value.findings) == 2
    assert str(caught.value).startswith("g.yaml:4:")


def test_a_name_may_not_hide_another() -> None:
    text = HEAD + "nodes:\n  a: {use: tool, tool: x}\n  b: {repeat: {max: 2}, nodes: {a: {use: tool, tool: y}}}\n"
    assert findings(text) == ["g.yaml:5:33 graph.duplicate-name"]


def test_kind_of_a_check_is_its_own_key() -> None:
    graph = load_graph(HEAD + "nodes:\n  a: {use: check, kind: pii, in: {}}\n", "g.yaml")
    node = graph.nodes["a"]
    assert isinstance(node, CheckNode)
    assert (node.kind, node.check) == ("check", "pii")


def test_hash_ignores_formatting_and_defaults() -> None:
    one = load_graph(HEAD + "nodes:\n  a: {use: tool, tool: x}\n", "a.yaml")
    two = load_graph(
        "# c\nname: g\ncompound: graph/v1\nversion: 1\nnodes:\n    a:\n        tool: x\n        use: tool\n",
        "b.yaml",
    )
    assert one == two
    assert one.hash == two.hash
    assert one.hash != load_graph(HEAD + "nodes:\n  a: {use: tool, tool: y}\n", "a.yaml").hash


@pytest.mark.parametrize(("text", "seconds"), [("500ms", 0.5), ("30s", 30), ("4h", 14400), (2, 2.0), ("1.5m", 90)])
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@settings(max_examples=50, deadline=None)
@given(graphs)
def test_yaml_gives_the_same_graph_back(data: dict[str, Any]) -> None:
    graph = build_graph(data)
    again = load_graph(graph.to_yaml(), "g.yaml")
    assert again == graph
    assert again.hash == graph.hash
    assert again.to_yaml() == graph.to_yaml()
