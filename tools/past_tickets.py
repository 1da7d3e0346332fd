"""Labelled past tickets: what the intent specialist learns from, and what similar cases are found in.

Two formats: the sample's `past_cases.jsonl`, and a folder of task files. Of a folder only the customers of the
training half are taken, so that an evaluation on the other half asks about tickets that nothing here has seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from compound.errors import DataError
from compound.evaluation import split

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastTicket:
    """One solved ticket.

    Attributes:
        labels: The actions that were done; empty where nothing had to be done.
        customer_id: Tickets of one customer are never split between training and evaluation.
    """

    case_id: str
    text: str
    labels: tuple[str, ...]
    actions: tuple[Json, ...]
    customer_id: str
    source: str
    reply: str = ""


def past_tickets(training: Path | None) -> Iterator[PastTicket]:
    """Read past tickets.

    Raises:
        DataError: `desk.no-past-tickets`: the path holds none in either format.
    """
    if training is not None and training.is_file():
        yield from _from_lines(training)
    elif training is not None and (found := sorted(training.glob("tasks_train*.json"))):
        for path in found:
            yield from _from_tasks(path)
    else:
        raise DataError(
            "desk.no-past-tickets",
            f"no past tickets at {training}",
            fix="compound seed writes those of the sample; else mend `training` in the profile",
        )


def _from_lines(path: Path) -> Iterator[PastTicket]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            record = cast("dict[str, object]", json.loads(line))
            actions = cast("list[Json]", record["actions"])
            yield PastTicket(
                case_id=str(record["case_id"]),
                text=f"{record['subject']}\n{record['body']}",
                labels=tuple(cast("list[str]", record["intents"])),
                actions=tuple(actions),
                customer_id=str(record["customer_id"]),
                source=path.name,
                reply=str(record.get("reply") or ""),
            )


def _from_tasks(path: Path) -> Iterator[PastTicket]:
    tasks = cast("list[dict[str, object]]", json.loads(path.read_text(encoding="utf-8")))
    for number, task in enumerate(tasks):
        customer_id = str(task["user_id"])
        if split(customer_id) != "train":
            continue
        actions = [
            {"name": action["name"], "arguments": action["kwargs"]}
            for action in cast("list[Json]", task["actions"])
        ]
        yield PastTicket(
            case_id=f"{path.stem}-{number}",
            text=str(task["instruction"]),
            labels=tuple(dict.fromkeys(str(action["name"]) for action in actions)),
            actions=tuple(actions),
            customer_id=customer_id,
            source=path.name,
        )
