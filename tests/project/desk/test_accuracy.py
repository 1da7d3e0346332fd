"""How good the offline planner is on shops that nobody looked at: a floor under the bars of the project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.project.desk.way import Desk, learned, part, sample

TICKETS = 150
# What the planner reaches, and nothing below: one lost synonym page costs 0.03. It abstains from questions and from
# what it only guesses, which is why the share is not higher.
SHARE_RIGHT = {41: 0.75, 42: 0.74}


@pytest.mark.parametrize(("seed", "bar"), SHARE_RIGHT.items())
def test_a_new_sample_shop_stays_above_the_bars(seed: int, bar: float, tmp_path: Path) -> None:
    data = sample(seed, TICKETS)
    past = tmp_path / "past_cases.jsonl"
    records = [
        {
            "case_id": case.case_id, "subject": case.subject, "body": case.body, "intents": list(case.intents),
            "actions": list(case.actions), "customer_id": case.customer_id,
        }
        for case in data.past_cases
    ]  # fmt: skip
    past.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    desk = Desk(data.tables, learned(past, tmp_path / "models"))
    same = part("tools.shop.rules").same_outcome
    handled = [(ticket, desk.handle(ticket.ticket)) for ticket in data.tickets]
    right = [same(done.changes, list(ticket.db_diff)) for ticket, done in handled]
    alone = [is_right for is_right, (_, done) in zip(right, handled, strict=True) if done.writes_alone]
    assert sum(right) / len(right) >= bar
    assert len(alone) / len(right) >= 0.18
    assert alone.count(False) == 0


def test_any_folder_of_cases_is_evaluated_against_the_same_shop(tmp_path: Path) -> None:
    cases = part("evals.outcome.cases")
    task = {
        "user_id": "nora_quist_4411",
        "instruction": "Cancel #W1000001, no longer needed.",
        "actions": [],
        "outputs": [],
    }
    (tmp_path / "tasks_mine.json").write_text(json.dumps([task, task]), encoding="utf-8")
    outcomes = [
        {"task_index": n, "user_id": "nora_quist_4411", "db_diff": [], "gold_action_errors": []} for n in (0, 1)
    ]
    (tmp_path / "expected_outcomes_mine.json").write_text(json.dumps(outcomes), encoding="utf-8")
    ((name, found),) = cases.read_folder(tmp_path)
    assert name == "mine"
    assert [case.input["ticket"]["body"] for case in found] == [task["instruction"]] * 2
