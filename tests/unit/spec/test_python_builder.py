"""A graph in Python is the graph in YAML: the same model, the same findings, and errors at the Python line."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from pydantic import BaseModel, JsonValue
from typing_extensions import TypedDict

from compound import Graph, first, is_in, length, maybe, to_python
from compound.errors import ProjectError
from compound.graph.checks.check import check_graph
from compound.graph.port.catalogue import Signature
from compound.language import InvalidFile
from compound.language.conditions import ExpressionError, parse_condition
from compound.language.references import Expr
from compound.language.show import show_expr
from compound.spec import GraphSpec, load_graph
from compound.spec.graph_text import build_graph
from compound.testing.catalogue import FixedCatalogue
from tests.support.specs import exprs, graphs

ROOT = Path(__file__).resolve().parents[3]


class Line(BaseModel):
    sku: str
    count: int = 1


class Ticket(BaseModel):
    id: str
    body: str
    customer_id: str | None = None
    lines: list[Line] = []


def run_source(text: str) -> GraphSpec:
    names: dict[str, Any] = {}
    exec(compile(text, "made.py", "exec"), names)
    return names["graph"].build()


def test_a_graph_reads_as_it_runs() -> None:
    with Graph("reply", input={"ticket": Ticket}) as g:
        intent = g.specialist("intent@production", text=g.input.ticket.body, out={"label": "enum(cancel, other)"})
        orders = g.sql("customer_orders", when=intent.label != "other", customer_id=g.input.ticket.customer_id)
        policies = g.retrieve("handbook", query=g.input.ticket.body, top_k=3)
        with g.repeat(2) as answer:
            draft = answer.llm("writer", prompt="draft.md", orders=maybe(orders), policies=policies, out={"text": str})
            grounded = answer.check("groundedness", claim=draft.text, fix=answer.previous.draft)
            answer.until(grounded.score >= 0.8)
            answer.out(draft=draft)
        decision = g.review(show=[answer.value.draft], decide={"approve": {}, "edit": {"text": str}, "reject": {}})
        g.effect(
            "send", when=decision.action != "reject", text=first(decision.text, answer.value.draft.text), name="go"
        )
        g.output(action=decision.action)
    expected = """
compound: graph/v1
name: reply
types:
  Line: {sku: str, count: int?}
  Ticket: {id: str, body: str, customer_id: str?, lines: 'list[Line]?'}
input: {ticket: Ticket}
output: {action: $decision.action}
nodes:
  intent: {use: specialist, ref: intent@production, in: {text: $input.ticket.body}, out: {label: 'enum(cancel, other)'}}
  orders: {use: sql, tool: customer_orders, when: intent.label != 'other', in: {customer_id: $input.ticket.customer_id}}
  policies: {use: retrieve, on: handbook, top_k: 3, in: {query: $input.ticket.body}}
  answer:
    repeat: {max: 2, until: grounded.score >= 0.8}
    nodes:
      draft: {use: llm, model: writer, prompt: draft.md, in: {orders: $orders?, policies: $policies}, out: {text: str}}
      grounded: {use: check, kind: groundedness, in: {claim: $draft.text, fix: $previous.draft}}
    out: {draft: $draft}
  decision: {use: review, show: [$answer.draft], decide: {approve: {}, edit: {text: str}, reject: {}}}
  go: {use: effect, tool: send, when: decision.action != 'reject', in: {text: $decision.text ?? $answer.draft.text}}
