"""Decisions over the API: one, or several at once, each for the version that was read."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from compound.client.types import BulkItem, Outcome
from compound.errors import CompoundError, ConflictError
from compound.web.api.calls import (
    Decider,
    IfMatch,
    ReviewId,
    aside,
    etag,
    problems,
    seen,
    service_of,
    version_of,
    with_current,
)
from compound.web.api.once import OnceRoute
from compound.web.api.problems import problem_of
from compound.web.door.duties import need_duty
from compound.web.identity.person import Person

router = APIRouter(route_class=OnceRoute, tags=["reviews"])
MOST: Final = 20
"""Decisions of one bulk call."""
Action = Annotated[
    str,
    Field(
        min_length=1,
        max_length=100,
        description="An action that the review offers, `return` or `escalate`.",
        examples=["approve"],
    ),
]


class DecisionRequest(BaseModel):
    """A decision."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"action": "edit", "fields": {"text": "Dear Ann, ..."}, "note": ""}]}
    )
    action: Action
    fields: Annotated[
        dict[str, Any],
        Field(description="Fields of the action; those with a shown value may be left out.", examples=[{}]),
    ] = {}
    note: Annotated[str, Field(max_length=5000, description="Free text; for `return` the instruction.")] = ""


class BulkDecision(DecisionRequest):
    """One of several decisions."""

    review_id: Annotated[str, Field(max_length=64)]
    version: Annotated[int, Field(ge=0, le=999_999_999)]


class BulkRequest(BaseModel):
    """Decisions about different reviews."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"decisions": [{"review_id": "8f14e45f", "version": 3, "action": "approve"}]}]}
    )
    decisions: Annotated[list[BulkDecision], Field(min_length=1, max_length=MOST)]


@router.post("/reviews/{review_id}/decisions", responses=problems(404, 409, 412, 428), response_model=Outcome)
async def decide(
    request: Request, person: Decider, review_id: ReviewId, wish: DecisionRequest, if_match: IfMatch = None
) -> Response:
    """Decide a review for the version in `If-Match`; its run goes on, and effects run once."""
    version = version_of(if_match)
    outcome = await aside(lambda: _decide(request, person, review_id, version, wish))
    now = await aside(lambda: seen(request, person, review_id).version)
    return JSONResponse(outcome.model_dump(mode="json"), headers={"etag": etag(now)})


def _decide(request: Request, person: Person, review_id: str, version: int, wish: DecisionRequest) -> Outcome:
    view = seen(request, person, review_id)
    need_duty(person, view, wish.action)
    fields = dict(wish.fields)
    if wish.action == "return":
        fields = {"reason": "instruction", **fields}
    try:
        decided = service_of(request).decide(
            review_id, wish.action, user=person.name, version=version, fields=fields or None, note=wish.note
        )
    except ConflictError as error:
        raise with_current(error, seen(request, person, review_id), version) from error
    return Outcome.model_validate(asdict(decided))


@router.post(
    "/reviews/bulk-decisions",
    status_code=207,
    response_model=list[BulkItem],
    responses=problems(),
)
async def decide_many(request: Request, person: Decider, wanted: BulkRequest) -> Response:
    """Decide up to 20 reviews; each succeeds or fails for itself, and the answer says so for each.

    A draft whose `auto` rule does not hold (`ready` is false) is not approved in bulk: somebody has to look at it.
    """
    done = await aside(lambda: [_one(request, person, wish) for wish in wanted.decisions])
    return JSONResponse([one.model_dump(mode="json", exclude_none=True) for one in done], 207)


def _one(request: Request, person: Person, wish: BulkDecision) -> BulkItem:
    try:
        view = seen(request, person, wish.review_id)
        if wish.action == "approve" and view.ready is False:
            what = f"review {wish.review_id} needs a look: its rule does not hold"
            raise ConflictError("review.needs-a-look", what, fix="decide it alone, after reading it")
        outcome = _decide(request, person, wish.review_id, wish.version, wish)
    except CompoundError as error:
        problem = problem_of(error)
        return BulkItem(review_id=wish.review_id, status=problem.status, problem=problem)
    return BulkItem(review_id=wish.review_id, status=200, outcome=outcome)
