"""The table of node kinds: each kind has a row on each floor, and what it says is what the file says."""

from __future__ import annotations

from typing import get_args

import pytest

from compound.graph.drawing.picture import INPUT, LOOKS, OUTPUT
from compound.graph.node.binding import BINDERS
from compound.spec import load_graph
from compound.spec.nodes import NODE_KINDS, NODE_MODELS
from compound.spec.steps import Shelf

BLOCKS = {"repeat", "map"}
STEPS = {"enter", "map-join"}
KINDS = load_graph(
    """
compound: graph/v1
name: kinds
nodes:
  a: {use: retrieve, on: manuals, in: {query: hello}, where: {lang: en}}
  b: {use: sql, tool: orders}
  c: {use: specialist, ref: intent@production}
  d: {use: llm, model: writer, prompt: p.md, system: s.md}
  e: {use: agent, model: writer, prompt: p.md, tools: [look, {tool: sql.orders, with: {id: 1}}], proposes: [refund]}
  f: {use: tool, tool: look}
  g: {use: check, kind: grounded}
  h: {use: review, queue: q}
  i: {use: effect, tool: refund}
  j: {use: effect, tools: [refund, reply], in: {actions: []}}
  k: {use: graph, graph: other}
  l: {repeat: {max: 2}, nodes: {x: {use: tool, tool: look}}}
  m: {map: {each: $input.list, as: one, on_error: review}, nodes: {x: {use: tool, tool: look}}}
""",
    "graphs/kinds.yaml",
).nodes
NAMED = {
    "a": [("retriever", ("on",), "manuals")],
    "b": [("sql", ("tool",), "orders")],
    "c": [("specialist", ("ref",), "intent@production")],
    "d": [("model", ("model",), "writer"), ("prompt", ("prompt",), "p.md"), ("prompt", ("system",), "s.md")],
    "e": [
        ("model", ("model",), "writer"),
        ("prompt", ("prompt",), "p.md"),
        ("tool", ("tools", 0), "look"),
        ("sql", ("tools", 1, "tool"), "orders"),
        ("effect", ("proposes", 0), "refund"),
    ],
    "f": [("tool", ("tool",), "look")],
    "g": [("check", ("kind",), "grounded")],
    "h": [],
    "i": [("effect", ("tool",), "refund")],
    "j": [("effect", ("tools", 0), "refund"), ("effect", ("tools", 1), "reply")],
    "k": [("graph", ("graph",), "other")],
    "l": [],
    "m": [],
}


def test_every_kind_has_a_row_on_every_floor() -> None:
    assert set(NODE_KINDS) | BLOCKS == set(NODE_MODELS)
    assert set(LOOKS) == {*NODE_MODELS, INPUT, OUTPUT}
    boundaries = {"review", "effect"}
    assert set(BINDERS) | boundaries | BLOCKS == {*NODE_MODELS, *STEPS}


@pytest.mark.parametrize("name", list(NAMED))
def test_a_kind_says_what_it_takes(name: str) -> None:
    node = KINDS[name]
    assert list(node.named()) == NAMED[name]
    assert all(shelf in get_args(Shelf) for shelf, _, _ in node.named())


def test_what_is_called_and_where_a_run_is_stored() -> None:
    called = {name: node.callee for name, node in KINDS.items()}
    assert {name for name, callee in called.items() if callee is None} == {"d", "e", "h", "j", "l", "m"}
    assert called["a"] == ("retriever", "manuals")
    assert called["i"] == ("effect", "refund")
    assert {name for name, node in KINDS.items() if node.is_boundary} == {"h", "i", "j", "m"}
    assert {name for name, node in KINDS.items() if node.is_model} == {"c", "d", "e"}
    assert {KINDS[name].kind for name in KINDS} == set(NODE_MODELS)


def test_what_a_node_is_given() -> None:
    assert list(KINDS["a"].given()) == [(("in",), {"query": "hello"}), (("where",), {"lang": "en"})]
    assert list(KINDS["e"].given()) == [(("in",), {}), (("tools", 0, "with"), {}), (("tools", 1, "with"), {"id": 1})]
    assert list(KINDS["m"].given()) == [(("map", "each"), "$input.list")]
