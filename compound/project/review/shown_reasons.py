"""Why a person is asked, in the same words in every view."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compound.review.stored.lists import ReviewSummary
    from compound.review.stored.types import Review


def why_a_person(review: ReviewSummary | Review, *, is_ruled: bool) -> tuple[str, ...]:
    """The reasons of a review; without one from a rule or a check, its graph asks every time.

    Empty for a review that a rule decided, and for one whose content was removed.

    Args:
        review: The review.
        is_ruled: Whether its review has an `auto` rule.
    """
    if review.reasons or is_ruled or review.pruned_at is not None:
        return review.reasons
    if review.graph_name:
        return (f"{review.graph_name} asks a person every time, at `{review.node}`",)
    return ("a person is asked every time",)
