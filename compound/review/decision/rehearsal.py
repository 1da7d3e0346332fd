"""Rehearsing a decision before it is stored: the port and its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from compound.review.stored.types import Draft, Redraft, Review

if TYPE_CHECKING:
    from pydantic import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """The result of rehearsing a decision.

    Attributes:
        draft: The draft that the decision leads to; its effects are the ones that will run.
        evidence: Evidence of the changed draft; None if nothing changed.
        refs: Current version of each row that it touches, other than the review's.
        again: The graph's new draft, if the change also changes something that the user has not seen (a letter written
            for the earlier actions). The decision is then not stored, and this draft is shown.
        undo_s: Action to how long it can be undone with this change, in seconds; None: those of the review.
    """

    draft: Draft
    evidence: Mapping[str, JsonValue] | None = None
    refs: Mapping[str, int] = field(default_factory=dict[str, int])
    again: Redraft | None = None
    undo_s: Mapping[str, float] | None = None


class Rehearse(Protocol):
    """Rehearses a decision: its effects, after the graph's checks, policy and targets ran again."""

    def __call__(
        self, review: Review, action: str, *, fields: Mapping[str, JsonValue], given: frozenset[str], user: str
    ) -> Rehearsed:
        """Rehearse a decision; nothing is changed.

        Args:
            review: The review as shown.
            action: Action to decide.
            fields: All fields of the decision.
            given: The fields that the user gave.
            user: The deciding user.

        Raises:
            DataError: The decision is not valid.
        """
        ...
