"""Moves of reviews without a decision: claim, heartbeat, release, draft, snooze, wake, redraft."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from compound.client.types import Review
from compound.errors import ConflictError, DataError
from compound.web.api.calls import (
    Decider,
    IfMatch,
    ReviewId,
    aside,
    etag,
    need_version,
    problems,
    review_of,
    seen,
    service_of,
    version_of,
    with_current,
)
from compound.web.api.once import OnceRoute
from compound.web.identity.person import Person

router = APIRouter(route_class=OnceRoute, tags=["reviews"])
Lease = Annotated[float, Field(ge=10, le=3600, description="Seconds without a heartbeat.")]


class ClaimRequest(BaseModel):
    """How to claim a review."""

    lease_s: Lease = 120.0
    takeover: Annotated[bool, Field(description="Take it over from who holds it; the audit log has it.")] = False


class Heartbeat(BaseModel):
    """How long the claim goes on."""

    lease_s: Lease = 120.0


class SnoozeRequest(BaseModel):
    """Until when nobody is asked."""

    until: Annotated[datetime, Field(description="ISO 8601; UTC without an offset.")]


class DraftRequest(BaseModel):
    """What a person has written so far: fields of an edit, by name."""

    fields: Annotated[dict[str, Any], Field(examples=[{"text": "Dear Ann, ..."}])]


async def _moved(
    request: Request, response: Response, person: Person, review_id: str, if_match: str | None, do: Callable[[], object]
) -> Review:
    """Do a move of a review that the caller sees; a conflict carries the review as it is now."""

    def move() -> Review:
        before = seen(request, person, review_id)
        need_version(before, if_match)
        try:
            do()
        except ConflictError as error:
            raise with_current(error, seen(request, person, review_id), before.version) from error
        return review_of(seen(request, person, review_id))

    review = await aside(move)
    response.headers["etag"] = etag(review.version)
    return review


@router.post("/reviews/{review_id}/claim", responses=problems(404, 409, 412))
async def claim(
    request: Request,
    response: Response,
    person: Decider,
    review_id: ReviewId,
    wanted: ClaimRequest,
    if_match: IfMatch = None,
) -> Review:
    """Hold a review, so that nobody else decides it."""
    service = service_of(request)

    def do() -> None:
        service.claim(review_id, user=person.name, lease_s=wanted.lease_s, takeover=wanted.takeover)

    return await _moved(request, response, person, review_id, if_match, do)


@router.post("/reviews/{review_id}/heartbeat", responses=problems(404, 409))
async def heartbeat(
    request: Request, response: Response, person: Decider, review_id: ReviewId, wanted: Heartbeat
) -> Review:
    """Go on holding a review; its version stays."""
    queue = service_of(request).queue
    return await _moved(
        request, response, person, review_id, None, lambda: queue.extend(review_id, person.name, lease_s=wanted.lease_s)
    )


@router.delete("/reviews/{review_id}/claim", responses=problems(404, 409))
async def release(request: Request, response: Response, person: Decider, review_id: ReviewId) -> Review:
    """Let others decide it."""
    service = service_of(request)
    return await _moved(
        request, response, person, review_id, None, lambda: service.release(review_id, user=person.name)
    )


@router.put("/reviews/{review_id}/draft", responses=problems(404, 409, 412))
async def save_draft(
    request: Request,
    response: Response,
    person: Decider,
    review_id: ReviewId,
    draft: DraftRequest,
    if_match: IfMatch = None,
) -> Review:
    """Keep what the holder has written; nothing is decided, and the review's own draft stays."""
    return await _moved(
        request, response, person, review_id, if_match, lambda: _save(request, review_id, person.name, draft.fields)
    )


def _save(request: Request, review_id: str, user: str, fields: dict[str, Any]) -> None:
    """Store a draft version of a person.

    The pages may keep drafts in a table of their own; this is the one place of the API that stores one.
    """
    service = service_of(request)
    item = service.queue.show(review_id)
    offered = item.decide.get("edit", {})
    unknown = next((name for name in fields if name not in offered), None)
    if unknown is not None:
        what = f"an edit of this review has no field {unknown!r}"
        raise DataError("review.not-offered", what, fix=f"fields: {', '.join(offered) or 'none'}")
    text = fields.get("text")
    kept = {**item.draft.fields, **fields}
    mine = replace(item.draft, text=text if isinstance(text, str) else item.draft.text, fields=kept, given=fields)
    service.queue.save_draft(review_id, user, mine)


@router.post("/reviews/{review_id}/snooze", responses=problems(404, 409, 412, 428))
async def snooze(
    request: Request,
    response: Response,
    person: Decider,
    review_id: ReviewId,
    wanted: SnoozeRequest,
    if_match: IfMatch = None,
) -> Review:
    """Ask nobody until a time."""
    version = version_of(if_match)
    until = wanted.until if wanted.until.tzinfo else wanted.until.replace(tzinfo=UTC)
    service = service_of(request)

    def do() -> None:
        service.snooze(review_id, user=person.name, until=until.timestamp(), version=version)

    return await _moved(request, response, person, review_id, if_match, do)


@router.post("/reviews/{review_id}/wake", responses=problems(404, 409))
async def wake(request: Request, response: Response, person: Decider, review_id: ReviewId) -> Review:
    """Return a snoozed review to the queue now."""
    service = service_of(request)
    return await _moved(request, response, person, review_id, None, lambda: service.wake(review_id, user=person.name))


@router.post("/reviews/{review_id}/redraft", responses=problems(404, 409))
async def redraft(request: Request, response: Response, person: Decider, review_id: ReviewId) -> Review:
    """Draft a review again whose data changed; drafts that people wrote are kept."""
    service = service_of(request)
    return await _moved(
        request, response, person, review_id, None, lambda: service.redraft(review_id, user=person.name)
    )


@router.post("/reviews/{review_id}/undo", responses=problems(404, 409))
async def undo(request: Request, response: Response, person: Decider, review_id: ReviewId) -> Review:
    """Take a decision back before anything was done; the caller then holds the review."""
    service = service_of(request)
    return await _moved(request, response, person, review_id, None, lambda: service.undo(review_id, user=person.name))
