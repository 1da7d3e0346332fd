"""Random graphs and random conditions, for properties that must hold of every one."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from compound.language.references import (
    Both,
    Calc,
    Coalesce,
    Compare,
    Comparison,
    Constant,
    Expr,
    Length,
    ListOf,
    Not,
    Ref,
)

names = st.sampled_from(["a", "b", "c_1", "Node"])
texts = st.sampled_from(["x", "a b", "yes", "1", "$$x", "ä", "", "a: b", "- c", "# no", "'q'", "line\nline"])
bindings = st.recursive(
    texts | st.integers(-5, 5) | st.none() | st.sampled_from(["$input.x", "$a?", "$a.b ?? $b ?? 'c'"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2),
    max_leaves=4,
)
common: dict[str, Any] = {
    "in": st.dictionaries(names, bindings, max_size=2),
    "when": st.sampled_from(["a.x == 'y'", "len(b?) > 0"]),
    "description": texts,
    "timeout": st.sampled_from(["30s", 2]),
    "retry": st.fixed_dictionaries({"attempts": st.integers(1, 5)}),
    "out": st.sampled_from(["list[str]", "enum(a, b)?", {"x": "str"}]),
    "cache": st.sampled_from(["1h", 5]),
    "fallback": st.fixed_dictionaries({"value": bindings})
    | st.fixed_dictionaries({"use": st.just("tool"), "tool": texts}),
}
bare_keys = {key: common[key] for key in ("in", "when", "description")}
budget = st.fixed_dictionaries({"usd": st.just(0.5)}, optional={"on_exceed": st.just("review")})
agent_tools = st.lists(
    st.sampled_from(["x", "sql.y"])
    | st.fixed_dictionaries({"tool": st.just("z"), "with": st.dictionaries(names, bindings, max_size=1)}),
    max_size=2,
)


def bare(**fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(fixed, optional=bare_keys)


def nodes(**fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(fixed, optional=common)


node = st.one_of(
    nodes(use=st.just("tool"), tool=texts),
    nodes(use=st.just("retrieve"), on=texts, top_k=st.integers(1, 9)),
    nodes(use=st.just("check"), kind=texts),
    nodes(use=st.just("llm"), model=texts, prompt=texts),
    bare(use=st.just("effect"), tool=texts),
    nodes(use=st.just("agent"), model=texts, prompt=texts, tools=agent_tools, max_turns=st.integers(1, 9)),
    bare(use=st.just("graph"), graph=texts),
    st.fixed_dictionaries({"use": st.just("review"), "show": st.lists(bindings, max_size=2)}),
)
inner = st.dictionaries(st.sampled_from(["p", "q"]), node, max_size=2)
block = st.fixed_dictionaries({"repeat": st.just({"max": 2}), "nodes": inner}) | st.fixed_dictionaries(
    {"map": st.just({"each": "$input.x", "as": "it", "parallel": 2}), "nodes": inner}, optional={"out": bindings}
)
graphs = st.fixed_dictionaries(
    {"compound": st.just("graph/v1"), "name": names, "nodes": st.dictionaries(names, node | block, max_size=3)},
    optional={
        "types": st.dictionaries(st.just("T"), st.just({"a": "str"})),
        "output": st.dictionaries(names, bindings, max_size=2),
        "description": texts,
        "budget": budget,
        "policy": names,
    },
)


roots = st.sampled_from(["a", "node", "class", "x1"])
refs = st.builds(Ref, roots, st.lists(roots | st.integers(0, 3), max_size=2).map(tuple), st.booleans())
constants = st.builds(
    Constant,
    st.none() | st.booleans() | st.integers(0, 99) | st.sampled_from(["x", "it's", 'say "hi"', "päx"]),
)


def _compare(left: Expr, right: Expr, op: Comparison) -> Expr:
    return Compare(left, ((op, right),))


def _both(left: Expr, right: Expr, is_all: bool) -> Expr:
    return Both(is_all, (left, right))


def _list(items: list[Expr]) -> Expr:
    return ListOf(tuple(items))


def _coalesce(left: Expr, right: Expr) -> Expr:
    return Coalesce((left, right))


exprs: st.SearchStrategy[Expr] = st.recursive(
    refs | constants,
    lambda inner: st.one_of(
        st.builds(
            _compare,
            inner,
            inner,
            st.sampled_from(["==", "!=", "<", ">=", "in", "not in"]),
        ),
        st.builds(_both, inner, inner, st.booleans()),
        st.builds(Not, inner),
        st.builds(Calc, st.sampled_from(["+", "-", "*", "//", "%"]), inner, inner),
        st.builds(Length, inner),
        st.builds(_list, st.lists(inner, max_size=2)),
        st.builds(_coalesce, refs | constants, refs | constants),
    ),
    max_leaves=6,
)
