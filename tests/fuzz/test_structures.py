"""Files of the right shape with the wrong things in them: `check` has an answer to each."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from compound.graph.checks.check import check_file
from compound.spec.yaml.writing import write_yaml
from tests.support.desks import small_desk

_CATALOGUE = small_desk.catalogue()

_NODES = ("a", "b", "c")
_TEXTS = st.sampled_from((
    "$input.text", "$a", "$a?", "$b.text ?? $a", "$item", "$item.id", "$previous.a?", "$run.id", "$context.tenant", "text",
    "a.text == 'x'", "len($a) > 0", "str", "list[str]", "enum(x, y)", "json?", "3s", "", "class", "$$", "plain.md", "none.md",
    "writer", "look_up", "note", "case", "10%", "approve", "skip", "review", "report", "pin", "$" * 9, "ü", "\U0001f600",
))  # fmt: skip
_KEYS = st.sampled_from((
    "use", "in", "out", "when", "after", "repeat", "map", "nodes", "max", "until", "each", "as", "parallel", "on_error", "tool",
    "tools", "model", "prompt", "timeout", "retry", "attempts", "cache", "fallback", "value", "budget", "usd", "seconds",
    "on_exceed", "queue", "show", "decide", "approve", "edit", "reject", "auto", "score", "versions", "graph", "ref", "on",
    "top_k", "kind", "from", "x", "text", "a", "b",
))  # fmt: skip
_USES = st.sampled_from((
    "llm", "agent", "tool", "sql", "check", "review", "effect", "graph", "retrieve", "specialist", "other",
))  # fmt: skip
_SCALARS = st.one_of(_TEXTS, st.integers(-5, 10**19), st.floats(allow_nan=False), st.booleans(), st.none())
_ANY = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_KEYS, inner, max_size=5)),
    max_leaves=12,
)


@st.composite
def _node(draw: st.DrawFn) -> Any:
    found: dict[str, Any] = {"use": draw(_USES)}
    found |= draw(st.dictionaries(_KEYS.filter(lambda key: key != "use"), _ANY, max_size=6))
    return draw(st.sampled_from((found, found, found, draw(_ANY))))


@st.composite
def _graphs(draw: st.DrawFn) -> Any:
    graph: dict[str, Any] = {
        "compound": "graph/v1",
        "name": "case",
        "input": {"text": "str"},
        "nodes": draw(st.dictionaries(st.sampled_from(_NODES), _node(), min_size=1)),
    }
    more = st.sampled_from(("types", "input", "context", "output", "budget", "policy", "on_change", "version", "nodes"))
    return graph | draw(st.dictionaries(more, _ANY, max_size=3))


@given(_graphs())
def test_check_answers_every_shape(graph: Any) -> None:
    for finding in check_file(write_yaml(graph), "graphs/case.yaml", _CATALOGUE):
        assert finding.code
        assert str(finding).encode()
