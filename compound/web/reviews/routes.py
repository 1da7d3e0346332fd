"""`/reviews`: list, one review, its decisions. Every change is a form that carries the version that was shown."""

from __future__ import annotations

from concurrent import futures
from typing import TYPE_CHECKING, Annotated, Final

from anyio import to_thread
from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from compound.errors import CompoundError, ConflictError, DataError
from compound.project.review.items import STORED
from compound.web.door.access import needs
from compound.web.door.duties import need_duty
from compound.web.identity.people import Person
from compound.web.identity.roles import Right
from compound.web.reviews.item import decisions_of, given_fields
from compound.web.reviews.listing import list_page
from compound.web.site.place import place_of

if TYPE_CHECKING:
    from compound.project import Decided, ReviewView

GLANCE_S: Final = 0.05
"""Seconds that a decision waits for its effects; most are done by then, and the page shows them at once."""

router = APIRouter()
Reader = Annotated[Person, Depends(needs(Right.READ))]
Decider = Annotated[Person, Depends(needs(Right.DECIDE))]


@router.get("/reviews")
async def reviews(request: Request, person: Reader, view: str = "open") -> Response:
    """The list of reviews."""
    place = place_of(request)
    page = await to_thread.run_sync(list_page, place.project, person, view)
    return place.pages.render(request, "reviews/list.html", {"page": page}, person=person)


@router.get("/reviews/{review_id}")
async def review(request: Request, person: Reader, review_id: str) -> Response:
    """One review."""
    view = await to_thread.run_sync(_seen, request, person, review_id)
    return _page(request, person, view)


@router.post("/reviews/{review_id}/claim")
async def claim(request: Request, person: Decider, review_id: str) -> Response:
    """Hold a review, so that nobody else decides it."""
    form = await request.form()
    service = place_of(request).project.reviews()
    takeover = form.get("takeover") == "yes"
    await to_thread.run_sync(_seen, request, person, review_id)
    await to_thread.run_sync(lambda: service.claim(review_id, user=person.name, takeover=takeover))
    return RedirectResponse(f"/reviews/{review_id}", status_code=303)


@router.post("/reviews/{review_id}/release")
async def release(request: Request, person: Decider, review_id: str) -> Response:
    """Let others decide it."""
    service = place_of(request).project.reviews()
    await to_thread.run_sync(_seen, request, person, review_id)
    await to_thread.run_sync(lambda: service.release(review_id, user=person.name))
    return RedirectResponse("/reviews", status_code=303)


@router.post("/reviews/{review_id}/decide")
async def decide(request: Request, person: Decider, review_id: str) -> Response:
    """Decide it: one of the actions that the review offers, or return it with an instruction."""
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    view = await to_thread.run_sync(_seen, request, person, review_id)
    try:
        decided = await to_thread.run_sync(_decide, request, person, view, form)
    except (ConflictError, DataError) as error:
        now = await to_thread.run_sync(_seen, request, person, review_id)
        return _page(request, person, now, error=error, kept=form)
    if decided.run_status == STORED:
        done = place_of(request).worker.soon(review_id)
        await to_thread.run_sync(lambda: futures.wait([done], timeout=GLANCE_S))
    return RedirectResponse(f"/reviews/{review_id}?decided={decided.decision_id}", status_code=303)


@router.post("/reviews/{review_id}/undo")
async def undo(request: Request, person: Decider, review_id: str) -> Response:
    """Take a decision back before anything was done."""
    service = place_of(request).project.reviews()
    await to_thread.run_sync(_seen, request, person, review_id)
    await to_thread.run_sync(lambda: service.undo(review_id, user=person.name))
    return RedirectResponse(f"/reviews/{review_id}", status_code=303)


@router.post("/reviews/{review_id}/redraft")
async def redraft(request: Request, person: Decider, review_id: str) -> Response:
    """Draft a review again whose rows changed; what a person wrote is kept."""
    service = place_of(request).project.reviews()
    await to_thread.run_sync(_seen, request, person, review_id)
    await to_thread.run_sync(lambda: service.redraft(review_id, user=person.name))
    return RedirectResponse(f"/reviews/{review_id}", status_code=303)


def _seen(request: Request, person: Person, review_id: str) -> ReviewView:
    """A review that the person sees; others do not exist for the person."""
    view = place_of(request).project.reviews().show(review_id)
    if view.review_id != review_id or not person.sees(view.queue):
        raise DataError("review.unknown", f"review {review_id!r} does not exist", fix="/reviews lists them")
    return view


def _decide(request: Request, person: Person, view: ReviewView, form: dict[str, str]) -> Decided:
    action = form.get("action", "")
    version = form.get("version", "")
    if not version.isdecimal():
        raise DataError("review.version", "the form carries no version", fix="reload the page")
    need_duty(person, view, action)
    need_duty(person, view, action)
    service = place_of(request).project.reviews()
    return service.decide(
        view.review_id,
        action,
        user=person.name,
        version=int(version),
        fields=given_fields(view, action, form) or None,
        note=form.get("note", ""),
        goes_on=False,
    )


def _page(
    request: Request,
    person: Person,
    view: ReviewView,
    *,
    error: CompoundError | None = None,
    kept: dict[str, str] | None = None,
) -> Response:
    values = {"item": view, "decisions": decisions_of(view), "error": error, "kept": kept or {}}
    status = 200 if error is None else 409 if isinstance(error, ConflictError) else 422
    return place_of(request).pages.render(request, "reviews/item.html", values, person=person, status=status)
