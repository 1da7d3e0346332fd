"""Why a person is asked, in the same words in every view."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compound.review.item.lists import ReviewSummary
    from compound.review.item.types import ReviewItem


def why_a_person(item: ReviewSummary | ReviewItem, *, is_ruled: bool) -> tuple[str, ...]:
    """The reasons of an item; without one from a rule or a check, its graph asks every time.

    Empty for an item that a rule decided, and for one whose content was removed.

    Args:
        item: The item.
        is_ruled: Whether its review has an `auto` rule.
    """
    if item.reasons or is_ruled or item.pruned_at is not None:
        return item.reasons
    if item.graph_name:
        return (f"{item.graph_name} asks a person every time, at `{item.node}`",)
    return ("a person is asked every time",)
