"""Moves of reviews without a decision: claim, heartbeat, release, assign, snooze, wake, redraft, undo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from compound.client.types import Review
from compound.errors import ConflictError
from compound.review import Status
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
from compound.web.reviews.assigning import assign_to
from compound.web.site.place import place_of

router = APIRouter(route_class=OnceRoute, tags=["reviews"])
Lease = Annotated[float, Field(ge=10, le=3600, description="Seconds without a heartbeat.")]


class ClaimRequest(BaseModel):
    """How to claim a review."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"lease_s": 120}, {"takeover": True}]})
    lease_s: Lease = 120.0
    takeover: Annotated[bool, Field(description="Take it over from who holds it; the audit log has it.")] = False


class Heartbeat(BaseModel):
    """How long the claim goes on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"lease_s": 120}]})
    lease_s: Lease = 120.0


class SnoozeRequest(BaseModel):
    """Until when nobody is asked."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"until": "2027-01-04T08:00:00Z"}]})
    until: Annotated[datetime, Field(description="ISO 8601; UTC without an offset.")]


class AssignRequest(BaseModel):
    """Who should decide a review."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"to": "ann"}]})
    to: Annotated[str, Field(max_length=200, description="Name of an account that decides; empty: anybody.")]


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
    """Go on holding a review; its version stays.

    A review whose rows or conversation changed meanwhile is `stale`, and nobody holds it any more.
    """
    queue = service_of(request).queue

    def do() -> None:
        if queue.check_stale(review_id).status is not Status.STALE:
            queue.extend(review_id, person.name, lease_s=wanted.lease_s)

    return await _moved(request, response, person, review_id, None, do)


@router.delete("/reviews/{review_id}/claim", responses=problems(404, 409))
async def release(request: Request, response: Response, person: Decider, review_id: ReviewId) -> Review:
    """Let others decide it."""
    service = service_of(request)
    return await _moved(
        request, response, person, review_id, None, lambda: service.release(review_id, user=person.name)
    )


@router.post("/reviews/{review_id}/assign", responses=problems(404, 409))
async def assign(
    request: Request, response: Response, person: Decider, review_id: ReviewId, wanted: AssignRequest
) -> Review:
    """Say who should decide it; `next` of others then leaves it out."""
    place = place_of(request)

    def do() -> None:
        assign_to(place, person, review_id, wanted.to)

    return await _moved(request, response, person, review_id, None, do)


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
