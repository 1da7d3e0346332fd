"""What is fuzzed: each takes bytes, and either understands them or says in an error of ours why not."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from compound.connector.lakehouse.statement.guard import guard
from compound.errors import CompoundError
from compound.graph.checks.check import check_file
from compound.graph.prompt.reading import read_template
from compound.graph.prompt.sandbox import compile_template
from compound.language.conditions import ExpressionError, parse_condition, parse_reference
from compound.language.references import EvaluationError, compile_expr, references
from compound.spec.form.format import format_text
from compound.spec.form.kinds import KINDS, read_as
from compound.spec.yaml.reading import decode_utf8, read_yaml
from tests.support.desks import small_desk

ROOT = Path(__file__).resolve().parents[2]
SCOPE: dict[str, Any] = {
    "a": {"n": 3, "s": "text", "none": None, "list": [1, 2], "deep": {"x": True}},
    "input": {"text": "Where is it?", "amount": 12.5},
}
_CATALOGUE = small_desk.catalogue()


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that reads.

    Attributes:
        name: For the report.
        run: Takes the bytes; any error but those of `refuses` is a bug.
        refuses: How it says no.
        seeds: What is understood, to begin from.
        words: Pieces that mean something to it.
    """

    name: str
    run: Callable[[bytes], object]
    refuses: tuple[type[Exception], ...]
    seeds: Sequence[bytes]
    words: Sequence[bytes]


def _yaml(content: bytes) -> None:
    document = read_yaml(content, "f.yaml")
    json.dumps(document.data, ensure_ascii=False).encode()


def _graph(content: bytes) -> None:
    for finding in check_file(content, "graphs/f.yaml", _CATALOGUE):
        str(finding).encode()


def _canonical(content: bytes) -> None:
    once = format_text(content, "graphs/f.yaml")
    assert format_text(once, "graphs/f.yaml") == once, "formatting twice changes the file again"


def _of_kind(name: str) -> Callable[[bytes], object]:
    return lambda content: read_as(KINDS[name], content, "customer_orders.sql" if name == "sql" else "f.yaml")


def _condition(content: bytes) -> None:
    text = content.decode(errors="replace")
    expr = parse_condition(text)
    list(references(expr))
    compile_expr(expr)(SCOPE)
    parse_reference(text)


def _prompt(content: bytes) -> None:
    text = decode_utf8(content, "p.md")
    read_template(text, "p.md")
    try:
        compile_template(text, "p.md").render(SCOPE)
    except (TypeError, ValueError, ArithmeticError, RecursionError):
        return  # what `graph._nodes_llm.render` makes an error of the node


def _sql(content: bytes) -> None:
    guard(decode_utf8(content, "t.sql"), tables={})


