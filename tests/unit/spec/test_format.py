"""`compound fmt`: the canonical form of each kind of file, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from compound.errors import ProjectError
from compound.language import InvalidFile
from compound.spec import load_graph
from compound.spec.form.format import format_text
from compound.spec.form.kinds import KINDS, kind_of
from compound.spec.graph_text import build_graph
from compound.spec.nodes import NODE_MODELS
from compound.spec.yaml.reading import read_yaml
from compound.spec.yaml.tree import parse_tree
from tests.support.yaml_printer import Printer

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = sorted({path for kind in KINDS.values() for place in kind.places for path in ROOT.glob(place)})

UNTIDY = """\
# yaml-language-server: $schema=../.compound/schema/graph.json
name: g
nodes:   # all of them
    # reads
    a: {tool: x, in: {v: $input.x}, use: tool}

    b:
      # how long
      timeout: 3s
      out: T   # what
      in:
          v: [$a,
              1]
      prompt: p.md
      model: m
      use: llm
      description: "said"
    # nothing more
compound: graph/v1
output: {r: $b}
input: {x: str}
types: {T: {y: list[str]}}
"""
TIDY = """\
# yaml-language-server: $schema=../.compound/schema/graph.json
compound: graph/v1
name: g
types: {T: {y: "list[str]"}}
input: {x: str}
output: {r: $b}
nodes:   # all of them
  # reads
  a: {use: tool, tool: x, in: {v: $input.x}}

  b:
    description: "said"
    use: llm
    model: m
    prompt: p.md
    in:
      v: [$a, 1]
    out: T   # what
    # how long
    timeout: 3s
  # nothing more
