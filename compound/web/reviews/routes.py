"""`/reviews`: the list, and the page of one review. Every change is a form that carries the version that was shown."""

from __future__ import annotations

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from compound.web.reviews import bulk
from compound.web.reviews.listing import VIEW_KEYS, list_page
from compound.web.reviews.news import MOST, news
from compound.web.reviews.one import moves, routes
from compound.web.reviews.one.seen import Reader
from compound.web.reviews.paging import Search
from compound.web.reviews.presence import presence_of
from compound.web.reviews.way import keep_view
from compound.web.site.place import place_of
from compound.web.site.words import Words, chosen

router = APIRouter()


@router.get("/reviews")
async def reviews(request: Request, person: Reader) -> Response:
    """The list of reviews."""
    place, words = place_of(request), Words.of(chosen(request, person))
    search = Search.of(request.query_params)
    page = await to_thread.run_sync(list_page, place.project, person, search, words)
    values = {"page": page, "search": search, "view_keys": VIEW_KEYS}
    answer = place.pages.render(request, "reviews/list.html", values, person=person)
    keep_view(answer, page.chosen.key)
    return answer


@router.get("/reviews/news")
async def changes(request: Request, person: Reader, since: float = 0.0, ids: str = "") -> Response:
    """What happened to a list since it was shown; changes nothing."""
    place, words = place_of(request), Words.of(chosen(request, person))
    search, asked = Search.of(request.query_params), [one for one in ids.split(",") if one]
    found = await to_thread.run_sync(news, place.project, person, search, since, asked, words)
    looking = presence_of(request).of(asked[:MOST], person.name)
    return JSONResponse({**found, "looking": {name: ", ".join(who) for name, who in looking.items()}})


@router.get("/reviews/ahead")
async def ahead() -> Response:
    """What a browser may fetch before it is asked for: the next review, which a GET neither claims nor changes."""
    rules = {"prefetch": [{"source": "document", "where": {"selector_matches": "a.ahead"}, "eagerness": "immediate"}]}
    return JSONResponse(rules, media_type="application/speculationrules+json")


# Names of pages are no ids of reviews, and come first.
router.include_router(bulk.router)
router.include_router(routes.router)
router.include_router(moves.router)
