"""The keys that many kinds of nodes have, each on each kind: when, after, timeout, fallback, in, out, retry, cache."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from tests.project.keys.table import Desk, Key, Place
from tests.project.keys.world import world

NODES: Mapping[str, str] = {
    "retrieve": "use: retrieve, on: handbook, in: {query: $input.text}",
    "sql": "use: sql, tool: orders_of, in: {customer: $input.text}",
    "specialist": "use: specialist, ref: mood@production, in: {text: $input.text}",
    "llm": "use: llm, model: writer, prompt: prompts/ask.md, in: {text: $input.text}",
    "agent": "use: agent, model: agent, prompt: prompts/ask.md, tools: [echo], in: {text: $input.text}",
    "tool": "use: tool, tool: echo, in: {text: $input.text}",
    "check": "use: check, kind: polite, in: {text: $input.text}",
    "graph": "use: graph, graph: inner, in: {text: $input.text}",
    "effect": "use: effect, tool: say, in: {ticket_id: T-1, text: $input.text}",
    "review": "use: review, show: [$input.text]",
    "repeat": 'repeat: {max: 2, until: "b != null"}, nodes: {b: {use: tool, tool: echo, in: {text: $input.text}}}',
    "map": "map: {each: $input.text_list}, nodes: {b: {use: tool, tool: echo, in: {text: $item}}}",
}
WORK = ("retrieve", "sql", "specialist", "llm", "agent", "tool", "check")
FAILING = (*WORK, "graph", "repeat", "map")
HEAD = """\
compound: graph/v1
name: main
input: {text: str, text_list: "list[str]"}
output: {a: $a?, text: $input.text, list: $input.text_list}
nodes:
"""
FIRST = "  first: {use: tool, tool: echo, in: {text: slow}}\n"
INPUT: dict[str, Any] = {"text": "refund", "text_list": ["x", "y"]}


def graph(kind: str, extra: str = "", *, nodes: str = "", body: str = "") -> str:
    """A graph with one node `a` of a kind, with these further keys."""
    return f"{HEAD}{nodes}  a: {{{body or NODES[kind]}{', ' if extra else ''}{extra}}}\n"


def place(desk: Desk, text: str) -> Place:
    return world(desk, {"graphs/main.yaml": text})


def ran(where: Place, **given: Any) -> Any:
    """What the node made: its value, or what a person sees of it."""
    view = where.run({**INPUT, **given})
    return "waits" if view.status == "waiting_review" else view.error["code"] if view.error else view.output["a"]


def spans(where: Place, what: str) -> list[Any]:
    """A column of the spans of node `a`, as `compound traces sql` prints them."""
    said = where.say("traces", "sql", f"select {what} as x from spans where kind = 'node' and node_name = 'a'", "--json")
    assert said.code == 0, said.err
    return [row["x"] for row in said.json]


def _when(kind: str, desk: Desk) -> None:
    where = place(desk, graph(kind, "when: input.text == 'refund'"))
    assert ran(where) is not None
    assert ran(where, text="other") is None
    assert place(desk, graph(kind)).run({**INPUT, "text": "other"}).status == where.run(INPUT).status


async def _events(where: Place) -> list[tuple[str, str]]:
    with where.open() as project:
        return [(one.event, getattr(one, "node", "")) async for one in project.stream(None, INPUT)]


def _after(kind: str, desk: Desk) -> None:
    order = [asyncio.run(_events(place(desk, graph(kind, key, nodes=FIRST)))) for key in ("after: [first]", "")]
    opened = {"review": "review_opened"}.get(kind, "node_started")
    places = [(events.index((opened, "a")), events.index(("node_finished", "first"))) for events in order]
    assert places[0][0] > places[0][1]  # it waits for the first
    if kind not in {"review", "effect"}:  # these come when everything else was done
        assert places[1][0] < places[1][1]
    drawn = [place(desk, graph(kind, key, nodes=FIRST)).say("draw").out for key in ("after: [first]", "")]
    assert ["n_first -.-> n_a" in one for one in drawn] == [True, False]


def _description(kind: str, desk: Desk) -> None:
    where = place(desk, graph(kind, "description: Ask the stars"))
    assert "<title>Ask the stars</title>" in where.say("draw", "--svg").out
    assert "Ask the stars" not in place(desk, graph(kind)).say("draw", "--svg").out


def _use(kind: str, desk: Desk) -> None:
    text = graph(kind)
    assert [one for one in place(desk, text).findings() if one.severity == "error"] == []
    assert "graph.no-kind" in place(desk, text.replace(f"use: {kind}, ", "")).codes()


def _timeout(kind: str, desk: Desk) -> None:
    body = NODES[kind]
    assert ran(place(desk, graph(kind, "timeout: 0.001ms", body=body))) == "graph.timeout"
    assert ran(place(desk, graph(kind, "timeout: 20s", body=body))) not in {"graph.timeout", None}


def _fallback(kind: str, desk: Desk) -> None:
    late = "timeout: 0.001ms"
    assert ran(place(desk, graph(kind, f"{late}, fallback: {{value: none of it}}"))) == "none of it"
    other = "fallback: {use: tool, tool: echo, in: {text: of a node}}"
    assert ran(place(desk, graph(kind, f"{late}, {other}"))) == "said of a node"
    assert ran(place(desk, graph(kind, late))) == "graph.timeout"


def _in(kind: str, desk: Desk) -> None:
    where = place(desk, graph(kind))
    if kind == "effect":
        ran(where, text="lovely")
        assert where.replies() == ["lovely"]
    else:
        assert ran(where, text="c1 lovely") != ran(where, text="rude awful card") or ran(where, text="c1")
        assert ran(where, **{"text": "c1" if kind == "sql" else "lovely"}) != ran(where, text="rude awful card")
    without = NODES[kind][: NODES[kind].index(", in: ")]
    assert any(one.severity == "error" for one in place(desk, graph(kind, body=without)).findings())


def _out(kind: str, desk: Desk) -> None:
    wrong = place(desk, graph(kind, "out: {nowhere: int}"))
    errors = [one.code for one in wrong.findings() if one.severity == "error"]
    told = errors or [ran(wrong)]
    assert told != [ran(place(desk, graph(kind)))], told
    assert told[0] in {"graph.type-mismatch", "graph.bad-value", None} or told[0]["answer"] is None


def _retry(kind: str, desk: Desk) -> None:
    where = place(desk, graph(kind, "timeout: 0.001ms, retry: {attempts: 3, wait: 1ms}"))
    assert ran(where) == "graph.timeout"
    assert sorted(spans(where, "attempt")) == [1, 2, 3]
    once = place(desk, graph(kind, "timeout: 0.001ms"))
    assert ran(once) == "graph.timeout"
    assert spans(once, "attempt") == [1]


def _cache(kind: str, desk: Desk) -> None:
    where = place(desk, graph(kind, "cache: 1h"))
    assert ran(where) == ran(where)
    assert sorted(spans(where, "cached_result")) == [False, True]
    never = place(desk, graph(kind))
    assert ran(never) is not None
    assert ran(never) is not None
    assert True not in spans(never, "cached_result")


def _not_on_a_graph(key: str, value: str, desk: Desk) -> None:
    found = place(desk, graph("graph", f"{key}: {value}")).findings()
    assert [one.code for one in found] == ["graph.not-on-graph"]
    assert place(desk, graph("graph")).codes() == []


def _rows() -> Iterator[Key]:
    per_kind: Mapping[Callable[..., None], tuple[str, ...]] = {
        _when: tuple(NODES),
        _after: tuple(NODES),
        _description: tuple(NODES),
        _use: tuple(kind for kind in NODES if kind not in {"repeat", "map"}),
        _timeout: FAILING,
        _fallback: FAILING,
        _in: (*WORK, "graph", "effect"),
        _out: WORK,
        _retry: WORK,
        _cache: WORK,
    }
    for seen, kinds in per_kind.items():
        yield from (Key("graph", f"nodes.{kind}.{seen.__name__[1:]}", partial(seen, kind)) for kind in kinds)
    for key, value in {"out": "{a: str}", "retry": "{attempts: 2}", "cache": "1h"}.items():
        yield Key("graph", f"nodes.graph.{key}", partial(_not_on_a_graph, key, value))


KEYS = tuple(_rows())
