"""Mermaid text: blocks as nested boxes, every kind drawn, and no text of a graph that is more than text."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compound.errors import ProjectError
from compound.graph.drawing.mermaid import draw
from compound.graph.drawing.picture import LOOKS
from compound.graph.drawing.svg import draw_svg
from compound.spec import load_graph
from compound.spec.graph_text import build_graph
from compound.spec.nodes import NODE_MODELS

NESTED = """\
compound: graph/v1
name: g
input: {x: str}
output: {r: $loop}
nodes:
  list: {use: tool, tool: list, in: {x: $input.x}}
  loop:
    repeat: {max: 3, until: check.ok}
    when: list.n > 0
    nodes:
      each:
        map: {each: $list.items}
        nodes:
          one: {use: agent, model: m, prompt: p.md, in: {v: $item}}
          two: {use: tool, tool: t, in: {v: $one}}
        out: $two
      check: {use: check, kind: policy, in: {v: $each}, after: [each]}
  refund: {use: graph, graph: refund, in: {v: $loop?}}
"""


def test_blocks_are_boxes_around_their_nodes() -> None:
    assert draw(load_graph(NESTED, "g.yaml")).splitlines()[1:17] == [
        '    input_(["<b>input</b>"]):::input_',
        '    n_list["<b>list</b><br/>tool list"]:::tool_',
        '    subgraph n_loop["<b>loop</b><br/>repeat at most 3<br/><i>when list.n #62; 0</i>"]',
        '        subgraph i2_each["<b>each</b><br/>map each $list.items"]',
        '            i2_0_one["<b>one</b><br/>agent m"]:::agent_',
        '            i2_0_two["<b>two</b><br/>tool t"]:::tool_',
        "            i2_0_one --> i2_0_two",
        "        end",
        '        i2_check{{"<b>check</b><br/>check policy"}}:::check_',
        "        i2_each --> i2_check",
        "    end",
        '    n_refund["<b>refund</b><br/>graph refund"]:::graph_',
        '    output_(["<b>output</b>"]):::output_',
        "    input_ --> n_list",
        "    n_list --> n_loop",
        "    n_loop --> n_refund",
    ]


def test_nodes_may_be_called_like_the_ends_and_like_words_of_mermaid() -> None:
    nodes: dict[str, Any] = {
        name: {"use": "tool", "tool": "t", "in": {}} for name in ("output", "end", "subgraph", "class", "n_end")
    }
    text = draw(build_graph({"compound": "graph/v1", "name": "g", "nodes": nodes, "output": {"r": "$output"}}))
    _Mermaid(text)
    assert "n_output --> output_" in text
    assert (
        ElementTree.fromstring(draw_svg(build_graph({"compound": "graph/v1", "name": "g", "nodes": nodes}))) is not None
    )


def test_a_cycle_is_said_not_drawn() -> None:
    text = "compound: graph/v1\nname: g\nnodes:\n  a: {use: tool, tool: t, in: {v: $b}}\n  b: {use: tool, tool: t, in: {v: $a}}\n"
    for show in (draw, draw_svg):
        with pytest.raises(ProjectError, match="a -> b -> a"):
            show(load_graph(text, "g.yaml"))


def test_every_kind_has_a_colour() -> None:
    assert set(NODE_MODELS) <= set(LOOKS)


class _Mermaid:
    """A reader of the part of Mermaid that is written: it refuses what it does not know."""

    NODE = re.compile(r'(\w+)(\(\[|\[\(|\{\{|\[/|\[\[|\[)"([^"]*)"(\]\)|\)\]|\}\}|/\]|\]\]|\]):::(\w+)')
    LABEL = re.compile(r"(?:</?[bi]>|<br/>|#\d+;|[^<>#&\"%{}\[\]`;\\|~^])*")

    def __init__(self, text: str) -> None:
        head, *lines = text.splitlines()
        assert head == "flowchart TD"
        self.labels: dict[str, str] = {}
        self.arrows: list[tuple[str, str]] = []
        self.classes: dict[str, str] = {}
        depth = 0
        for line in map(str.strip, lines):
            if found := re.fullmatch(r'subgraph (\w+)\["([^"]*)"\]', line):
                depth += 1
                self._label(found[1], found[2])
            elif line == "end":
                depth -= 1
            elif found := self.NODE.fullmatch(line):
                self._label(found[1], found[3])
                self.classes[found[1]] = found[5]
            elif found := re.fullmatch(r"(\w+) (?:-->|-\.->) (\w+)", line):
                self.arrows.append((found[1], found[2]))
            else:
                assert re.fullmatch(r"classDef (\w+) fill:#\w{6},stroke:#\w{6},color:#ffffff", line), line
        assert depth == 0
        assert {name for arrow in self.arrows for name in arrow} <= set(self.labels)
        assert set(self.classes.values()) == set(re.findall(r"classDef (\w+)", text))

    def _label(self, name: str, label: str) -> None:
        assert name not in self.labels
        assert self.LABEL.fullmatch(label), label
        plain = re.sub(r"</?[bi]>", "", label.replace("<br/>", "\n"))
        self.labels[name] = re.sub(r"#(\d+);", lambda found: chr(int(found[1])), plain)


hostile = st.text(st.characters(codec="utf-8"), max_size=30) | st.sampled_from(
    [
        '"]:::x',
        "%%{init: {'theme': 'dark'}}%%",
        "<script>alert(1)</script>",
        "`md`",
        "a\nend\n",
        "#quot;",
        "click n_a",
        "]]></svg>",
    ]
)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, Any], list[str]]:
    texts = draw(st.lists(hostile, min_size=3, max_size=3))
    literal = repr(texts[2]) if texts[2].isprintable() and "\\" not in texts[2] else "'x'"
    inner = {"one": {"use": "retrieve", "on": texts[1], "description": texts[0]}}
    nodes: dict[str, Any] = {
        "a": {"use": "tool", "tool": texts[0], "description": texts[1]},
        "b": {"repeat": {"max": 2}, "nodes": inner, "description": texts[2]},
        "c": {"use": "review", "queue": texts[1], "when": f"a == {literal}"},
    }
    return {"compound": "graph/v1", "name": "g", "description": texts[0], "nodes": nodes}, texts


@settings(max_examples=80, deadline=None)
@given(graphs())
def test_any_text_of_a_graph_stays_inside_its_label(made: tuple[dict[str, Any], list[str]]) -> None:
    data, texts = made
    graph = build_graph(data)
    read = _Mermaid(draw(graph))
    assert set(read.labels) == {"input_", "output_", "n_a", "n_b", "n_c", "i2_one"}
    assert all(
        sign.isprintable() or sign.isspace() or not sign.isascii() for text in read.labels.values() for sign in text
    )
    if texts[0].isprintable():
        name_and_kind = "\n".join(read.labels["n_a"].split("\n")[:2])
        assert name_and_kind == f"a\ntool {' '.join(texts[0].split())}".rstrip(" ")
    tree = ElementTree.fromstring(draw_svg(graph))
    assert {one.tag.rpartition("}")[2] for one in tree.iter()} <= {
        "svg", "title", "desc", "defs", "marker", "path", "g", "rect", "text", "tspan", "line", "circle", "polygon",
    }  # fmt: skip
