"""A review queue over a store, with a clock and rows that a test moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from compound.connector.state import StateStore
from compound.effect import EffectCall
from compound.errors import ConflictError, DataError
from compound.review.queue.queue import ReviewQueue
from compound.review.stored.types import Draft, NewReview, Revalidated, Review

CANCEL = EffectCall(name="cancel", arguments={"order_id": "#W1"}, details={"confidence": 0.9})
MOVE = EffectCall(name="move", arguments={"order_id": "#W1", "zip": "1"})
DRAFT = Draft(text="Done.", actions=(CANCEL, MOVE))


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Rows:
    """The versions outside, as a probe sees them."""

    versions: dict[str, int] = field(default_factory=lambda: {"orders/#W1": 3})

    def current(self, refs: Mapping[str, int]) -> Mapping[str, int]:
        return {ref: self.versions[ref] for ref in refs if ref in self.versions}


@dataclass
class Desk:
    queue: ReviewQueue
    store: StateStore
    clock: Clock
    rows: Rows


def only_known_zips(review: Review, draft: Draft) -> Revalidated:
    wrong = [action for action in draft.actions if action.arguments.get("zip") == "bad"]
    return Revalidated(problems=("no such zip",) if wrong else (), refs={"orders/#W1": 99, "orders/#W2": 7})


def open_review(desk: Desk, **values: object) -> Review:
    given: dict[str, object] = {
        "run_id": "r1",
        "node": "review",
        "draft": DRAFT,
        "refs": {"orders/#W1": 3},
        "item": {"subject": "Hi"},
        "reasons": ("not sure",),
    }
    return desk.queue.open_review(NewReview(**(given | values)))  # pyright: ignore[reportArgumentType]


def code(caught: pytest.ExceptionInfo[ConflictError] | pytest.ExceptionInfo[DataError]) -> str:
    return caught.value.code