_YAML_WORDS = (
    b"&a ", b"*a", b"<<: ", b"!!python/object:os.system ", b"- ", b"? ", b": ", b"| \n", b">-\n", b"{", b"}", b"[", b"]",
    b"'", b'"', b"\\ud800", b"\xff", b"\xef\xbb\xbf", b"\x00", b"\t", b"---\n", b"...\n", b"%YAML 1.1\n", b"list[", b"enum(",
    b"1e999", b"0x1F", b"~", b"null", b"\xc2\x85", b"\xe2\x80\xa8", b"#", b"9" * 30,
)  # fmt: skip
_GRAPH_WORDS = (
    b"use: llm\n", b"use: graph\n", b"use: agent\n", b"use: effect\n", b"when: ", b"repeat: {max: 2, until: ", b"map: {each: ",
    b"out: ", b"in: {", b"$input", b"$previous", b"$item", b"?", b" ?? ", b"after: [", b"decide: {", b"auto: {when: ",
    b"budget: {usd: ", b"timeout: 3s\n", b"retry: {attempts: ", b"fallback: {", b"cache: ", b"enum(a, b)", b"list[str]",
    b"from: x:Y", b"policy: ", b"tool: ", b"types:\n", b"nodes:\n", b"__class__", b"class", b"import",
)  # fmt: skip
_CONDITION_WORDS = (
    b"$a.n", b"a.s", b"input.text", b"len(", b")", b" and ", b" or ", b"not ", b" in ", b" not in ", b"==", b"!=", b"<=",
    b"??", b"?", b"[0]", b"['n']", b"'text'", b"1e308", b"9" * 40, b"__class__", b"lambda", b"(", b"*", b"//", b"%",
    b"0x1F", b"1_0", b"f'{a}'", b"\xf0\x9f\x98\x80", b"\\N{DASH}", b"\\x", b"-", b"True", b"null", b"**", b":=", b"if",
)  # fmt: skip
_PROMPT_WORDS = (
    b"{{ ", b" }}", b"{% for a in input %}", b"{% endfor %}", b"{% if ", b" %}", b"{% endif %}", b"{# ", b" #}", b"|upper",
    b"|center(9999)", b"|format(", b"**", b"9" * 20, b"range(", b"__class__", b"{% raw %}", b"{% macro m() %}",
    b"{% include 'x' %}", b"{% set x = ", b"recursive", b"loop(", b"self", b"super()", b"|attr('__class__')", b"~", b"(",
)  # fmt: skip
_SQL_WORDS = (
    b"SELECT ", b" FROM ", b"read_csv('x')", b"$customer_id", b";", b"--", b"/*", b"ATTACH ", b"COPY ", b"WITH RECURSIVE ",
    b"(", b")", b"'", b'"', b"::", b"LIMIT 1", b"UNION ALL ", b"pragma_version()", b"$1", b"?", b"---\n", b"params:\n",
)  # fmt: skip


_MCP = b"""compound: mcp/v1
servers:
  shipping:
    command: shipping-mcp
    args: [--region, eu]
    env: {SHIPPING_TOKEN: "${env:SHIPPING_TOKEN}"}
    tools: [track_parcel]
    timeout: 20s
  maps:
    url: https://maps.example/mcp
    tools: [distance]
"""


def _files(*patterns: str) -> list[bytes]:
    return [path.read_bytes() for pattern in patterns for path in sorted(ROOT.glob(pattern))]


def _findings() -> list[bytes]:
    """The graphs of the table of findings: each is wrong in a way of its own."""
    found: list[bytes] = []
    for path in sorted((ROOT / "tests/unit/graph/findings").glob("*.yaml")):
        cases: Any = read_yaml(path.read_bytes(), path.name).data
        found += [b"compound: graph/v1\nname: case\n" + str(case["graph"]).encode() for case in cases]
    return found


def targets() -> list[Target]:
    """Everything that reads."""
    ours = (CompoundError,)
    graphs = _files("graphs/*.yaml")
    every = _files("graphs/*.yaml", "graphs/policies/*.yaml", "connectors/*.yaml", "evals/*/suite.yaml")
    conditions = [b"a.n == 3", b"$a.n > 3 or a.s == 'text'", b"0 <= a.n < 3", b"len(a.list) * 2 + 1", b"gone? == null"]
    conditions += [b"$a.n ?? $input.text", b"[$a.n, $a.s?]", b"not (a.n in [1, 3] and 'ex' in a.s)"]
    prompts = [
        b"Dear {{ input.text }}{% if a.n > 2 %}, {{ a.list|join(', ') }}{% endif %}",
        *_files("graphs/prompts/*.md"),
    ]
    made = [
        Target("yaml", _yaml, ours, every, _YAML_WORDS),
        Target("check", _graph, ours, [*graphs, *_findings()], (*_YAML_WORDS, *_GRAPH_WORDS)),
        Target("fmt", _canonical, ours, every, _YAML_WORDS),
        Target("condition", _condition, (ExpressionError, EvaluationError), conditions, _CONDITION_WORDS),
        Target("prompt", _prompt, (*ours, TemplateError), prompts, _PROMPT_WORDS),
        Target("guard", _sql, ours, [b"SELECT 1 AS one", *_files("tools/*.sql")], _SQL_WORDS),
    ]
    for kind in KINDS.values():
        if kind.name != "graph":
            words = _SQL_WORDS if kind.name == "sql" else _YAML_WORDS
            made.append(Target(kind.name, _of_kind(kind.name), ours, _files(*kind.places) or [_MCP], words))
    return made
