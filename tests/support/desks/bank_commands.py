"""The bank's desk with keys of its review and its policy, worked from the command line."""

from __future__ import annotations

import gc
import json
import sqlite3
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from compound.errors import CompoundError
from tests.support.commands import command
from tests.support.desks.bank_desk import GRAPH, Bank

POLICY = """\
compound: policy/v1
name: bank
effects:
  credit: {CREDIT}
  note: {}
  tell_customer: {}
"""
IN_THE_REVIEW = "    show: [$input.ticket, $draft, $plan]\n"


def bank_with(root: Path, *, review: str = "", credit: str = "{}", graph: str = GRAPH, **files: str) -> Bank:
    """A bank whose review node has these keys, and whose policy asks this of a credit."""
    text = graph.replace(IN_THE_REVIEW, IN_THE_REVIEW + "".join(f"    {line}\n" for line in review.splitlines()))
    text = text.replace("name: main\n", "name: main\npolicy: bank\n", 1)
    return Bank(root, graph=text, files={"graphs/policies/bank.yaml": POLICY.replace("{CREDIT}", credit), **files})


def say(bank: Bank, *arguments: str, code: int = 0, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a command prints."""
    monkeypatch.chdir(bank.root)
    done = command(list(arguments), env={"COLUMNS": "200"})
    assert done.exit_code == code, (done.output, done.exception)
    return done.output


def flat(text: str) -> str:
    """Without the line breaks of a terminal."""
    return " ".join(text.split())


def refused(bank: Bank, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> CompoundError:
    """The error that a command ends with."""
    monkeypatch.chdir(bank.root)
    error = command(list(arguments)).exception
    assert isinstance(error, CompoundError), error
    held: BaseException | None = error
    while held is not None:
        # The frames of the command hold its project, which stores its traces when it goes.
        held.__traceback__ = None
        held = held.__cause__ or held.__context__
    gc.collect()
    return error


def shift(bank: Bank, seconds: float) -> None:
    """Let time pass: every moment in the store lies so many seconds further back."""
    database = next(bank.root.glob(".compound/*/state.db"))
    columns = {
        "review": ("due_at", "expire_at", "snooze_until", "lease_until", "created_at"),
        "resume": ("undo_until", "lease_until"),
    }
    with sqlite3.connect(database) as db:
        for table, names in columns.items():
            for name in names:
                db.execute(f"UPDATE {table} SET {name} = {name} - ?", (seconds,))
    db.close()


def view(bank: Bank, item: str) -> dict[str, Any]:
    with bank.open() as project:
        return json.loads(json.dumps(asdict(project.reviews().show(item)), default=str))
