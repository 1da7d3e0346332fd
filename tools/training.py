"""Labelled past tickets: training data of the intent specialist, and the index of past cases.

From a folder of cases only the half of the customers that evaluation does not hold out is read
(`compound.evaluation.split`); a file of past cases belongs to former customers, who are in no table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from .letters.wishes import Family
from .planner.intents import NONE, wishes_of
from .shop.documents import Json

if TYPE_CHECKING:
    from compound.retrieval import Document
    from compound.specialist import Example


@dataclass(frozen=True, slots=True, kw_only=True)
class PastTicket:
    """A finished ticket: its text, the resulting writes, the answer."""

    id: str
    text: str
    customer_id: str
    action_names: tuple[str, ...]
    actions: str
    reply: str = ""
    asked: tuple[str, ...] = ()

    @property
    def wishes(self) -> tuple[Family, ...]:
        """The wishes, granted or not; the actions if the wishes are not recorded."""
        return wishes_of(self.asked or self.action_names)

    @property
    def intent(self) -> str:
        """The wishes joined by `+`, or `none`."""
        return "+".join(self.wishes) or NONE


def past_tickets(training: Path | None) -> Iterator[PastTicket]:
    """Every past ticket of a `.jsonl` file, or of the training half of a folder of cases."""
    if training is None or not training.exists():
        return
    if training.is_dir():
        yield from _from_folder(training)
        return
    for line in training.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield _from_record(cast("Mapping[str, Json]", json.loads(line)))


def intent_examples(training: Path | None) -> list[Example]:
    """Texts with their intent, grouped by customer."""
    from compound.specialist import Example

    return [Example(text=past.text, labels=past.wishes, group=past.customer_id) for past in past_tickets(training)]


def case_documents(training: Path | None) -> Iterator[Document]:
    """Past tickets as documents of the index `cases`: the letter, the actions, the answer."""
    from compound.retrieval import Document

    for past in past_tickets(training):
        answer = f"\n\nAnswered: {past.reply}" if past.reply else ""
        text = f"{past.text}\n\nDone: {past.actions or 'nothing'}{answer}"
        yield Document(id=past.id, text=text, title=past.intent, meta={"intent": past.intent})


def _from_folder(folder: Path) -> Iterator[PastTicket]:
    from compound.evaluation import split

    for path in sorted(folder.glob("tasks_train*.json")):
        tasks = cast("list[Mapping[str, Json]]", json.loads(path.read_text(encoding="utf-8")))
        for number, task in enumerate(tasks):
            customer_id = str(task.get("user_id") or "")
            if split(customer_id) != "train":
                continue
            yield _past(
                f"{path.stem}-{number}",
                str(task.get("instruction") or ""),
                customer_id,
                task.get("actions"),
                "kwargs",
            )


def _from_record(record: Mapping[str, Json]) -> PastTicket:
    text = "\n\n".join(str(record[key]) for key in ("subject", "body") if record.get(key))
    past = _past(str(record["case_id"]), text, str(record.get("customer_id") or ""), record.get("actions"), "arguments")
    asked = record.get("intents")
    return PastTicket(
        id=past.id,
        text=past.text,
        customer_id=past.customer_id,
        action_names=past.action_names,
        actions=past.actions,
        reply=str(record.get("reply") or ""),
        asked=tuple(str(name) for name in asked) if isinstance(asked, list) else (),
    )


def _past(id: str, text: str, customer_id: str, actions: Json, arguments: str) -> PastTicket:
    listed = [action for action in actions if isinstance(action, dict)] if isinstance(actions, list) else []
    names = tuple(str(action.get("name")) for action in listed)
    shown = "; ".join(
        f"{action.get('name')} {json.dumps(action.get(arguments), ensure_ascii=False)}" for action in listed
    )
    return PastTicket(id=id, text=text, customer_id=customer_id, action_names=names, actions=shown)
