"""JSON Schemas of declared files: right files pass, typical mistakes do not, every key says what it means."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from compound.errors import ProjectError
from compound.language import InvalidFile
from compound.language.conditions import ExpressionError, parse_reference
from compound.language.schema import SchemaPart
from compound.language.types import TypeError_, parse_type
from compound.project.source.formats import write_schemas
from compound.spec.form.kinds import KINDS, kind_of
from compound.spec.form.schemas import json_schema, schema_text
from compound.spec.graph_text import build_graph
from compound.spec.sql_tool import split_sql_tool
from compound.spec.yaml.reading import read_yaml, read_yaml_file
from compound.spec.yaml.validated import validated

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = sorted({path for kind in KINDS.values() for place in kind.places for path in ROOT.glob(place)})
BEHAVIOUR = sorted((ROOT / "tests/unit/graph/behaviour").glob("*.yaml"))


@cache
def validator(kind: str) -> Draft202012Validator:
    schema = json_schema(KINDS[kind])
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def mistakes(kind: str, data: Any) -> list[str]:
    """Innermost places at which data does not fit, as dotted paths."""
    return [_innermost(error) for error in validator(kind).iter_errors(data)]


def _innermost(error: Any) -> str:
    while error.context:
        error = max(error.context, key=lambda one: len(one.absolute_path))
    return ".".join(str(step) for step in error.absolute_path)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT)))
def test_shipped_files_fit_and_name_their_schema(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    data = read_yaml(split_sql_tool(text, path.name)[0] if path.suffix == ".sql" else text, path.name)
    kind = kind_of(data, path.name)
    assert mistakes(kind.name, data.data) == []
    if path.suffix == ".yaml":
        _, _, place = text.splitlines()[0].partition("$schema=")
        assert (path.parent / place).resolve() == ROOT / f".compound/schema/{kind.name}.json"


@pytest.mark.parametrize("file", BEHAVIOUR, ids=lambda path: path.stem)
def test_every_graph_of_the_behaviour_table_fits(file: Path) -> None:
    for says in cast("list[dict[str, Any]]", read_yaml_file(file).data):
        for name, graph in {"scenario": says, **says.get("graphs", {})}.items():
            keys = ("types", "input", "context", "output", "nodes", "budget")
            data = {"compound": "graph/v1", "name": name} | {key: graph[key] for key in keys if key in graph}
            if name == "scenario":
                data["input"] = {}
            build_graph(data)
            assert mistakes("graph", data) == [], says["name"]


GRAPH = """\
compound: graph/v1
name: g
types: {T: {a: str, b: "list[enum(x, y)]?"}, M: {from: types.py:Model}}
input: {text: str}
output: {r: $draft}
budget: {usd: 0.08, seconds: 60, on_exceed: review}
nodes:
  read: {use: tool, tool: read, in: {text: $input.text, n: 3}, retry: {attempts: 2, on: [timeout]}}
  draft:
    use: llm
    model: m
    prompt: p.md
    in: {a: "$read.ids[0] ?? 'none'", b: [$read?, 1]}
    out: T
    timeout: 30s
    fallback: {value: {a: none}}
  loop:
    repeat: {max: 2, until: check.ok}
    nodes: {check: {use: check, kind: policy, in: {d: $draft}}}
  each: {map: {each: $read.ids, as: id}, nodes: {one: {use: sql, tool: t, in: {id: $id}}}, out: $one}
  review: {use: review, show: [$draft], decide: {approve: {}, edit: {text: str}}, auto: {when: read.ok}, due: 4h}
  send: {use: effect, tool: send, when: review.action != 'reject', in: {text: $review.text ?? $draft.a}}
