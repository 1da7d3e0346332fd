"""`shows:` names what a person sees of an item: a node without a value at the review is a finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project.conversations.helpline import helpline
from tests.project.keys.table import Place

GRAPH = """\
compound: graph/v1
name: answer
input: {letter: {id: str, subject: str, body: str}}
item: {input: letter, id: letter.id, title: letter.subject}
shows: SHOWS
output: {text: $draft, action: $ok.action, more: $more?, last: $last?.problems, sent: $sent}
nodes:
  draft: {use: tool, tool: draft, in: {letter: $input.letter, before: []}, out: str}
  seen: {use: check, kind: says_something, in: {text: $draft}}
  more: {use: tool, tool: draft, when: input.letter.subject == 'Bill', in: {letter: $input.letter, before: []}, out: str}
  ok: {use: review, show: [$draft, $seen, $more?]}
  last: {use: check, kind: says_something, when: ok.action == 'approve', in: {text: $draft}}
  sent: {use: check, kind: says_something, in: {text: $ok.action}}
"""


def place(root: Path, shows: str) -> Place:
    made = helpline(root, {"graphs/answer.yaml": GRAPH.replace("SHOWS", shows)})
    (root / "graphs/direct.yaml").unlink()
    return made


@pytest.mark.parametrize(
    "shows", ["{text: $draft}", "{reasons: $seen.problems}", "{text: $more?}", "{text: $input.letter.body}"]
)
def test_what_has_a_value_at_the_review_is_no_finding(tmp_path: Path, shows: str) -> None:
    assert place(tmp_path, shows).codes() == []


@pytest.mark.parametrize(
    ("shows", "node", "why"),
    [
        ("{reasons: $last.problems}", "last", "only after ok"),
        ("{reasons: $last?.problems}", "last", "only after ok"),
        ("{text: $draft, reasons: $sent.problems}", "sent", "only after ok"),
        ("{label: $ok.action}", "ok", "before it is decided"),
        ("{text: $more}", "more", "input.letter.subject == 'Bill'"),
    ],
)
def test_what_has_no_value_at_the_review_is_found_with_a_fix(tmp_path: Path, shows: str, node: str, why: str) -> None:
    (found,) = [one for one in place(tmp_path, shows).findings() if one.code == "graph.shows-nothing"]
    assert found.message.startswith("shows.")
    assert f": {node} " in found.message
    assert why in found.message
    assert "draft" in found.fix
    assert found.where.line == 5


INNER = """\
compound: graph/v1
name: inner
input: {text: str}
output: {action: $ask.action}
nodes:
  ask: {use: review, show: [$input.text]}
"""


def test_a_review_inside_another_graph_counts(tmp_path: Path) -> None:
    made = place(tmp_path, "{reasons: $sent.problems}")
    made.write({"graphs/inner.yaml": INNER})
    made.edit(
        "graphs/answer.yaml",
        "ok: {use: review, show: [$draft, $seen, $more?]}",
        "ok: {use: graph, graph: inner, in: {text: $draft}}",
    )
    (found,) = [one for one in made.findings() if one.code == "graph.shows-nothing"]
    assert "only after ok" in found.message


def test_a_review_inside_a_map_counts(tmp_path: Path) -> None:
    made = place(tmp_path, "{reasons: $sent.problems}")
    made.edit("graphs/answer.yaml", "  ok: {use: review, show: [$draft, $seen, $more?]}\n", EACH)
    made.edit("graphs/answer.yaml", "action: $ok.action", "action: $ok[0].action")
    made.edit("graphs/answer.yaml", "when: ok.action == 'approve', ", "")
    made.edit("graphs/answer.yaml", "{text: $ok.action}", '{text: "$ok[0].action"}')
    found = [one for one in made.findings() if one.code == "graph.shows-nothing"]
    assert ["only after ok" in one.message for one in found] == [True]


EACH = """\
  ok:
    map: {each: ["$draft"], as: one}
    nodes: {ask: {use: review, show: [$one]}}
    out: {action: $ask.action}
"""
