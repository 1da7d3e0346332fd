"""What rows about reviews share: a desk whose letter waits for a person, and time that passes."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import Any

from tests.project.keys.table import Desk, Place
from tests.project.keys.world import world

ASK = """\
compound: graph/v1
name: main
input: {text: str, risk: float?}
output: {action: $ok.action, sent: $send?, risk: $input.risk?}
nodes:
  ok:
    use: review
    show: {text: $input.text}
    decide: {approve: {}, edit: {text: str}, reject: {reason: "enum(wrong_fact, other)"}}
  send:
    use: effect
    tool: say
    when: ok.action != 'reject'
    in: {ticket_id: T-1, text: $ok.text ?? $input.text}
"""
SHOW = "    show: {text: $input.text}\n"
POLICY = "compound: policy/v1\nname: rules\neffects: {say: {}}\n"


def asking(desk: Desk, *keys: str, graph: str = ASK, policy: str = "", **files: str) -> Place:
    """A desk whose review has these keys, under this policy."""
    text = graph.replace(SHOW, SHOW + "".join(f"    {key}\n" for key in keys))
    if policy:
        text = text.replace("name: main\n", "name: main\npolicy: rules\n", 1)
        files["graphs/policies/rules.yaml"] = policy
    return world(desk, {"graphs/main.yaml": text, **files})


def waits(where: Place, text: str = "Hello", **more: Any) -> str:
    """Run a text to its review; the item."""
    view = where.run({"text": text, **more})
    assert view.status == "waiting_review", view
    return view.review_ids[0]


def decide(where: Place, item: str, *words: str, user: str = "nora") -> str:
    """The error of a decision; empty when it was taken."""
    said = where.say("review", *(words or ("approve",)), item, "--user", user)
    return said.err.partition(":")[0] if said.code else ""


def listed(where: Place) -> list[dict[str, Any]]:
    return list(where.say("review", "list", "--json").json)


def shown(where: Place, item: str) -> dict[str, Any]:
    return dict(json.loads(where.say("review", "show", item, "--json").out))


def pass_time(where: Place, seconds: float) -> None:
    """Let time pass: every moment in the store lies so many seconds further back."""
    columns = {
        "review": ("due_at", "expire_at", "snooze_until", "lease_until", "created_at"),
        "resume": ("undo_until", "lease_until"),
        "run": ("started_at", "ended_at"),
    }
    with closing(sqlite3.connect(next(where.root.glob(".compound/*/state.db")))) as db, db:
        for table, names in columns.items():
            known = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
            for name in known & set(names):
                db.execute(f"UPDATE {table} SET {name} = {name} - ?", (seconds,))
