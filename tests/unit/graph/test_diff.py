"""What changed between two graphs, and what becomes of values, caches and paused runs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compound.graph import Engine
from compound.graph.change.diff import compare
from compound.spec import GraphSpec, load_graph
from compound.spec.graph_text import build_graph
from compound.testing.fakes import FakeServices

BASE = """\
compound: graph/v1
name: g
types:
  Intent: {label: enum(cancel, other), confidence: float}
  Draft: {text: str}
input: {ticket: {id: str, body: str, email: str?}}
context: {tenant: str?}
output: {sent: $send?}
nodes:
  clean: {use: tool, tool: clean, in: {text: $input.ticket.body}}
  intent: {use: specialist, ref: intent@production, in: {text: $clean.text}, out: Intent}
  orders: {use: sql, tool: orders, when: intent.label != 'other', in: {id: $input.ticket.id}}
  answer:
    repeat: {max: 2, until: grounded.score >= 0.8}
    nodes:
      draft: {use: llm, model: writer, prompt: p.md, in: {orders: $orders?}, out: Draft}
      grounded: {use: check, kind: groundedness, in: {claim: $draft.text}}
    out: {draft: $draft}
  side: {use: tool, tool: side, in: {text: $input.ticket.body}}
  review: {use: review, show: [$answer.draft], decide: {approve: {}, reject: {}}, due: 4h}
  send: {use: effect, tool: send, when: review.action != 'reject', in: {text: $answer.draft}}
  log: {use: tool, tool: log, in: {sent: $send?}}
