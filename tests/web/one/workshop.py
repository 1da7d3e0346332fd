"""A bicycle workshop: rows of a query, rules as passages, actions on its book, answers; one project for the page of a
review. What a letter is answered with stands in `drafts.json`, so that a test says what is drafted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from tests.project.keys.table import Place
from tests.support.projects import write_project

PYPROJECT = """\
[tool.compound]
name = "workshop"
graph = "answer"
profile = "plain"

[tool.compound.profiles.plain]
lakehouse = "lakehouse"
mailboxes = {inbox = "letters.jsonl"}
"""
GRAPH = """\
compound: graph/v1
name: answer
policy: desk
types:
  Step: {name: str, arguments: json}
input: {letter: {id: str, subject: str, body: str?, html: str?, email: str?, customer_id: str?, received_at: str?}}
item: {input: letter, id: letter.id, title: letter.subject, key: letter.customer_id}
output: {text: $made.text, action: $ok.action}
nodes:
  jobs: {use: sql, tool: jobs, in: {}}
  rules: {use: tool, tool: rules, in: {}}
  made: {use: tool, tool: draft, in: {letter: $input.letter}, out: {text: str, steps: "list[Step]", risk: int}}
  ok:
    use: review
    queue: desk
    show: [$input.letter, $jobs, $rules, $made]
    decide:
      approve: {}
      edit: {text: str, steps: "list[Step]"}
      call_back: {phone: str, urgent: bool, reason: "enum(angry, unclear)"}
      reject: {reason: "enum(wrong_fact, tone, other)"}
    risk: $made.risk
  act:
    use: effect
    tools: [move_pickup, refund]
    when: ok.action in ['approve', 'edit']
    in: {actions: $ok.steps ?? $made.steps}
  call:
    use: effect
    tool: note_call
    when: ok.action == 'call_back'
    in: {job: J-1, phone: $ok.phone, urgent: $ok.urgent, why: $ok.reason}
  send:
    use: effect
    tool: answer
    when: ok.action in ['approve', 'edit']
    after: [act]
    in: {letter_id: $input.letter.id, text: $ok.text ?? $made.text}
"""
POLICY = """\
compound: policy/v1
name: desk
effects:
  move_pickup: {}
  refund: {money: {argument: amount, at_most: 100}}
  note_call: {undo: 30s}
  answer: {}
"""
BOOK = """\
compound: records/v1
tables:
  jobs:
    key: [job_id]
    columns: {job_id: text, owner: text, status: text, pickup: text, paid: number, phone: text}
documents:
  jobs:
    table: jobs
    id: job_id
    shape: {job_id: job_id, owner: owner, status: status, pickup: pickup, paid: paid, phone: phone}
