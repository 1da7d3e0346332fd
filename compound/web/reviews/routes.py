"""`/reviews`: the list, and the page of one review. Every change is a form that carries the version that was shown."""

from __future__ import annotations

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import Response

from compound.web.reviews.item import moves, routes
from compound.web.reviews.item.seen import Reader
from compound.web.reviews.listing import list_page
from compound.web.site.place import place_of

router = APIRouter()
router.include_router(routes.router)
router.include_router(moves.router)


@router.get("/reviews")
async def reviews(request: Request, person: Reader, view: str = "open") -> Response:
    """The list of reviews."""
    place = place_of(request)
    page = await to_thread.run_sync(list_page, place.project, person, view)
    return place.pages.render(request, "reviews/list.html", {"page": page}, person=person)
