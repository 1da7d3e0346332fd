"""Trying a decision out before it is stored: the port, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from compound.review.item.types import Draft, Redraft, ReviewItem

if TYPE_CHECKING:
    from pydantic import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """What a decision would do, tried out before it is stored.

    Attributes:
        draft: The draft as the decision makes it: its effects are what will be done.
        evidence: What the draft rests on with the changes; None where nothing is changed.
        refs: Version of every row that it touches beside those of the item, as just read.
        again: The graph's new draft, where the change also changes something that the decider has not seen: a
            letter that was written for the actions before. Then nothing is decided, and this is shown.
    """

    draft: Draft
    evidence: Mapping[str, JsonValue] | None = None
    refs: Mapping[str, int] = field(default_factory=dict[str, int])
    again: Redraft | None = None


class Rehearse(Protocol):
    """Tries a decision out: what it does, with the checks of the graph, its policy and its targets asked again."""

    def __call__(
        self, item: ReviewItem, action: str, *, fields: Mapping[str, JsonValue], given: frozenset[str], user: str
    ) -> Rehearsed:
        """Try it; nothing is changed.

        Args:
            item: As it is shown.
            action: What would be decided.
            fields: Every field that the decision would carry.
            given: Those of them that the decider gave.
            user: Who would decide.

        Raises:
            DataError: Why it may not be decided so.
        """
        ...
