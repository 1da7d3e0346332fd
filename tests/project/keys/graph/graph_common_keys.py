"""The keys that many kinds of nodes have, each on each kind: when, after, timeout, fallback, in, out, retry, cache."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any
from unittest.mock import patch

from compound.errors import ConnectorError
from tests.project.keys.table import Desk, Key, Place
from tests.project.keys.world import world
from tests.support.models.specialists import Specialist

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
    "repeat": "repeat: {max: 2}, nodes: {b: {use: tool, tool: echo, in: {text: $previous.b? ?? $input.text}}}",
    "map": "map: {each: $input.text_list}, nodes: {b: {use: tool, tool: echo, in: {text: $item}}}",
}
WORK = ("retrieve", "sql", "specialist", "llm", "agent", "tool", "check")
FAILING = (*WORK, "graph", "repeat", "map")
HEAD = """\
compound: graph/v1
name: main
input: {text: str, text_list: "list[str]", any: json}
output: {a: $a?, text: $input.text, list: $input.text_list, any: $input.any, ok: $v.ok}
nodes:
  v: {use: check, kind: fine, in: {text: $input.text}}
"""
FIRST = "  first: {use: tool, tool: echo, in: {text: slow}}\n"
INPUT: dict[str, Any] = {"text": "refund", "text_list": ["x", "y"], "any": "refund"}
LATE = "timeout: 20ms"
ON_THREAD = {"retrieve", "sql", "specialist"}
"""What runs on the thread that would have to stop it: `check` refuses a timeout."""
FAILS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "retrieve": (NODES["retrieve"].replace("$input.text", "$input.any"), {"any": ["no text"]}),
    "sql": (NODES["sql"], {"text": "no number"}),
    "specialist": (NODES["specialist"], {}),
    "llm": (NODES["llm"].replace("writer", "slow") + f", {LATE}", {}),
    "agent": (NODES["agent"].replace("model: agent", "model: slow") + f", {LATE}", {}),
    "map": (NODES["map"], {"text_list": ["bad"]}),
}
"""How a node of each kind is made to fail: its keys, and the input.