"""


def graph(*edits: tuple[str, str]) -> GraphSpec:
    text = BASE
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return load_graph(text, "g.yaml")


@dataclass(frozen=True, kw_only=True)
class Case:
    """Edits of the graph above and what they do to a run that waits at `review`."""

    id: str
    edits: tuple[tuple[str, str], ...]
    nodes: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    affected: tuple[str, ...] = ()
    verdict: str = "move"
    redoes: tuple[str, ...] = ()
    why: str = ""


CASES = (
    Case(id="order of keys, comments, explicit defaults", edits=(("name: g", "name: g # a\nversion: 1"),)),
    Case(id="another spelling of a condition", edits=(("label != 'other'", 'label  !=  "other"'),)),
    Case(
        id="a node after the review",
        edits=(("tool: log", "tool: log2"),),
        nodes=("changed log",),
    ),
    Case(
        id="how, not what",
        edits=(("tool: clean,", "tool: clean, timeout: 5s, retry: {attempts: 2}, description: x,"),),
        nodes=("changed clean",),
    ),
    Case(id="a longer time for the reviewer", edits=(("due: 4h", "due: 8h"),), nodes=("changed review",)),
    Case(
        id="a node at the start",
        edits=(("tool: clean", "tool: cleaner"),),
        nodes=("changed clean",),
        affected=("intent", "orders", "answer", "answer.draft", "answer.grounded", "review", "send", "log"),
        verdict="redo",
        redoes=("clean", "intent", "orders", "answer", "review"),
        why="clean changed",
    ),
    Case(
        id="a node inside a block",
        edits=(("prompt: p.md", "prompt: q.md"),),
        nodes=("changed answer.draft",),
        affected=("answer", "answer.grounded", "review", "send", "log"),
        verdict="redo",
        redoes=("answer", "review"),
    ),
    Case(
        id="a node beside the review",
        edits=(("tool: side", "tool: other"),),
        nodes=("changed side",),
        verdict="redo",
        redoes=("side",),
    ),
    Case(
        id="a type of an answer",
        edits=(("Draft: {text: str}", "Draft: {text: str, tone: str}"),),
        changes=("types.Draft.tone",),
        affected=("answer", "answer.draft", "answer.grounded", "review", "send", "log"),
        verdict="redo",
        redoes=("answer", "review"),
    ),
    Case(
        id="what the reviewer may decide",
        edits=(("approve: {}, reject: {}", "approve: {}, edit: {text: str}, reject: {}"),),
        nodes=("changed review",),
        affected=("send", "log"),
        verdict="redo",
        redoes=("review",),
    ),
    Case(
        id="a new node that the review shows",
        edits=(
            (
                "  review: {use: review, show: [",
                "  more: {use: tool, tool: more, in: {}}\n  review: {use: review, show: [$more, ",
            ),
        ),
        nodes=("added more", "changed review"),
        affected=("send", "log"),
        verdict="redo",
        redoes=("more", "review"),
        why="more is new",
    ),
    Case(
        id="the review is gone",
        edits=(("  review: {use: review", "  check: {use: review"), ("when: review.", "when: check.")),
        nodes=("renamed check",),
        affected=("send", "log"),
        verdict="stay",
        why="review, where it waits, was deleted",
    ),
    Case(
        id="the input needs more",
        edits=(("body: str, email", "body: str, subject: str, email"),),
        changes=("input.ticket.subject",),
        verdict="stay",
        why="its input does not fit: ticket: subject: it is missing",
    ),
    Case(
        id="an input that may not be null any more",
        edits=(("email: str?", "email: str"),),
        changes=("input.ticket.email",),
        verdict="stay",
        why="ticket: email: it may be null",
    ),
    Case(
        id="an input that may be null now", edits=(("id: str, body", "id: str?, body"),), changes=("input.ticket.id",)
    ),
    Case(id="the output", edits=(("output: {", "output: {i: $intent, "),), changes=("output.i",)),
    Case(
        id="a new context",
        edits=(("tenant: str?", "tenant: str?, more: int"),),
        changes=("context.more",),
        verdict="stay",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: Case) -> None:
    diff = compare(graph(), graph(*case.edits))
    assert tuple(f"{one.status} {one.name}" for one in diff.nodes) == case.nodes
    assert tuple(".".join(map(str, one.path)) for one in diff.changes) == case.changes
    assert set(diff.affected) == set(case.affected)
    waiting = diff.pause("review")
    assert waiting is not None
    assert (waiting.verdict, waiting.redoes) == (case.verdict, case.redoes)
    assert case.why in "; ".join(waiting.why)
    assert diff.is_same is not (case.nodes or case.changes or case.affected)


def test_old_and_new_value_of_each_key() -> None:
    diff = compare(graph(), graph(("in: {id: $input.ticket.id}", "in: {id: $input.ticket.id, n: 5}, timeout: 3s")))
    (orders,) = diff.nodes
    assert [one.to_json() for one in orders.changes] == [
        {"path": "in.n", "new": 5},
        {"path": "timeout", "new": "3s"},
    ]
    assert orders.changes_value


def test_a_new_name_is_guessed_and_its_references_are_no_changes() -> None:
    diff = compare(graph(), graph(("  clean: {", "  tidy: {"), ("$clean.text", "$tidy.text")))
    assert [(one.status, one.old_name, one.name) for one in diff.nodes] == [("renamed", "clean", "tidy")]
    # A guess is good enough for a reader, not for a run that waits.
    waiting = diff.pause("review")
    assert waiting is not None
    assert waiting.verdict == "redo"


def test_another_node_of_the_same_kind_is_no_new_name() -> None:
    diff = compare(
        graph(), graph(("  log: {use: tool, tool: log, in: {sent: $send?}}", "  z: {use: tool, tool: q, in: {a: 1}}"))
    )
    assert [(one.status, one.name) for one in diff.nodes] == [("added", "z"), ("removed", "log")]


def test_files_that_a_node_uses_count_as_changes_of_it() -> None:
    diff = compare(graph(), graph(), touched={"p.md"})
    assert not diff.is_same
    assert diff.nodes == ()
    assert "answer.draft" in diff.affected
    waiting = diff.pause("review")
    assert waiting is not None
    assert waiting.redoes == ("answer", "review")


def test_an_effect_that_may_have_happened_keeps_a_run_on_its_graph() -> None:
    diff = compare(graph(), graph(("tool: send,", "tool: send2,")))
    at_review, at_send = diff.pause("review"), diff.pause("send")
    assert at_review is not None
    assert at_send is not None
    assert at_review.verdict == "move"
    assert at_send.verdict == "stay"
    assert "the effect send may have acted, and it changed" in at_send.why
    assert diff.pause("clean") is None


def test_runs_that_wait_inside_a_sub_graph_or_a_map() -> None:
    text = """\
compound: graph/v1
name: g
nodes:
  list: {use: tool, tool: list, in: {}}
  each:
    map: {each: $list, on_error: review}
    nodes: {one: {use: tool, tool: one, in: {v: $item}}}
    out: $one
  refund: {use: graph, graph: refund, in: {v: $each}}
