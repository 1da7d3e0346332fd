"""A review as a person may see it: others do not exist for the person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from compound.errors import DataError
from compound.web.door.access import needs
from compound.web.identity.people import Person
from compound.web.identity.roles import Right
from compound.web.site.place import place_of

if TYPE_CHECKING:
    from compound.project import ReviewService, ReviewView

Reader = Annotated[Person, Depends(needs(Right.READ))]
Decider = Annotated[Person, Depends(needs(Right.DECIDE))]


def service_of(request: Request) -> ReviewService:
    """The reviews of the project."""
    return place_of(request).project.reviews()


def seen(request: Request, person: Person, review_id: str) -> ReviewView:
    """A review that the person sees.

    Raises:
        DataError: `review.unknown`: it does not exist, or belongs to another team.
    """
    view = service_of(request).show(review_id)
    if view.review_id != review_id or not person.sees(view.queue):
        raise DataError("review.unknown", f"review {review_id!r} does not exist", fix="/reviews lists them")
    return view