"""
    assert g.build().to_data() == load_graph(expected, "x").to_data()


@settings(max_examples=150, deadline=None)
@given(graphs)
def test_yaml_to_python_to_yaml_is_the_identity(data: dict[str, Any]) -> None:
    try:
        spec = build_graph(data)
    except InvalidFile:
        return
    again = run_source(to_python(spec))
    assert again.to_yaml() == spec.to_yaml()
    assert again.hash == spec.hash


def test_the_shipped_graphs_survive_the_way_through_python() -> None:
    for file in sorted((ROOT / "graphs").glob("*.yaml")):
        spec = load_graph(file.read_bytes(), file.name)
        assert run_source(to_python(spec)).to_yaml() == spec.to_yaml()


@settings(max_examples=300, deadline=None)
@given(exprs)
def test_a_condition_that_is_written_out_reads_back_as_the_same_tree(expr: Expr) -> None:
    try:
        tree = parse_condition(show_expr(expr))
    except ExpressionError:  # nested deeper than the language goes
        return
    assert parse_condition(show_expr(tree)) == tree
    assert parse_condition(show_expr(tree, dollar=True)) == tree


def test_a_wrong_field_fails_at_the_line_that_names_it() -> None:
    g = Graph("x", input={"ticket": Ticket})
    with pytest.raises(ProjectError) as caught:
        g.tool("t", text=g.input.ticket.bdy)
    assert caught.value.code == "graph.unknown-field"
    assert "did you mean 'body'" in caught.value.fix
    assert caught.value.where is not None
    assert caught.value.where.file.endswith("test_python_builder.py")
    source = Path(inspect.getfile(Ticket)).read_text(encoding="utf-8").splitlines()
    assert "g.input.ticket.bdy" in source[caught.value.where.line - 1]


def test_findings_of_a_check_name_the_python_line() -> None:
    g = Graph("x", input={"n": int})
    g.tool("double", n=g.input.n, m=1, name="a")
    schema: dict[str, JsonValue] = {
        "type": "object",
        "properties": {"n": {"type": "integer"}},
        "additionalProperties": False,
    }
    catalogue = FixedCatalogue(shelves={"tool": {"double": Signature(params=schema)}})
    findings = check_graph(g.build(), catalogue)
    found = next(one for one in findings if one.code == "graph.unknown-argument")
    source = Path(inspect.getfile(Ticket)).read_text(encoding="utf-8").splitlines()
    assert 'g.tool("double"' in source[found.where.line - 1]


def test_mistakes_of_shape_name_the_python_line() -> None:
    g = Graph("x")
    g.tool("t", name="a", timeout="soon")
    with pytest.raises(InvalidFile) as caught:
        g.build()
    assert caught.value.code == "graph.bad-duration"
    assert caught.value.where is not None
    assert caught.value.where.file.endswith("test_python_builder.py")


def test_two_nodes_of_one_name_are_refused_with_both_places() -> None:
    g = Graph("x")
    g.tool("t", name="a")
    with pytest.raises(ProjectError, match=r"the node 'a' already exists: .*test_python_builder\.py:\d+"):
        g.tool("t", name="a")


def test_a_reference_has_no_truth_of_its_own() -> None:
    g = Graph("x", input={"n": int})
    with pytest.raises(ProjectError, match="no boolean value"):
        _ = g.input.n > 1 and g.input.n < 5


def test_conditions_are_joined_with_signs() -> None:
    g = Graph("x", input={"n": int, "tags": list[str]})
    condition = ~(g.input.n + 1 > 2) & (is_in("vip", g.input.tags) | (length(g.input.tags) == 0))
    assert parse_condition(repr(condition)) == parse_condition(
        "not (input.n + 1 > 2) and ('vip' in input.tags or len(input.tags) == 0)"
    )


def test_what_computes_cannot_be_an_input() -> None:
    g = Graph("x", input={"n": int})
    with pytest.raises(ProjectError) as caught:
        g.tool("t", n=g.input.n + 1)
    assert caught.value.code == "graph.bad-reference"


def test_python_types_become_types_of_the_file() -> None:
    class Colour(Enum):
        RED = "red"
        BLUE = "blue"

    class Size(TypedDict, total=False):
        width: int

    @dataclass
    class Box:
        colour: Colour
        size: Size | None = None

    g = Graph(
        "x",
        input={
            "a": str, "b": int | None, "c": list[float], "d": Literal["p", "q"], "e": Box, "f": dict[str, int],
            "g": datetime, "h": list[Box], "i": Any, "j": "enum(x, y)?",
        },
    )  # fmt: skip
    g.tool("t", name="n")
    assert g.build().to_data()["input"] == {
        "a": "str", "b": "int?", "c": "list[float]", "d": "enum(p, q)", "e": "Box", "f": "json",
        "g": "datetime", "h": "list[Box]", "i": "json", "j": "enum(x, y)?",
    }  # fmt: skip
    assert g.build().to_data()["types"] == {
        "Box": {"colour": "enum(red, blue)", "size": "Size?"},
        "Size": {"width": "int?"},
    }


def test_a_fallback_may_be_a_node_or_a_value() -> None:
    g = Graph("x", input={"q": str})
    g.llm("big", prompt="p.md", q=g.input.q, fallback=g.spare.llm("small", prompt="p.md", q=g.input.q), name="a")
    g.tool("t", name="b", fallback={"value": None}, retry=3)
    nodes = g.build().to_data()["nodes"]
    assert isinstance(nodes, dict)
    assert nodes["a"] == {
        "use": "llm", "model": "big", "prompt": "p.md", "in": {"q": "$input.q"},
        "fallback": {"use": "llm", "model": "small", "prompt": "p.md", "in": {"q": "$input.q"}},
    }  # fmt: skip
    assert nodes["b"] == {"use": "tool", "tool": "t", "retry": {"attempts": 3}, "fallback": {"value": None}}


def test_a_map_names_its_item() -> None:
    g = Graph("x", input={"lines": list[Line]})
    with g.map(g.input.lines, item="line", on_error="skip") as priced:
        cost = priced.tool("price", line=priced.item)
        priced.out(cost.total)
    g.output(costs=priced.value)
    data = g.build().to_data()
    assert data["nodes"] == {
        "priced": {
            "map": {"each": "$input.lines", "as": "line", "on_error": "skip"},
            "nodes": {"cost": {"use": "tool", "tool": "price", "in": {"line": "$line"}}},
            "out": "$cost.total",
        }
    }
    assert data["output"] == {"costs": "$priced"}


def test_a_rule_with_a_score_and_a_key_is_the_same_in_python_and_yaml() -> None:
    graph = Graph("x", input={"text": "str", "trust": "float", "who": "str"})
    given = graph.input
    graph.review(name="ok", show=[given.text], auto={"when": given.trust > 0, "score": given.trust, "key": given.who})
    built = graph.build()
    data: Any = built.to_data()
    rule = {"when": "input.trust > 0", "score": "$input.trust", "key": "$input.who"}
    assert data["nodes"]["ok"]["auto"] == rule
    scope: dict[str, Any] = {}
    exec(to_python(built), scope)
    assert scope["graph"].build().hash == built.hash
