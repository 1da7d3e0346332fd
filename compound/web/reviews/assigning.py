"""Who should decide a review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compound.errors import DataError, choices
from compound.web.identity.roles import Right

if TYPE_CHECKING:
    from compound.web.identity.person import Person
    from compound.web.site.place import Place


def assign_to(place: Place, person: Person, review_id: str, to: str) -> None:
    """Say who should decide a review; empty: anybody.

    Raises:
        DataError: `review.assignee`: no account of that name decides.
    """
    known = sorted(one.name for one in place.people.list() if one.may(Right.DECIDE))
    if to and to not in known:
        raise DataError("review.assignee", f"nobody who decides is called {to!r}", fix=choices(known, to))
    place.project.reviews().assign(review_id, user=person.name, to=to)