"""


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """An edit of the graph above, and where its schema sees it."""

    old: str
    new: str
    at: str


MISTAKES = (
    Mistake(old="graph/v1", new="graph/v2", at="compound"),
    Mistake(old="name: g", new="nmae: g", at=""),
    Mistake(old="name: g", new="name: 1g", at="name"),
    Mistake(old="  draft:\n", new="  draft it:\n", at="nodes"),
    Mistake(old="use: llm", new="use: lmm", at="nodes.draft.use"),
    Mistake(old="    use: llm\n", new="", at="nodes.draft"),
    Mistake(old="model: m", new="mdoel: m", at="nodes.draft"),
    Mistake(old="tool: read,", new="", at="nodes.read"),
    Mistake(old="timeout: 30s", new="timeout: soon", at="nodes.draft.timeout"),
    Mistake(old="timeout: 30s", new="timeout: 0", at="nodes.draft.timeout"),
    Mistake(old="$input.text, n", new="$input..text, n", at="nodes.read.in.text"),
    Mistake(old="$input.text, n", new="$1, n", at="nodes.read.in.text"),
    Mistake(old="$review.text ?? $draft.a", new="$review.text ? $draft.a", at="nodes.send.in.text"),
    Mistake(old="$review.text ?? $draft.a", new="$review.text ??", at="nodes.send.in.text"),
    Mistake(old="out: T\n", new='out: "list[T"\n'.replace("list[T", "list T"), at="nodes.draft.out"),
    Mistake(old="out: T\n", new="out: [T, T]\n", at="nodes.draft.out"),
    Mistake(old="a: str, b", new="a: str!, b", at="types.T.a"),
    Mistake(old="{from: types.py:Model}", new="{from: types.Model}", at="types.M.from"),
    Mistake(old="attempts: 2", new="attempts: 0", at="nodes.read.retry.attempts"),
    Mistake(old="on: [timeout]", new="on: [timeouts]", at="nodes.read.retry.on.0"),
    Mistake(old="repeat: {max: 2,", new="repeat: {", at="nodes.loop.repeat"),
    Mistake(old="max: 2", new="max: 1000", at="nodes.loop.repeat.max"),
    Mistake(old="kind: policy, ", new="", at="nodes.loop.nodes.check"),
    Mistake(old="map: {each: $read.ids, as", new="map: {as", at="nodes.each.map"),
    Mistake(old="on_exceed: review", new="on_exceed: stop", at="budget.on_exceed"),
    Mistake(old="when: review.action != 'reject'", new="when: ''", at="nodes.send.when"),
    Mistake(old="fallback: {value: {a: none}}", new="fallback: {use: review}", at="nodes.draft.fallback.use"),
    Mistake(old="show: [$draft]", new="show: $draft", at="nodes.review.show"),
    Mistake(old="decide: {approve: {}, edit: {text: str}}", new="decide: [approve]", at="nodes.review.decide"),
)


def test_the_graph_that_the_mistakes_are_made_in_is_right() -> None:
    data = cast("dict[str, Any]", read_yaml(GRAPH, "g").data)
    build_graph(data)
    assert mistakes("graph", data) == []


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case.new.strip() or f"no {case.old.strip()}")
def test_typical_mistakes_are_seen_where_they_are(case: Mistake) -> None:
    assert case.old in GRAPH
    data = cast("dict[str, Any]", read_yaml(GRAPH.replace(case.old, case.new, 1), "g").data)
    with pytest.raises(InvalidFile):
        build_graph(data)
    assert case.at in mistakes("graph", data)


@pytest.mark.parametrize(
    ("kind", "text", "at"),
    [
        ("models", "compound: models/v1\nmodels: {m: {solvr: x}}", "models.m"),
        ("models", "compound: models/v1\nmodels: {}\nprovider: 7", "provider"),
        ("models", "compound: models/v1\nmodels: {}\nretry: {attempts: 0}", "retry.attempts"),
        ("mailbox", "compound: mailbox/v1\nitems: {max_body: 3}", "items"),
        ("lakehouse", "compound: lakehouse/v1\ntables: {t: {customer_key: {column: a}}}", "tables.t.customer_key"),
        (
            "records",
            "compound: records/v1\ntables: {t: {key: [], columns: {}}}\ndocuments: {}\nview: {root: t}",
            "tables.t.key",
        ),
        ("suite", "compound: suite/v1\nname: s\ncases: load\nscorers: [a:b]\nscores: {}", "cases"),
        ("mcp", "compound: mcp/v1\nservers: {s: {command: x, timeout: never}}", "servers.s.timeout"),
        ("sql", "name: t\ndescription: d\ntables: [a]\nparams: {n: {type: TEXT}}", "params.n.type"),
    ],
)
def test_mistakes_in_other_files(kind: str, text: str, at: str) -> None:
    data = read_yaml(text, "f.yaml")
    assert at in mistakes(kind, data.data)
    with pytest.raises(InvalidFile):
        validated(data, KINDS[kind].load())


def test_a_shape_inside_a_record_store_is_looked_at_too() -> None:
    data = cast("dict[str, Any]", read_yaml_file(ROOT / "connectors/shop.yaml").data)
    del data["documents"]["orders"]["shape"]["items"]["match"]
    assert "documents.orders.shape.items" in mistakes("records", data)


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_says_what_it_means(kind: str) -> None:
    records = [part for part in SchemaPart.of(json_schema(KINDS[kind])).all() if "additionalProperties" in part.body]
    found = [(name, one.body) for part in records for name, one in part.properties.items()]
    assert found
    assert [name for name, one in found if "description" not in one and "$ref" not in one] == []
    assert json.loads(schema_text(kind))["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_schemas_are_written_where_the_files_look_for_them(tmp_path: Path) -> None:
    assert [path.relative_to(tmp_path).as_posix() for path in write_schemas(tmp_path, ["mailbox"])] == [
        ".compound/schema/mailbox.json"
    ]
    assert {path.stem for path in write_schemas(tmp_path)} == set(KINDS)
    with pytest.raises(ProjectError, match="no kind of file 'dsk'"):
        schema_text("dsk")


# No false alarm: what the reader takes, the schema lets through.

steps = st.sampled_from([".b", ". b ", "[0]", "[ -1 ]", "['k.]']", '["x"]', "?", " "])
terms = st.sampled_from(["$a", "b", "'t ? [x'", '""', "-3", "0.5", "null", "[]", "[1, $a.b]", "($a)"])
later = st.tuples(terms, st.lists(steps, max_size=2).map("".join)).map(lambda parts: f" ??{parts[0]}{parts[1]}")
references = st.tuples(st.lists(steps, max_size=4).map("".join), st.lists(later, max_size=3).map("".join)).map(
    lambda parts: f"$a{parts[0]}{parts[1]}"
)
types = st.recursive(
    st.sampled_from(["str", "T", "enum(a, b)", "enum('a b')", "list"]),
    lambda inner: st.builds(str.format, st.sampled_from(["{}?", "list[{}]", " {} ", "list[ {}]", "{} ?"]), inner),
)


@settings(max_examples=300, deadline=None)
@given(references)
def test_every_reference_that_is_read_fits(text: str) -> None:
    try:
        parse_reference(text)
    except ExpressionError:
        return
    data = {"compound": "graph/v1", "name": "g", "nodes": {}, "output": {"r": text}}
    assert mistakes("graph", data) == []


@settings(max_examples=150, deadline=None)
@given(types)
def test_every_type_that_is_read_fits(text: str) -> None:
    try:
        parse_type(text)
    except TypeError_:
        return
    data = {"compound": "graph/v1", "name": "g", "nodes": {}, "types": {"T": text}}
    assert mistakes("graph", data) == []


def _share_read(strategy: st.SearchStrategy[str], parse: Callable[[str], object]) -> float:
    seen: list[bool] = []

    @settings(max_examples=100, database=None, derandomize=True)
    @given(strategy)
    def count(text: str) -> None:
        try:
            parse(text)
        except (ExpressionError, TypeError_):
            seen.append(False)
        else:
            seen.append(True)

    count()
    return sum(seen) / len(seen)


def test_many_generated_references_and_types_are_right() -> None:
    """Else the two tests above would show little."""
    assert _share_read(references, parse_reference) > 0.3
    assert _share_read(types, parse_type) > 0.8
