"""What `check` finds, where, and what it says; and that good graphs have no findings."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import pytest

from compound.graph.checks.check import check_file, check_graph
from compound.graph.port.catalogue import Signature
from compound.spec import load_graph
from compound.spec.policy_file import PolicyFile
from compound.testing.catalogue import FixedCatalogue

OBJECT: dict[str, Any] = {"type": "object", "additionalProperties": False}
CATALOGUE = FixedCatalogue(
    shelves={
        "tool": {
            "clean": Signature(
                params={
                    **OBJECT,
                    "properties": {"text": {"type": "string"}, "n": {"type": "integer"}},
                    "required": ["text"],
                },
                output={
                    **OBJECT,
                    "properties": {"text": {"type": "string"}, "ids": {"type": "array", "items": {"type": "string"}}},
                },
            ),
            "free": Signature(),
        },
        "sql": {"orders": Signature(params={**OBJECT, "properties": {"id": {"type": "string"}}, "required": ["id"]})},
        "check": {"policy": Signature()},
        "effect": {
            "send": Signature(params={**OBJECT, "properties": {"text": {"type": "string"}}, "required": ["text"]})
        },
        "retriever": {"handbook": Signature()},
        "specialist": {"intent@production": Signature()},
        "model": {"writer": Signature()},
    },
    prompts={"p.md": "Write to {{ name }}.", "bad.md": "{% if %}"},
    policies={
        "careful": PolicyFile.model_validate(
            {
                "compound": "policy/v1",
                "name": "careful",
                "effects": {"send": {"automatic": True}},
                "automatic": {"error_at_most": "2%", "confidence": 0.95},
            }
        )
    },
)

GOOD = """\
compound: graph/v1
name: good
policy: careful
types:
  Intent: {label: enum(cancel, other), confidence: float}
input: {ticket: {id: str, body: str}}
output: {action: $review.action, sent: $send?, n: $clean.ids}
nodes:
  clean: {use: tool, tool: clean, in: {text: $input.ticket.body}}
  intent: {use: specialist, ref: intent@production, in: {text: $clean.text}, out: Intent}
  orders: {use: sql, tool: orders, when: intent.label != 'other', in: {id: $input.ticket.id}}
  more: {use: sql, tool: orders, when: intent.label != 'other', in: {id: "$orders[0].id"}}
  draft: {use: llm, model: writer, prompt: p.md, in: {name: $orders?}, out: {text: str}}
  verdict: {use: check, kind: policy, in: {d: $draft, m: $more?}}
  review: {use: review, show: [$draft, $orders], decide: {approve: {}, edit: {text: str}, reject: {}}, auto: {when: verdict.ok}}
  send: {use: effect, tool: send, when: review.action != 'reject', in: {text: $review.text ?? $draft.text}}