view: {root: jobs, key: customer_id}
"""
JOBS = """\
---
name: jobs
description: Repairs in the workshop.
tables: [jobs]
scope: all
verified: {by: data-team, at: 2026-11-20}
---
SELECT job_id, owner, bike, price FROM jobs ORDER BY job_id
"""
TOOLS = '''\
import json
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, JsonValue

from compound.connector.mailbox import MailboxTransaction
from compound.connector.records import RecordsTransaction
from compound.effect import RECIPIENT, effect
from compound.errors import EffectRefused
from compound.tool import tool

ROOT = Path(__file__).parent.parent


class Pickup(BaseModel):
    job: Annotated[str, Field(pattern=r"^J-\\d+$", description="Number of the job.")]
    on: date
    slot: Literal["morning", "evening"]
    call_before: bool = False
    parts: list[str] = []


class Refund(BaseModel):
    job: str
    amount: Annotated[float, Field(ge=0)]


class Call(BaseModel):
    job: str
    phone: str
    urgent: bool
    why: str


class Answer(BaseModel):
    letter_id: Annotated[str, RECIPIENT]
    text: str


@tool(blocking=True)
def draft(letter: dict[str, JsonValue]) -> JsonValue:
    """What a model would write."""
    made = json.loads((ROOT / "drafts.json").read_text(encoding="utf-8"))[letter["id"]]
    return {"text": made["text"], "steps": made.get("steps", []), "risk": made.get("risk", 0)}


@tool
def rules() -> JsonValue:
    """The rules of the house, as they would be retrieved."""
    return [
        {
            "id": "rules#1", "title": "Repairs", "text": RULES, "source": "house/rules.md", "source_version": "7",
            "indexed_at": "2026-11-02T08:00:00+00:00", "score": 0.81,
        }
    ]


RULES = (
    "A repair takes 3 days. A new wheel takes 3 days more. Bikes are kept for 14 days after the repair, "
    "and a cafe\\u0301 in the yard sells coffee. A refund is paid within 5 to 7 business days."
)


def found(tx: RecordsTransaction, job: str) -> dict[str, JsonValue]:
    row = tx.get("jobs", job)
    if row is None:
        raise EffectRefused("effect.no-job", f"there is no job {job}")
    return row


@effect("move_pickup", target="book")
def move_pickup(tx: RecordsTransaction, args: Pickup) -> JsonValue:
    """Move the day on which a bike is picked up."""
    found(tx, args.job).update(pickup=f"{args.on} {args.slot}")
    return None


@effect("refund", target="book")
def refund(tx: RecordsTransaction, args: Refund) -> JsonValue:
    """Pay money back."""
    row = found(tx, args.job)
    row["paid"] = float(str(row["paid"])) - args.amount
    return None


@effect("note_call", target="book")
def note_call(tx: RecordsTransaction, args: Call) -> JsonValue:
    """Note whom to call."""
    found(tx, args.job)["phone"] = args.phone
    return None


@effect("answer", target="inbox")
def answer(tx: MailboxTransaction, args: Answer) -> JsonValue:
    """Answer a letter."""
    return tx.reply(args.letter_id, args.text)
'''
ROWS = (
    {"job_id": "J-1", "owner": "Ann", "status": "ready", "pickup": "2026-12-01 morning", "paid": 80.0, "phone": ""},
    {"job_id": "J-2", "owner": "Bo", "status": "open", "pickup": "2026-12-02 morning", "paid": 45.5, "phone": ""},
)
TEXT = (
    "Dear Ann,\n\nyour bike J-1 is ready, and the price was 80.00 euros. A repair takes 3 days. "
    "We pay 12.50 back within 5 to 7 business days.\n\nKind regards"
)
STEPS: list[dict[str, Any]] = [
    {
        "name": "move_pickup",
        "arguments": {"job": "J-1", "on": "2026-12-05", "slot": "morning", "call_before": True, "parts": ["bell"]},
    },
    {"name": "refund", "arguments": {"job": "J-1", "amount": 12.5}},
]


def workshop(root: Path, files: Mapping[str, str] | None = None) -> Place:
    """The project, with its rows and no letters."""
    import duckdb

    told = {
        "pyproject.toml": PYPROJECT,
        "graphs/answer.yaml": GRAPH,
        "graphs/policies/desk.yaml": POLICY,
        "connectors/book.yaml": BOOK,
        "connectors/inbox.yaml": "compound: mailbox/v1\n",
        "tools/jobs.sql": JOBS,
        "tools/work.py": TOOLS,
        "drafts.json": "{}",
    }
    place = Place(write_project(root, {**told, **(files or {})}))
    (root / "lakehouse").mkdir()
    values = "('J-1', 'Ann', 'racer', 80.0), ('J-2', 'Bo', 'cargo', 80.5)"
    rows = f"SELECT * FROM (VALUES {values}) t(job_id, owner, bike, price)"
    duckdb.sql(f"COPY ({rows}) TO '{root}/lakehouse/jobs.parquet'")
    with place.open() as project:
        project.resources.records["book"].seed({"jobs": ROWS})
    return place


def writes(place: Place, letters: Mapping[str, Mapping[str, Any]]) -> None:
    """Letters come in and are drafted: id to `{text, steps, risk}`, and to `letter`, fields of the letter itself."""
    rows = [
        {
            "id": name,
            "subject": f"Bike {name}",
            "body": "Is my bike J-1 ready? Please pay 12.50 back.",
            "email": "ann@x.example",
            **made.get("letter", {}),
        }
        for name, made in letters.items()
    ]
    place.write(
        {
            "drafts.json": json.dumps({name: {"text": TEXT, **made} for name, made in letters.items()}),
            "letters.jsonl": "".join(f"{json.dumps(one)}\n" for one in rows),
        }
    )
    said = place.say("batch", "--from", "inbox", "--json")
    assert said.code == 0, f"{said.out}\n{said.err}"


def row(place: Place, job: str) -> dict[str, Any]:
    """What the book says of a job."""
    with place.open() as project:
        return cast("dict[str, Any]", project.resources.records["book"].export()["jobs"][job])
