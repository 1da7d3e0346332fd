"""What the evidence of a review does not say: shown with it, and confirmed where the graph declares a risk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compound.project import ReviewService, ReviewView
    from compound.project.review.sight.foreseen import ForeseenDecision

_SHOWN: Final = 3
"""Statements that are shown with a review."""


def unsupported(service: ReviewService, view: ReviewView, foreseen: ForeseenDecision) -> Mapping[str, str]:
    """Hash to words of each statement of a decision for which the evidence has nothing, as the page finds them."""
    from compound.web.reviews.one.page import draft_claims
    from compound.web.reviews.one.preview import unsupported_keys

    if not foreseen.effects and not foreseen.text:
        return {}
    item, grounds = service.find(view.review_id), service.grounds(view.review_id)
    claims = draft_claims(service, item, view, grounds, foreseen.text or item.draft.text, foreseen.effects)
    return unsupported_keys(claims)


def lines_of(found: Mapping[str, str]) -> list[str]:
    """The statements, in a few lines."""
    lines = [f"  the evidence does not say: {' '.join(words.split())}" for words in list(found.values())[:_SHOWN]]
    return lines + ([f"  and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else [])
