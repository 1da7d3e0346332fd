"""Reading reviews: lists, one item, its evidence, its comments, its audit events."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import orjson
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from compound.client.types import AuditEvent, AuditReport, Comment, Evidence, Page, Review, ReviewRow
from compound.errors import DataError, choices
from compound.project import ReviewRow as Row
from compound.review import ReviewFilter, Status
from compound.review.stored.lists import After, ReviewSummary, Sort
from compound.web.api import comments
from compound.web.api.calls import (
    Auditor,
    Decider,
    Reader,
    ReviewId,
    after_of,
    aside,
    cursor_of,
    etag,
    moment,
    problems,
    review_of,
    seen,
    service_of,
)
from compound.web.api.once import OnceRoute
from compound.web.identity.person import Person
from compound.web.reviews.listing import views_for
from compound.web.site.place import place_of

if TYPE_CHECKING:
    from compound.project import ReviewView

LARGEST_EVIDENCE: Final = 2 * 1024 * 1024
"""Bytes of the evidence in one answer."""
router = APIRouter(route_class=OnceRoute, tags=["reviews"])
View = Literal["open", "mine", "ready", "look", "second", "stale", "snoozed", "decided"]


class Wanted(BaseModel):
    """Query parameters of the list."""

    view: Annotated[View, Field(description="A saved view; `status` replaces its statuses.")] = "open"
    status: Annotated[list[Status], Field(description="Only these statuses; repeatable.")] = []
    queue: Annotated[str | None, Field(max_length=200)] = None
    item: Annotated[str | None, Field(max_length=500, description="Id of the source item.")] = None
    run_id: Annotated[str | None, Field(max_length=200)] = None
    held_by: Annotated[str | None, Field(max_length=200)] = None
    q: Annotated[str, Field(max_length=200, description="Words of the title.")] = ""
    sort: Annotated[Sort, Field(description="`urgency`: due first, then by risk, then oldest first.")] = "urgency"
    cursor: Annotated[str | None, Field(max_length=500, description="`next` of the page before.")] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


@router.get("/reviews", responses=problems())
async def list_reviews(request: Request, person: Reader, wanted: Annotated[Wanted, Query()]) -> Page[ReviewRow]:
    """List reviews that the caller sees, in parts."""
    return await aside(lambda: _list(request, person, wanted))


def _list(request: Request, person: Person, wanted: Wanted) -> Page[ReviewRow]:
    service = service_of(request)
    after = None if wanted.cursor is None else after_of(wanted.sort, wanted.cursor)
    if after is None:
        service.sweep(goes_on=False)
    where = _where(person, wanted, after)
    if where is None:
        return Page(items=())
    found = service.queue.list(where)
    now = place_of(request).project.resources.clock()
    rows = tuple(ReviewRow.model_validate(asdict(Row.of(one, now))) for one in found[: wanted.limit])
    has_more = len(found) > wanted.limit
    return Page(items=rows, next=cursor_of(wanted.sort, _last(found[wanted.limit - 1])) if has_more else None)


def _where(person: Person, wanted: Wanted, after: After | None) -> ReviewFilter | None:
    """The filter; None if the caller sees no item of the queue."""
    if wanted.queue is not None and not person.sees(wanted.queue):
        return None
    view = next(one for one in views_for(person) if one.key == wanted.view)
    return replace(
        view.where,
        statuses=tuple(wanted.status) or view.where.statuses,
        queue=wanted.queue,
        queues=person.teams,
        item_id=wanted.item,
        run_id=wanted.run_id,
        user=wanted.held_by or view.where.user,
        words=wanted.q,
        sort=wanted.sort,
        after=after,
        limit=wanted.limit + 1,
    )


def _last(row: ReviewSummary) -> After:
    return After(due_at=row.due_at, risk=row.risk, created_at=row.created_at, review_id=row.review_id)


class Next(BaseModel):
    """Which item to claim."""

    queue: Annotated[str | None, Field(max_length=200, description="Only of this queue.")] = None
    lease_s: Annotated[float, Field(ge=10, le=3600, description="Seconds without a heartbeat.")] = 120.0


@router.post("/reviews/next", responses={**problems(), 204: {"description": "Nothing waits."}}, response_model=Review)
async def claim_next(request: Request, person: Decider, wanted: Next) -> Response | Review:
    """Claim the most urgent item that nobody holds. Concurrent callers get different reviews."""
    view = await aside(lambda: _claimed(request, person, wanted))
    if view is None:
        return Response(status_code=204)
    return view


def _claimed(request: Request, person: Person, wanted: Next) -> Review | None:
    service = service_of(request)
    if wanted.queue is not None and not person.sees(wanted.queue):
        raise DataError("review.unknown-queue", f"queue {wanted.queue!r} does not exist", fix=choices(person.teams))
    queues = [wanted.queue] if wanted.queue is not None else list(person.teams) or [None]
    for queue in queues:
        view = service.claim_next(user=person.name, queue=queue, lease_s=wanted.lease_s)
        if view is not None:
            return review_of(view)
    return None


@router.get("/reviews/{review_id}", responses={**problems(404), 304: {"description": "Unchanged."}})
async def show_review(request: Request, response: Response, person: Reader, review_id: ReviewId) -> Review:
    """One item. Its ETag is its version; with `If-None-Match` an unchanged one is answered by 304."""
    view = await aside(lambda: seen(request, person, review_id, reads=True))
    tag = etag(view.version)
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"etag": tag})  # pyright: ignore[reportReturnType]
    response.headers["etag"] = tag
    return review_of(view)


@router.get("/reviews/{review_id}/evidence", responses=problems(404))
async def show_evidence(
    request: Request,
    person: Reader,
    review_id: ReviewId,
    name: Annotated[str | None, Query(max_length=200, description="Only this value, however large it is.")] = None,
) -> Evidence:
    """What the draft was made from, at most 2 MB of it; larger values are named in `left_out`."""
    return await aside(lambda: _evidence(seen(request, person, review_id), name))


def _evidence(view: ReviewView, name: str | None) -> Evidence:
    if name is not None:
        if name not in view.evidence:
            what = f"review {view.review_id} has no evidence {name!r}"
            raise DataError("review.unknown-evidence", what, fix=choices(list(view.evidence), name))
        return Evidence(review_id=view.review_id, version=view.version, evidence={name: view.evidence[name]}, refs={})
    left, kept = LARGEST_EVIDENCE, dict[str, Any]()
    for key, value in view.evidence.items():
        size = len(orjson.dumps(value))
        if size <= left:
            kept[key], left = value, left - size
    out = tuple(key for key in view.evidence if key not in kept)
    return Evidence(review_id=view.review_id, version=view.version, evidence=kept, refs=dict(view.refs), left_out=out)


@router.get("/reviews/{review_id}/audit", responses=problems(404))
async def show_audit(request: Request, person: Auditor, review_id: ReviewId) -> list[AuditEvent]:
    """Every event of a review, oldest first."""

    def read() -> list[AuditEvent]:
        seen(request, person, review_id)
        rows = comments.audit_rows(place_of(request).project.resources.state, review_id)
        return [
            AuditEvent(seq=row.seq, event=row.event, actor=row.actor, at=moment(row.at), details=row.details)
            for row in rows
        ]

    return await aside(read)


@router.get("/audit/verify", responses=problems())
async def verify_audit(
    request: Request,
    person: Auditor,
    head: Annotated[str | None, Query(max_length=64, description="A head that was kept elsewhere.")] = None,
) -> AuditReport:
    """Verify the hash chain of the audit log."""
    return AuditReport.model_validate(await aside(lambda: service_of(request).queue.verify_audit(expected_head=head)))


@router.get("/reviews/{review_id}/comments", responses=problems(404))
async def list_comments(request: Request, person: Reader, review_id: ReviewId) -> list[Comment]:
    """What people said about a review, oldest first."""

    def read() -> list[Comment]:
        seen(request, person, review_id)
        return comments.comments_of(service_of(request).queue, review_id)

    return await aside(read)


class Said(BaseModel):
    """A comment."""

    text: Annotated[str, Field(min_length=1, max_length=5000)]


@router.post("/reviews/{review_id}/comments", status_code=201, responses=problems(404))
async def comment(request: Request, person: Decider, review_id: ReviewId, said: Said) -> Comment:
    """Say something about a review to the others. No customer and no graph reads it."""

    def write() -> Comment:
        seen(request, person, review_id)
        return comments.add_comment(service_of(request).queue, review_id, person.name, said.text)

    return await aside(write)
