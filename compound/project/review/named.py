"""The review that a person names: by its id, a prefix of it, or its source item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compound.errors import DataError
from compound.review.stored.machine import UNDECIDED

if TYPE_CHECKING:
    from compound.review.queue.queue import ReviewQueue
    from compound.review.stored.types import Review


def named_review(queue: ReviewQueue, named: str) -> Review:
    """The review with this id, the only one with this prefix, or that of this source item; of several, the open one.

    Raises:
        DataError: `review.unknown`, `review.ambiguous`.
    """
    if (known := queue.find(named)) is not None:
        return known
    found = queue.resolve(named)
    waiting = [review_id for review_id, status in found if status in UNDECIDED]
    if len(found) == 1 or len(waiting) == 1:
        return queue.show(waiting[0] if waiting else found[0][0])
    if not found:
        raise DataError(
            "review.unknown", f"review {named!r} does not exist", fix="compound review list --all shows them"
        )
    several = ", ".join(review_id[:10] for review_id, _ in found)
    raise DataError("review.ambiguous", f"{named!r} matches several reviews: {several}", fix="write a longer prefix")