"""


def test_a_good_graph_has_no_findings() -> None:
    assert check_file(GOOD, "g.yaml", CATALOGUE) == []


@dataclass(frozen=True, kw_only=True)
class Case:
    """One edit of the good graph, and the finding it must give, at the first place where `at` stands."""

    old: str
    new: str
    code: str
    at: str
    says: str = ""


CASES = (
    Case(
        old="$clean.text}, out",
        new="$claen.text}, out",
        code="graph.unknown-reference",
        at="$claen",
        says="did you mean 'clean'?",
    ),
    Case(
        old="$clean.text}, out",
        new="$clean.txt}, out",
        code="graph.unknown-field",
        at="$clean.txt",
        says="did you mean 'text'?",
    ),
    Case(old="$input.ticket.body", new="$input.ticket.bdy", code="graph.unknown-field", at="$input.ticket.bdy"),
    Case(old="$input.ticket.body", new="$inptu.ticket.body", code="graph.unknown-reference", at="$inptu"),
    Case(old="tool: clean", new="tool: claen", code="graph.unknown-tool", at="claen", says="did you mean 'clean'?"),
    Case(
        old="tool: orders, when: intent.label != 'other', in: {id: $i",
        new="tool: order, when: intent.label != 'other', in: {id: $i",
        code="graph.unknown-sql-tool",
        at="order,",
    ),
    Case(old="kind: policy", new="kind: polic", code="graph.unknown-check", at="polic,"),
    Case(old="tool: send", new="tool: sent", code="graph.unknown-effect", at="sent, when"),
    Case(old="ref: intent@production", new="ref: intent@latest", code="graph.unknown-specialist", at="intent@latest"),
    Case(old="model: writer", new="model: planner", code="graph.unknown-model", at="planner"),
    Case(old="prompt: p.md", new="prompt: q.md", code="graph.unknown-prompt", at="q.md"),
    Case(old="out: Intent", new="out: Intents", code="graph.unknown-type", at="Intents", says="did you mean 'Intent'?"),
    Case(old="confidence: float", new="confidence: Flaot", code="graph.unknown-type", at="Flaot"),
    Case(
        old="{name: $orders?}",
        new="{name: $orders}",
        code="graph.may-be-skipped",
        at="$orders}, out",
        says="write $orders?",
    ),
    Case(old="sent: $send?", new="sent: $send, o: $orders", code="graph.may-be-skipped", at="$send, o"),
    Case(
        old="label != 'other', in: {id: $i",
        new="label != 'othr', in: {id: $i",
        code="graph.impossible-comparison",
        at="intent.label != 'othr'",
        says="did you mean 'other'?",
    ),
    Case(
        old="review.action != 'reject'",
        new="review.action != 'rejected'",
        code="graph.impossible-comparison",
        at="review.action != 'rejected'",
    ),
    Case(
        old="when: verdict.ok",
        new="when: verdict.ok == 'yes'",
        code="graph.impossible-comparison",
        at="verdict.ok == 'yes'",
    ),
    Case(
        old="$input.ticket.body}",
        new="$input.ticket.body, n: $input.ticket.id}",
        code="graph.type-mismatch",
        at="$input.ticket.id}}",
    ),
    Case(
        old="{text: $input.ticket.body}",
        new="{text: $input.ticket.body, txt: 1}",
        code="graph.unknown-argument",
        at="txt: 1",
    ),
    Case(old="{text: $input.ticket.body}", new="{n: 1}", code="graph.missing-argument", at="in: {n: 1}"),
    Case(old="{name: $orders?}", new="{nam: $orders?}", code="graph.missing-placeholder", at="p.md"),
    Case(old="{name: $orders?}", new="{name: $orders?, more: 1}", code="graph.unused-input", at="more: 1"),
    Case(old="prompt: p.md", new="prompt: bad.md", code="graph.bad-prompt", at="bad.md"),
    Case(
        old="when: review.action != 'reject', in: {text: $review.text ?? $draft.text}",
        new="in: {text: $draft.text}",
        code="graph.unguarded-effect",
        at="send: {use",
    ),
    Case(
        old="in: {text: $input.ticket.body}",
        new="after: [send], in: {text: $input.ticket.body}",
        code="graph.cycle",
        at="clean: {use",
        says="clean -> send",
    ),
    Case(
        old="in: {text: $input.ticket.body}",
        new="after: [sent], in: {text: $input.ticket.body}",
        code="graph.unknown-node",
        at="sent], in",
    ),
    Case(old=", m: $more?", new="", code="graph.unused-node", at="more: {use"),
    Case(
        old="when: review.action != 'reject'",
        new="when: review.action != 'reject' and false",
        code="graph.impossible",
        at="X",
        says="",
    ),
    Case(
        old="auto: {when: verdict.ok}",
        new="auto: {when: verdict.ok, action: aprove}",
        code="graph.unknown-action",
        at="aprove",
    ),
    Case(
        old="{use: effect, tool: send,",
        new="{use: effect, tool: send, review: revew,",
        code="graph.unknown-node",
        at="revew",
    ),
    Case(old="label: enum(cancel, other)", new="label: Intnt", code="graph.unknown-type", at="Intnt"),
    Case(old="  Intent:", new="  A: B\n  B: A?\n  Intent:", code="graph.cyclic-type", at="A: B"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}: {case.new[:40]}")
def test_finding(case: Case) -> None:
    text = GOOD.replace(case.old, case.new, 1)
    assert text != GOOD
    found = check_file(text, "g.yaml", CATALOGUE)
    if case.code == "graph.impossible":
        assert [one.code for one in found] == ["graph.unreachable"]
        return
    matching = [one for one in found if one.code == case.code]
    assert matching, [str(one) for one in found]
    before = text[: text.index(case.at)]
    assert (matching[0].where.line, matching[0].where.column) == (
        before.count("\n") + 1,
        len(before) - before.rfind("\n"),
    )
    assert matching[0].fix
    assert case.says in matching[0].message + matching[0].fix


def test_all_findings_come_in_one_run_in_the_order_of_the_file() -> None:
    text = GOOD
    for case in (CASES[0], CASES[4], CASES[7], CASES[10]):
        text = text.replace(case.old, case.new, 1)
    text = text.replace("name: good", "name: good\nvresion: 2")
    found = check_file(text, "g.yaml", CATALOGUE)
    assert [one.code for one in found] == [
        "graph.unknown-key",
        "graph.unknown-tool",
        "graph.unknown-reference",
        "graph.unknown-prompt",
        "graph.unknown-effect",
    ]


def test_a_broken_node_is_reported_once_not_at_each_use() -> None:
    found = check_file(GOOD.replace("use: tool, tool: clean", "use: tol, tool: clean"), "g.yaml", CATALOGUE)
    assert [one.code for one in found] == ["graph.unknown-kind"]


def test_a_boundary_in_a_block_and_a_project_without_state() -> None:
    text = """\
