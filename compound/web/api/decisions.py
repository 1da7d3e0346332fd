"""Decisions over the API: stored at once, carried out by the server's worker, and followed until they are settled."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from compound.client.types import BulkItem, Outcome, Preview
from compound.errors import CompoundError, ConflictError
from compound.project import Decided
from compound.project.review.shown import ELSEWHERE, STORED, UNDOABLE
from compound.web.api.calls import (
    Decider,
    IfMatch,
    Reader,
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
from compound.web.identity.person import Person
from compound.web.reviews.one.deciding import Wish, carry_out, made_before, store, unchecked
from compound.web.reviews.one.page import review_page
from compound.web.site.place import place_of
from compound.web.site.words import ENGLISH

router = APIRouter(route_class=OnceRoute, tags=["reviews"])
MOST: Final = 20
"""Decisions of one bulk call."""
_ON_ITS_WAY: Final = frozenset({STORED, UNDOABLE, ELSEWHERE})
_SETTLED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": Outcome, "description": "The decision is stored, and nothing follows: a second person must agree."},
    202: {
        "model": Outcome,
        "description": "The decision is stored and on its way: the server carries it out once it can no longer be "
        "undone. `Location` says how it goes on.",
    },
}
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
    checked: Annotated[
        list[Annotated[str, Field(max_length=100)]],
        Field(
            max_length=200,
            description="Keys of the statements without evidence that a person checked: `unchecked` of a preview. "
            "Needed where the graph declares a risk.",
        ),
    ] = []


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


@router.post(
    "/reviews/{review_id}/decisions", responses={**problems(404, 409, 412, 428), **_SETTLED}, response_model=Outcome
)
async def decide(
    request: Request, person: Decider, review_id: ReviewId, wish: DecisionRequest, if_match: IfMatch = None
) -> Response:
    """Decide a review for the version in `If-Match`. The decision is stored at once.

    The answer does not wait for what follows. 202: the server goes on with the run and its effects, each once, as
    soon as the decision can no longer be undone; `GET` of the `Location` says how far it is.
    """
    version = version_of(if_match)
    key = getattr(request.state, "once_key", None)
    outcome = await aside(lambda: _decide(request, person, review_id, version, wish, key))
    now = await aside(lambda: seen(request, person, review_id).version)
    place = f"/api/v1/reviews/{review_id}/decisions/{outcome.decision_id}"
    status = 200 if outcome.settled else 202
    return JSONResponse(outcome.model_dump(mode="json"), status, headers={"etag": etag(now), "location": place})


@router.get("/reviews/{review_id}/decisions/{decision_id}", responses=problems(404))
async def show_decision(
    request: Request,
    person: Reader,
    review_id: ReviewId,
    decision_id: Annotated[str, Path(description="Id of a decision.", max_length=64)],
) -> Outcome:
    """What a decision has led to until now; `settled` says whether that is all."""

    def read() -> Outcome:
        seen(request, person, review_id)
        return outcome_of(service_of(request).outcome(review_id, decision_id))

    return await aside(read)


class PreviewRequest(BaseModel):
    """A decision that a person thinks about."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"action": "edit", "fields": {"text": "Dear Ann, ..."}}]})
    action: Action
    fields: Annotated[dict[str, Any], Field(description="Fields that the person would change.", examples=[{}])] = {}


@router.post("/reviews/{review_id}/preview", responses=problems(404, 409))
async def preview(request: Request, person: Decider, review_id: ReviewId, wish: PreviewRequest) -> Preview:
    """What a decision would do now: its effects, the rows that they change, its text. Nothing is stored or sent."""
    return await aside(lambda: _preview(request, person, review_id, wish))


def _preview(request: Request, person: Person, review_id: str, wish: PreviewRequest) -> Preview:
    view, project = seen(request, person, review_id), place_of(request).project
    service = project.reviews()
    foreseen = service.foresee(review_id, wish.action, user=person.name, fields=wish.fields or None)
    page = review_page(project, person, view, ENGLISH, foresees=False)
    text = page.text if not wish.fields else str(next(iter(wish.fields.values())))
    return Preview(
        review_id=review_id,
        version=view.version,
        action=wish.action,
        effects=tuple(asdict(one) for one in foreseen.effects),
        text=foreseen.text,
        redrafted=foreseen.redrafted,
        problem=foreseen.problem or "; ".join(one.problem for one in foreseen.effects if one.problem),
        undo_s=foreseen.undo_s,
        unchecked=dict(unchecked(service, page, foreseen, text)),
    )


def outcome_of(decided: Decided) -> Outcome:
    """An outcome as the API answers it."""
    return Outcome.model_validate({**asdict(decided), "settled": decided.run_status not in _ON_ITS_WAY})


def _decide(
    request: Request, person: Person, review_id: str, version: int, wish: DecisionRequest, key: str | None
) -> Outcome:
    view, place = seen(request, person, review_id), place_of(request)
    if (known := made_before(place.project.reviews(), key)) is not None:  # the process ended before it could answer
        return outcome_of(known)
    page = review_page(place.project, person, view, ENGLISH, foresees=False)
    asked = Wish(action=wish.action, version=version, given=wish.fields, note=wish.note, checked=wish.checked, key=key)
    try:
        decided = store(place, person, page, asked)
    except ConflictError as error:
        raise with_current(error, seen(request, person, review_id), version) from error
    carry_out(place, decided)
    return outcome_of(decided)


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
    key = getattr(request.state, "once_key", None)
    done = await aside(lambda: [_one(request, person, wish, key) for wish in wanted.decisions])
    return JSONResponse([one.model_dump(mode="json", exclude_none=True) for one in done], 207)


def _one(request: Request, person: Person, wish: BulkDecision, key: str | None) -> BulkItem:
    try:
        view = seen(request, person, wish.review_id)
        if wish.action == "approve" and view.ready is False:
            what = f"review {wish.review_id} needs a look: its rule does not hold"
            raise ConflictError("review.needs-a-look", what, fix="decide it alone, after reading it")
        of_one = None if key is None else f"{key}:{wish.review_id}"
        outcome = _decide(request, person, wish.review_id, wish.version, wish, of_one)
    except CompoundError as error:
        problem = problem_of(error)
        return BulkItem(review_id=wish.review_id, status=problem.status, problem=problem)
    return BulkItem(review_id=wish.review_id, status=200 if outcome.settled else 202, outcome=outcome)
