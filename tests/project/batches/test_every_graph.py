"""Every graph of the project runs in batch: a row for each, and none may be missing here."""

from __future__ import annotations

import json
from typing import Any

import pytest

from compound.batch import BatchOptions
from tests.e2e.desk_homes import Home

TICKET = {"id": "t1", "subject": "Order", "body": "Where is my order?", "email": "a@b.example"}
ROWS: dict[str, dict[str, Any]] = {
    "answer_question": {"ticket_id": "t1", "question": "How long do refunds take?"},
    "backlog_triage": {"id": "b1", "tickets": [TICKET]},
    "brainstorm": {"topic": "names for a shop", "views": ["a child"], "count": 2},
    "lakehouse_analyst": {"id": "a1", "question": "How many orders are there?"},
    "map_reduce": {
        "id": "m1",
        "question": "How long do refunds take?",
        "documents": [{"id": "d1", "text": "Refunds take five days."}],
    },
    "research": {"id": "r1", "question": "How long do refunds to a gift card take?"},
    "support_reply": TICKET,
}


def test_no_graph_is_missing(lean: Home) -> None:
    project = lean.open()
    try:
        assert sorted(project.graph_names()) == sorted(ROWS)
    finally:
        project.close()


@pytest.mark.parametrize("graph", sorted(ROWS))
def test_every_graph_of_the_project_runs_in_batch(lean: Home, graph: str, tmp_path: Any) -> None:
    source, target = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
    source.write_text(json.dumps(ROWS[graph]) + "\n")
    project = lean.open()
    try:
        summary = project.batch(graph, str(source), BatchOptions(), to=target)
    finally:
        project.close()
    assert not summary.dead, summary.dead
    assert sum(summary.counts.values()) == 1
    [row] = map(json.loads, target.read_text().splitlines())
    assert row["status"] in ("done", "waiting_review")
    assert row["id"] == ROWS[graph].get("id", row["id"])
    assert (row["output"] is None) == (row["status"] == "waiting_review")