"""


def test_keys_move_with_their_comments() -> None:
    assert format_text(UNTIDY, "g.yaml") == TIDY
    assert format_text(TIDY, "g.yaml") == TIDY
    assert load_graph(TIDY, "g") == load_graph(UNTIDY, "g")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT)))
def test_shipped_files_are_canonical_and_plain_yaml(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert format_text(text, path.name) == text
    if path.suffix == ".yaml":
        data = YAML(typ="safe", pure=True).load(text)
        assert data == read_yaml(text, path.name).data


def test_the_statement_of_a_sql_tool_is_left_alone() -> None:
    text = "---\nparams: {n: {type: INTEGER}}\nname: t\ndescription: d # why\ntables: [lake.s.t]\n---\n\nSELECT  1\n  -- x\n"
    assert format_text(text, "t.sql") == (
        "---\nname: t\ndescription: d  # why\ntables: [lake.s.t]\nparams: {n: {type: INTEGER}}\n---\nSELECT  1\n  -- x\n"
    )


def test_names_of_a_shape_keep_their_order() -> None:
    text = (ROOT / "connectors/shop.yaml").read_text(encoding="utf-8")
    swapped = text.replace("    table: customers\n    id: user_id\n", "    id: user_id\n    table: customers\n")
    assert swapped != text
    assert format_text(swapped, "shop.yaml") == text


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("compound: graph/v1\nname: g\nnodes: {a: {use: tol}}\n", "graph.unknown-kind", "f.yaml:3:18"),
        ("compound: graph/v1\nname: g\nname: h\n", "yaml.duplicate-key", "f.yaml:3:1"),
        ("compound: mailbox/v1\nreplise: x\n", "project.bad-file", "f.yaml:2:1"),
        ("compound: mailbox/v2\n", "project.bad-file", "f.yaml:1:11"),
        ("compound: dsk/v1\n", "file.unknown-kind", "f.yaml:1:11"),
        ("name: x\n", "file.unknown-kind", "f.yaml:1"),
        ("", "file.unknown-kind", "f.yaml:1"),
        (b"compound: mailbox/v1\n# \xff\n", "yaml.not-utf8", "f.yaml:2"),
    ],
)
def test_broken_files_are_refused_at_the_place(text: str | bytes, code: str, place: str) -> None:
    with pytest.raises(ProjectError) as caught:
        format_text(text, "f.yaml")
    assert (caught.value.code, str(caught.value.where)) == (code, place)
    assert caught.value.fix or code.startswith(("project", "yaml"))


def test_all_mistakes_of_a_file_are_named_with_the_real_keys() -> None:
    text = "compound: models/v1\nmodels:\n  m: {solvr: x}\n  n: {anthropic: {max_tokens: 0}}\nretry: {attempts: none}\n"
    with pytest.raises(InvalidFile) as caught:
        format_text(text, "m.yaml")
    assert [(str(one.where), one.message) for one in caught.value.findings] == [
        ("m.yaml:3:7", "unknown key 'models.m.solvr'"),
        ("m.yaml:4:7", "the key 'models.n.anthropic.model' is missing"),
        ("m.yaml:4:31", "models.n.anthropic.max_tokens: input should be greater than or equal to 1"),
        ("m.yaml:5:19", "retry.attempts: input should be a valid integer, unable to parse string as an integer"),
    ]
    assert "did you mean 'solver'?" in caught.value.findings[0].fix


def test_every_kind_is_found_by_its_first_line() -> None:
    for kind in KINDS.values():
        text = "---\n" if kind.name == "sql" else f"compound: {kind.name}/v1\n"
        assert kind_of(read_yaml(text, "f"), "x.sql" if kind.name == "sql" else "x.yaml") is kind
        assert kind.load().model_fields


# Any graph, written in any way: nothing is lost, and twice is once.

names = st.sampled_from(["a", "b", "c_1"])
texts = st.sampled_from(["x", "a b", "long " * 30 + "end", "two\nlines\n", "1", "é: - #"])
bindings = st.recursive(
    texts | st.integers(-5, 5) | st.none() | st.sampled_from(["$input.x", "$a?", "$a.b ?? $b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=5,
)
common: dict[str, st.SearchStrategy[Any]] = {
    "in": st.dictionaries(names, bindings, max_size=3),
    "when": st.sampled_from(
        ["a.x == 'y'", "len(b?) > 0", "a.x == 1 and b.y in ['p', 'q'] or not c_1.z or " * 3 + "a.p"]
    ),
    "description": texts,
    "timeout": st.sampled_from(["30s", 2]),
    "retry": st.fixed_dictionaries({"attempts": st.integers(1, 5), "wait": st.just("1s")}),
    "out": st.sampled_from(["list[str]", "enum(a, b)?", {"x": "str", "y": "list[int]?"}]),
    "after": st.lists(names, max_size=2, unique=True),
}
work = st.sampled_from(
    [{"use": "tool", "tool": "t"}, {"use": "llm", "model": "m", "prompt": "p.md"}, {"use": "retrieve", "on": "h"}]
)


@st.composite
def nodes(draw: st.DrawFn, depth: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in draw(st.lists(names, max_size=3, unique=True)):
        if depth == 0 and draw(st.integers(0, 3)) == 0:
            found[name] = {"nodes": {f"{name}_{n}": v for n, v in draw(nodes(1)).items()}, "repeat": {"max": 2}}
        else:
            found[name] = draw(st.fixed_dictionaries({}, optional=common)) | draw(work)
    return found


@st.composite
def graph_files(draw: st.DrawFn) -> tuple[dict[str, Any], str, int]:
    data: dict[str, Any] = {
        "nodes": draw(nodes()),
        "input": {"x": "str?", "y": {"z": "list[str]"}},
        "name": "g",
        "description": draw(texts),
        "compound": "graph/v1",
    }
    printer = Printer(draw)
    text = printer.block(data, 0)
    return data, text, printer.made


@settings(max_examples=60, deadline=None)
@given(graph_files())
def test_any_graph_keeps_its_meaning_and_its_comments(file: tuple[dict[str, Any], str, int]) -> None:
    data, text, comments = file
    once = format_text(text, "g.yaml")
    assert load_graph(once, "g.yaml") == build_graph(data) == load_graph(text, "g.yaml")
    assert format_text(once, "g.yaml") == once
    assert len({one.split()[1] for one in parse_tree(once, "g.yaml").comments()}) == comments
    first = [line for line in once.splitlines() if line and not line.startswith(("#", " "))]
    assert first[0].startswith("compound: ")
    assert all(len(line) <= 110 for line in once.splitlines() if "#" not in line and "{" not in line)


KINDS_OF_NODES: dict[str, dict[str, Any]] = {
    "effect": {"tool": "x"},
    "repeat": {"repeat": {"max": 2}, "nodes": {"inner": {"use": "tool", "tool": "t"}}, "out": {"r": "$inner"}},
    "map": {"map": {"each": "$x"}, "nodes": {"inner": {"use": "tool", "tool": "t"}}, "out": "$inner"},
}


@pytest.mark.parametrize("kind", NODE_MODELS)
def test_every_kind_of_node_says_first_what_it_is(kind: str) -> None:
    fields = NODE_MODELS[kind].model_fields
    required = {one.alias or name: "x" for name, one in fields.items() if one.is_required()}
    node: dict[str, Any] = {**required, **({"use": kind} if "use" in fields else {}), **KINDS_OF_NODES.get(kind, {})}
    reverse = dict(reversed(node.items()))
    graph = build_graph({"compound": "graph/v1", "name": "g", "nodes": {"n": reverse}})
    lines = format_text(f"nodes: {{n: {json.dumps(reverse)}}}\nname: g\ncompound: graph/v1\n", "g.yaml")
    assert load_graph(lines, "g.yaml") == graph
    assert lines.splitlines()[-1].startswith(f"nodes: {{n: {{{'use' if 'use' in fields else kind}: ")
