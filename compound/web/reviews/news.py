"""What happened to a list since it was shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from compound.review import ReviewFilter
from compound.web.reviews.listing import chosen_view, counts_of

if TYPE_CHECKING:
    from compound.project import Project
    from compound.review.queue.queue import ReviewQueue
    from compound.review.stored.lists import ReviewSummary
    from compound.web.identity.people import Person
    from compound.web.reviews.paging import Search
    from compound.web.site.words import Words

MOST: Final = 200
"""Rows whose state is told."""


def news(
    project: Project, person: Person, search: Search, since: float, ids: Sequence[str], words: Words
) -> dict[str, object]:
    """What happened to a list since it was shown.

    Args:
        project: The project.
        person: Who looks at the list.
        search: What the list shows.
        since: When it was shown, UTC seconds.
        ids: The reviews that it shows.
        words: The language.

    Returns:
        `new`: number of reviews that came since; `counts`: view to number; `gone`: review to why it is not in the
        list any more; `held`: review to who holds it.
    """
    queue = project.reviews().queue
    now = queue.now()
    where = replace(search.narrowed(chosen_view(person, search).at(now), person), after=None)
    asked, seen = tuple(ids[:MOST]), tuple(person.teams)
    there = queue.list(replace(where, review_ids=asked, limit=MOST)) if asked else ()
    still = {one.review_id for one in there}
    left = tuple(one for one in asked if one not in still)
    gone = queue.list(ReviewFilter(review_ids=left, queues=seen, limit=MOST)) if left else ()
    return {
        "new": queue.tally({"new": replace(where, since=since)})["new"],
        "counts": counts_of(project, person),
        "gone": {one.review_id: _why(queue, one, words) for one in gone},
        "held": _held(there, now),
    }


def _held(rows: Sequence[ReviewSummary], now: float) -> Mapping[str, str]:
    return {one.review_id: one.lease_user for one in rows if one.lease_user and (one.lease_until or 0.0) > now}


def _why(queue: ReviewQueue, review: ReviewSummary, words: Words) -> str:
    """Why a review is not in the list any more."""
    match review.status.value:
        case "decided":
            decisions = queue.decisions(review.review_id)
            return words.text("decided by %(who)s") % {"who": decisions[-1].actor if decisions else "?"}
        case "awaiting_second":
            return words.text("waits for a second approval")
        case "in_review" if review.lease_user:
            return words.text("held by %(who)s") % {"who": review.lease_user}
        case "stale":
            return words.text("out of date")
        case status:
            return words.text(status.replace("_", " "))