output: {r: $refund}
"""
    old, new = load_graph(text, "g"), load_graph(text.replace("tool: one", "tool: two"), "g")
    diff = compare(old, new)
    at_each, at_refund = diff.pause("each.review"), diff.pause("refund.review")
    assert at_each is not None
    assert at_refund is not None
    assert (at_each.verdict, at_each.redoes) == ("redo", ("each",))
    assert (at_refund.verdict, at_refund.why) == ("stay", ("the graph refund may have acted, and it changed",))
    # A sub-graph that only computes is computed again like any node.
    again = compare(old, new, can_pause=lambda name: False)
    assert again.pause("refund") is None
    assert again.affected == ("each", "refund")
    assert compare(old, old, touched={"refund"}).stale == ("refund",)


def test_graphs_with_cycles_can_be_compared() -> None:
    text = "compound: graph/v1\nname: g\nnodes:\n  a: {use: tool, tool: x, in: {v: $b}}\n  b: {use: tool, tool: x, in: {v: $a}}\n"
    one, two = load_graph(text, "g"), load_graph(text.replace("tool: x", "tool: y", 1), "g")
    assert compare(one, one).is_same
    assert [node.name for node in compare(one, two).nodes] == ["a"]


def test_the_json_of_a_difference() -> None:
    record = compare(graph(), graph(("tool: log", "tool: log2"))).to_json()
    assert record["same"] is False
    assert record["nodes"] == [
        {
            "name": "log",
            "kind": "tool",
            "status": "changed",
            "changes_value": True,
            "changes": [{"path": "tool", "old": "log", "new": "log2"}],
        }
    ]
    pauses = cast("list[dict[str, Any]]", record["pauses"])
    assert [(one["node"], one["verdict"]) for one in pauses] == [("review", "move"), ("send", "move")]


# What `keeps` promises, held against the engine: run both graphs on one input, and the values are the same.

EARLY, LATE = ("a", "b", "c", "d"), ("x", "y")
Record = dict[str, Any]


@st.composite
def graphs(draw: st.DrawFn) -> Record:
    nodes: Record = {}
    for index, name in enumerate((*EARLY, "review", *LATE)):
        before = [one for one in (*EARLY, "review", *LATE)[:index] if one in nodes]
        if name == "review":
            shown = draw(st.lists(st.sampled_from(EARLY), max_size=2, unique=True))
            nodes[name] = {"use": "review", "show": [f"${one}" for one in shown if one in nodes]}
            continue
        if draw(st.integers(0, 5)) == 0:
            continue
        given: Record = {"n": draw(st.integers(0, 2))}
        for other in draw(st.lists(st.sampled_from(before), max_size=2, unique=True)) if before else []:
            given[f"v_{other}"] = f"${other}{draw(st.sampled_from(['', '?']))}"
        nodes[name] = {"use": "tool", "tool": "it", "in": given}
        if draw(st.integers(0, 3)) == 0:
            nodes[name]["when"] = f"input.n >= {draw(st.integers(0, 2))}"
        if draw(st.integers(0, 3)) == 0:
            nodes[name]["timeout"] = draw(st.integers(1, 3))
    return {"compound": "graph/v1", "name": "g", "input": {"n": "int"}, "output": {}, "nodes": nodes}


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Record, Record]:
    old = draw(graphs())
    new = draw(graphs())
    mixed = {
        name: (new if draw(st.integers(0, 3)) == 0 else old)["nodes"].get(name) for name in (*EARLY, "review", *LATE)
    }
    kept = {name: node for name, node in mixed.items() if node is not None}
    usable = {name: node for name, node in kept.items() if _roots(node) <= set(kept)}
    while len(usable) < len(kept):
        kept, usable = usable, {name: node for name, node in usable.items() if _roots(node) <= set(usable)}
    usable.setdefault("review", {"use": "review"})
    return old, {**old, "nodes": usable}


def _roots(node: Record) -> set[str]:
    texts = [*node.get("in", {}).values(), *node.get("show", [])]
    return {text.strip("$?") for text in texts if isinstance(text, str)}


async def _values(spec: GraphSpec, n: int) -> dict[str, Any]:
    async with Engine(spec, FakeServices({"it": dict})) as engine:
        result = await engine.run({"n": n}, run_id="r", until="review")
        return dict(result.values)


@settings(max_examples=40, deadline=None)
@given(pairs(), st.integers(0, 2))
def test_values_that_are_kept_are_those_the_new_graph_would_compute(pair: tuple[Record, Record], n: int) -> None:
    old, new = build_graph(pair[0]), build_graph(pair[1])
    diff = compare(old, new)
    waiting = diff.pause("review")
    assert waiting is not None
    before, after = asyncio.run(_values(old, n)), asyncio.run(_values(new, n))
    for name in waiting.keeps:
        assert before.get(name, "skipped") == after.get(name, "skipped")
    if waiting.verdict == "move":
        assert waiting.redoes == ()
        # What is not carried over is gone, or comes after the decision and is computed then.
        assert set(before) - set(waiting.keeps) - {"review"} <= {name for name in old.nodes if name not in after}
    if waiting.verdict == "redo":
        assert set(waiting.redoes).isdisjoint(waiting.keeps)


@settings(max_examples=40, deadline=None)
@given(graphs(), graphs())
def test_same_exactly_when_nothing_differs(one: Record, two: Record) -> None:
    old, new = build_graph(one), build_graph(two)
    assert compare(old, old).is_same
    diff = compare(old, new)
    assert diff.is_same == (old.hash == new.hash)
    back = compare(new, old)
    assert {node.name for node in diff.nodes if node.status == "added"} == {
        node.name for node in back.nodes if node.status == "removed"
    }