A specialist answers whatever it is given: its store is broken for it.
"""


def graph(kind: str, extra: str = "", *, nodes: str = "", body: str = "") -> str:
    """A graph with one node `a` of a kind, with these further keys."""
    own = [body or NODES[kind], *([extra] if extra else [])]
    if kind == "effect" and "when: " not in extra:
        own.append("when: v.ok")
    return f"{HEAD}{nodes}  a: {{{', '.join(own)}}}\n"


def place(desk: Desk, text: str) -> Place:
    return world(desk, {"graphs/main.yaml": text})


def ran(where: Place, **given: Any) -> Any:
    """What the node made: its value, or what a person sees of it."""
    view = where.run({**INPUT, **given})
    if view.status == "waiting_review":
        return "waits"
    return view.error["code"] if view.error else (view.output or {})["a"]


def spans(where: Place, what: str) -> list[Any]:
    """A column of the spans of node `a`, as `compound traces sql` prints them."""
    said = where.say(
        "traces", "sql", f"select {what} as x from spans where kind = 'node' and node_name = 'a'", "--json"
    )
    assert said.code == 0, said.err
    return [row["x"] for row in said.json]


def _when(kind: str, desk: Desk) -> None:
    where = place(desk, graph(kind, f"when: {'v.ok and ' * (kind == 'effect')}input.any == 'refund'"))
    assert ran(where) is not None
    assert ran(where, any="other") is None
    assert ran(place(desk, graph(kind)), any="other") is not None


async def _events(where: Place) -> list[tuple[str, str]]:
    with where.open() as project:
        return [(one.event, getattr(one, "node", "")) async for one in project.stream(None, INPUT)]


def _after(kind: str, desk: Desk) -> None:
    order = [asyncio.run(_events(place(desk, graph(kind, key, nodes=FIRST)))) for key in ("after: [first]", "")]
    opened = {"review": "review_opened", "effect": "effect_sent"}.get(kind, "node_started")
    places = [(events.index((opened, "a")), events.index(("node_finished", "first"))) for events in order]
    assert places[0][0] > places[0][1]  # it waits for the first
    if kind not in {"review", "effect"}:  # these come when everything else was done
        assert places[1][0] < places[1][1]
    drawn = [place(desk, graph(kind, key, nodes=FIRST)).say("draw").out for key in ("after: [first]", "")]
    assert ["n_first -.-> n_a" in one for one in drawn] == [True, False]


def _description(kind: str, desk: Desk) -> None:
    where = place(desk, graph(kind, "description: Ask the stars"))
    without = place(desk, graph(kind))
    for words in (("draw",), ("draw", "--svg")):
        assert "Ask the stars" in where.say(*words).out
        assert "Ask the stars" not in without.say(*words).out


def _use(kind: str, desk: Desk) -> None:
    text = graph(kind)
    assert [one for one in place(desk, text).findings() if one.severity == "error"] == []
    assert "graph.missing-key" in place(desk, text.replace(f"use: {kind}, ", "")).codes()


def _timeout(kind: str, desk: Desk) -> None:
    if kind in ON_THREAD:
        assert place(desk, graph(kind, LATE)).codes() == ["graph.timeout-on-sync"]
        assert place(desk, graph(kind)).codes() == []
        return
    body = FAILS[kind][0].replace(f", {LATE}", "") if kind in {"llm", "agent"} else NODES[kind]
    given = {} if kind in {"llm", "agent"} else {"text": "slow", "text_list": ["slow"]}
    assert ran(place(desk, graph(kind, LATE, body=body)), **given) == "graph.timeout"
    assert ran(place(desk, graph(kind, body=body)), **given) not in ["graph.timeout", None]


@contextmanager
def _failing(kind: str) -> Generator[dict[str, Any]]:
    broken = ConnectorError("records.locked", "its store is locked")
    with patch.object(Specialist, "predict", side_effect=broken) if kind == "specialist" else nullcontext():
        yield FAILS[kind][1] if kind in FAILS else {"text": "bad"}


def _body(kind: str) -> str:
    return FAILS[kind][0] if kind in FAILS else NODES[kind]


def _fallback(kind: str, desk: Desk) -> None:
    good = json.dumps(ran(place(desk, graph(kind)), text="c1"))
    rescued = place(desk, graph(kind, f"fallback: {{value: {good}}}", body=_body(kind)))
    fails = place(desk, graph(kind, body=_body(kind)))
    with _failing(kind) as given:
        assert ran(rescued, **given) == json.loads(good)
        assert fails.run({**INPUT, **given}).status == "failed"


def _in(kind: str, desk: Desk) -> None:
    where = place(desk, graph(kind))
    if kind == "effect":
        ran(where, text="lovely")
        assert where.replies() == ["lovely"]
    else:
        one, other = ("c1", "c0") if kind == "sql" else ("lovely card", "rude awful refund")
        assert ran(where, text=one) != ran(where, text=other)
    without = NODES[kind][: NODES[kind].index(", in: ")]
    assert any(one.severity == "error" for one in place(desk, graph(kind, body=without)).findings())


def _out(kind: str, desk: Desk) -> None:
    wrong = place(desk, graph(kind, "out: {nowhere: int}"))
    errors = [one.code for one in wrong.findings() if one.severity == "error"]
    given = {"text": "c1"}
    told: list[Any] = [*errors] or [ran(wrong, **given)]
    right = ran(place(desk, graph(kind)), **given)
    assert told != [right]
    if kind in {"llm", "agent"}:  # what never fits is no answer
        assert (told[0] if kind == "llm" else told[0]["answer"]) is None
    else:
        assert told[0] in {"graph.type-mismatch", "graph.bad-value"}, told


def _retry(kind: str, desk: Desk) -> None:
    tried: list[list[int]] = []
    for key in ("retry: {attempts: 3, wait: 1ms, on: [any]}", ""):
        where = place(desk, graph(kind, key, body=_body(kind)))
        with _failing(kind) as given:
            assert where.run({**INPUT, **given}).status == "failed"
        tried.append(sorted(spans(where, "attempt")))
    assert tried == [[1, 2, 3], [1]]


def _cache(kind: str, desk: Desk) -> None:
    kept, never = place(desk, graph(kind, "cache: 1h")), place(desk, graph(kind))
    for where in (kept, never):
        assert ran(where, text="c1") == ran(where, text="c1") != None  # noqa: E711 - a value, twice the same
    assert sorted(spans(kept, "cached_result")) == [False, True]
    assert True not in spans(never, "cached_result")


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


KEYS = tuple(_rows())