compound: graph/v1
name: g
nodes:
  loop: {repeat: {max: 2}, nodes: {r: {use: review}}}
output: {r: $loop}
"""
    found = check_file(text, "g.yaml", FixedCatalogue(has_state=False))
    assert [(one.code, str(one.where)) for one in found] == [
        ("graph.boundary-in-repeat", "g.yaml:4:36"),
        ("graph.no-state", "g.yaml:4:36"),
    ]


def test_blocks_see_their_own_names_and_previous() -> None:
    text = """\
compound: graph/v1
name: g
nodes:
  loop:
    repeat: {max: 2, until: b.v == 1}
    nodes:
      a: {use: tool, tool: free, in: {p: $previous.b.v?, q: $previous.c?}}
      b: {use: tool, tool: free, in: {a: $a}}
    out: {v: $b, w: $nobody}
  after: {use: tool, tool: free, in: {v: $loop.v, x: $loop.z, y: $a, z: $previous?}}
output: {r: $after}
"""
    found = check_file(text, "g.yaml", CATALOGUE)
    assert [(one.code, one.where.line) for one in found] == [
        ("graph.unknown-field", 7),
        ("graph.unknown-reference", 9),
        ("graph.unknown-field", 10),
        ("graph.unknown-reference", 10),
        ("graph.unknown-reference", 10),
    ]


def test_a_node_that_only_repeats_the_condition_is_no_surprise() -> None:
    text = GOOD.replace("when: intent.label != 'other', in: {id: \"$orders", 'when: orders? != null, in: {id: "$orders')
    assert check_file(text, "g.yaml", CATALOGUE) == []


def test_findings_as_json() -> None:
    found = check_file(GOOD.replace("model: writer", "model: x"), "g.yaml", CATALOGUE)[0]
    assert found.to_json() == {
        "code": "graph.unknown-model",
        "severity": "error",
        "what": "unknown model 'x'",
        "fix": "choices: writer; a new one is declared under `models` in connectors/models.yaml",
        "file": "g.yaml",
        "line": 13,
        "column": 28,
    }


def test_two_hundred_nodes_take_under_a_second() -> None:
    lines = ["compound: graph/v1", "name: big", "input: {x: str}", "nodes:"]
    lines.append("  n0: {use: tool, tool: clean, in: {text: $input.x}}")
    lines += [f"  n{i}: {{use: tool, tool: clean, in: {{text: $n{i - 1}.text}}}}" for i in range(1, 200)]
    lines.append("output: {r: $n199}")
    graph = load_graph("\n".join(lines), "big.yaml")
    began = time.process_time()
    assert check_graph(graph, CATALOGUE) == []
    assert time.process_time() - began < 1.0
