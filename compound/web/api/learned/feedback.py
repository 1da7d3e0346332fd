"""What decisions teach, for programs: examples as JSON lines, and how many planted faults reviewers catch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import orjson
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, Field

from compound.client.types import Canaries
from compound.errors import DataError, choices
from compound.project.view.times import since_of
from compound.web.api.calls import Reader, aside, problems, service_of
from compound.web.door.access import needs
from compound.web.identity.person import Person
from compound.web.identity.roles import Right

if TYPE_CHECKING:
    from pydantic import JsonValue

router = APIRouter(tags=["feedback"])
Learner = Annotated[Person, Depends(needs(Right.AUDIT, Right.RUNS))]
_LINES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "One JSON object a line.",
        "content": {"application/jsonl": {"schema": {"type": "string"}}},
    }
}


class Wanted(BaseModel):
    """Which decisions to export, and as what."""

    kind: Annotated[
        Literal["eval", "sft", "dpo"],
        Field(description="`eval`: cases of a suite; `sft`: chats; `dpo`: preference pairs."),
    ]
    since: Annotated[
        str | None, Field(max_length=40, description="Only since then: a date, a time (UTC), or an age: `30d`.")
    ] = None
    queue: Annotated[str | None, Field(max_length=200, description="Only reviews of this queue.")] = None
    without: Annotated[
        list[Literal["rubber-stamps", "unseen"]],
        Field(description="Leave out what was approved unedited faster than a person can read, or what was not shown."),
    ] = []
    canaries: Annotated[bool, Field(description="Include canaries; only with `eval`.")] = False


@router.get("/export", responses={**problems(), **_LINES}, response_class=StreamingResponse)
async def export(request: Request, person: Learner, wanted: Annotated[Wanted, Query()]) -> Response:
    """Decisions of people as JSON lines, oldest first; of the queues that the caller sees."""
    rows = await aside(lambda: _rows(request, person, wanted))
    return StreamingResponse(_lines(rows), media_type="application/jsonl")


@router.get("/canaries", responses=problems())
async def canaries(request: Request, person: Reader) -> Canaries:
    """How many planted faults reviewers caught, with Wilson intervals.

    Callers without the right `audit` see only their own figures.
    """
    report = await aside(lambda: service_of(request).canaries(queues=person.teams))
    if person.may(Right.AUDIT):
        return Canaries.model_validate(asdict(report))
    own = [one for one in report.decided if one["reviewer"] == person.name]
    mine = [asdict(one) for one in report.reviewers if one.reviewer == person.name]
    return Canaries.model_validate({"all": None, "reviewers": mine, "waiting": None, "decided": own})


def _rows(request: Request, person: Person, wanted: Wanted) -> Iterator[dict[str, JsonValue]]:
    if wanted.queue is not None and not person.sees(wanted.queue):
        raise DataError("review.unknown-queue", f"queue {wanted.queue!r} does not exist", fix=choices(person.teams))
    service = service_of(request)
    return service.export(
        wanted.kind,
        since=None if wanted.since is None else since_of(wanted.since, service.queue.now()),
        queues=person.teams if wanted.queue is None else (wanted.queue,),
        without=wanted.without,
        canaries=wanted.canaries,
    )


def _lines(rows: Iterator[dict[str, JsonValue]]) -> Iterator[bytes]:
    for row in rows:
        yield orjson.dumps(row) + b"\n"
