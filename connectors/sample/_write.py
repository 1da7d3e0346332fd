"""Writes the sample as Delta tables and JSON files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from ._generate import PastCase, SampleData, SampleTicket, generate
from .lakehouse import write_tables


def write(data: SampleData, directory: str | Path) -> None:
    """Write `lakehouse/`, `tickets.jsonl`, `past_cases.jsonl` and `cases/` below `directory`.

    The JSON files are byte-identical for equal data; Delta tables have the same rows, but their logs have times
    and file names of their own. An existing table gets a new version.
    """
    root = Path(directory)
    (root / "cases").mkdir(parents=True, exist_ok=True)
    write_tables(data.tables, root / "lakehouse")
    _write_lines(root / "tickets.jsonl", (ticket.ticket for ticket in data.tickets))
    _write_lines(root / "past_cases.jsonl", map(_case_record, data.past_cases))
    _write_json(root / "cases" / "tasks_sample.json", [_task(ticket) for ticket in data.tickets])
    outcomes = [_outcome(number, ticket) for number, ticket in enumerate(data.tickets)]
    _write_json(root / "cases" / "expected_outcomes_sample.json", outcomes)


def write_profile(home: str | Path, *, seed: int = 7, tickets: int = 300) -> dict[str, int]:
    """Generate the sample and write it below the profile's folder; called by `compound seed`.

    Returns:
        Numbers of rows, tickets and past cases.
    """
    data = generate(seed=seed, tickets=tickets)
    write(data, home)
    counts = {name: len(rows) for name, rows in data.tables.items()}
    return counts | {"tickets": len(data.tickets), "past_cases": len(data.past_cases)}


def _case_record(case: PastCase) -> dict[str, object]:
    return {
        "case_id": case.case_id,
        "subject": case.subject,
        "body": case.body,
        "language": case.language,
        "intents": list(case.intents),
        "actions": list(case.actions),
        "reply": case.reply,
        "customer_id": case.customer_id,
    }


def _task(ticket: SampleTicket) -> dict[str, object]:
    record = ticket.ticket
    head = [f"From: {record['email']}"] if "email" in record else []
    head += [f"Customer id: {record['customer_id']}"] if "customer_id" in record else []
    return {
        "annotator": "sample",
        "user_id": ticket.user_id,
        "instruction": "\n".join([*head, f"Subject: {record['subject']}", "", record["body"]]),
        "actions": [{"name": action["name"], "kwargs": action["arguments"]} for action in ticket.actions],
        "outputs": [],
        "ticket": record,
        "kind": ticket.kind,
        "language": ticket.language,
        "topic": ticket.topic,
        "injection": ticket.injection,
        "payload": ticket.payload,
    }


def _outcome(number: int, ticket: SampleTicket) -> dict[str, object]:
    return {
        "task_index": number,
        "user_id": ticket.user_id,
        "db_diff": list(ticket.db_diff),
        "gold_action_errors": [],
    }


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _write_lines(path: Path, records: Iterable[Mapping[str, object]]) -> None:
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.write_text(text, encoding="utf-8")
