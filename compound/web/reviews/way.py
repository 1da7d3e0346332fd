"""The way from one review to the next: it stays in the view of the list that the person came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fastapi import Request
    from fastapi.responses import Response

    from compound.project import ReviewService
    from compound.web.identity.people import Person

_COOKIE: Final = "compound_view"
"""The view of the list that the browser showed last; it says nothing about the person."""
_READY: Final = {"ready": True, "look": False}


def keep_view(answer: Response, view: str) -> None:
    """Note the view that a list shows."""
    answer.set_cookie(_COOKIE, view, path="/reviews", secure=True, httponly=True, samesite="lax")


def next_review(request: Request, service: ReviewService, person: Person, review_id: str) -> str | None:
    """Id of the review that follows: in the views of ready drafts and of those that need a look the next of these."""
    ready = _READY.get(request.cookies.get(_COOKIE, ""))
    return service.queue.next_open(person.name, queues=person.teams, but=review_id, ready=ready)
