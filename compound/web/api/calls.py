"""What the calls of the API share: rights, versions, cursors, reviews that a caller sees."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import orjson
from anyio import to_thread
from fastapi import Depends, Header, Path, Request

from compound.client.types import Problem, Review
from compound.errors import ConflictError, DataError
from compound.review.stored.lists import After
from compound.web.api.problems import ApiError
from compound.web.door.access import needs
from compound.web.identity.person import Person
from compound.web.identity.roles import Right
from compound.web.site.place import place_of

if TYPE_CHECKING:
    from compound.project import ReviewView
    from compound.project.review.reviews import ReviewService

Reader = Annotated[Person, Depends(needs(Right.READ))]
Decider = Annotated[Person, Depends(needs(Right.DECIDE))]
Auditor = Annotated[Person, Depends(needs(Right.AUDIT))]
Developer = Annotated[Person, Depends(needs(Right.RUNS, Right.CREATE))]
ReviewId = Annotated[str, Path(description="Id of a review.", max_length=64)]
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description='The version that was read, as in the ETag: `"7"`.', examples=['"7"']),
]
PROBLEM: Final[dict[int | str, dict[str, Any]]] = {
    code: {"model": Problem, "content": {"application/problem+json": {}}, "description": what}
    for code, what in {
        401: "Nobody is signed in, or the token is not valid.",
        403: "A right is missing.",
        404: "It does not exist, or the caller may not see it.",
        409: "Somebody else was first, or the review is not in the state for this.",
        412: "The review has changed since `If-Match`; `current` is the review as it is now.",
        413: "The request is larger than 256 kB.",
        422: "The request, or a value in it, does not have its form.",
        429: "The account has sent too many requests, or follows the events too often; `Retry-After` says when to go "
        "on.",
        428: "The call needs `If-Match`.",
        503: "A store is locked or cannot be reached; try again.",
    }.items()
}


def problems(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a call documents."""
    return {code: PROBLEM[code] for code in (401, 403, *codes, 422, 429, 503)}


T = TypeVar("T")


async def aside(do: Callable[[], T]) -> T:
    """Call a blocking function of the project in a worker thread."""
    return await to_thread.run_sync(do)


def service_of(request: Request) -> ReviewService:
    """The review service."""
    return place_of(request).project.reviews()


def seen(request: Request, person: Person, review_id: str, *, reads: bool = False) -> ReviewView:
    """A review that the person sees; others do not exist for the person. `reads`: its draft is shown to the person."""
    view = service_of(request).show(review_id) if review_id else None
    if view is None or view.review_id != review_id or not person.sees(view.queue):
        raise DataError("review.unknown", f"review {review_id!r} does not exist", fix="GET /api/v1/reviews")
    if reads:
        service_of(request).show(review_id, to=person.name)
    return view


def review_of(view: ReviewView) -> Review:
    """A review as the API answers it."""
    return Review.model_validate(asdict(view))


def etag(version: int) -> str:
    """The ETag of a version."""
    return f'"{version}"'


def version_of(given: str | None) -> int:
    """The version in `If-Match`.

    Raises:
        ApiError: `api.no-version`, `api.bad-version`.
    """
    if given is None:
        what = "a decision needs If-Match: the version that was shown to the person who makes it"
        raise ApiError("api.no-version", what, status=428, fix='If-Match: "7", the ETag of the review')
    number = given.strip().strip('"')
    if not (number.isascii() and number.isdecimal()) or len(number) > 9:
        what = f"If-Match is {given[:40]!r}, not the version of a review"
        raise ApiError("api.bad-version", what, status=422, fix='If-Match: "7", the ETag of the review')
    return int(number)


def need_version(view: ReviewView, given: str | None) -> None:
    """Refuse a call for another version, if it names one.

    Raises:
        ApiError: `api.outdated` with the review as it is now.
    """
    if given is not None and version_of(given) != view.version:
        raise outdated(view, version_of(given))


def outdated(view: ReviewView, version: int) -> ApiError:
    """The error of a call for a version that is not the present one."""
    what = f"review {view.review_id} is {view.status} at version {view.version}, not {version}"
    return ApiError("api.outdated", what, status=412, fix="decide what `current` shows", current=review_of(view))


def with_current(error: ConflictError, view: ReviewView, version: int) -> ApiError:
    """A conflict with the review as it is now: 412 if it changed since `version`, else 409."""
    status = 409 if view.version == version else 412
    return ApiError(error.code, error.what, status=status, fix=error.fix, current=review_of(view))


def cursor_of(sort: str, last: After) -> str:
    """The cursor behind a row; callers treat it as opaque."""
    values = [sort, last.due_at, last.risk, last.created_at, last.review_id]
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def after_of(sort: str, cursor: str) -> After:
    """The row that a cursor stands behind.

    Raises:
        ApiError: `api.bad-cursor`.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        of, due_at, risk, created_at, review_id = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if of == sort and isinstance(review_id, str):
            due = None if due_at is None else _number(due_at)
            return After(due_at=due, risk=int(_number(risk)), created_at=_number(created_at), review_id=review_id)
    except (ValueError, TypeError):
        pass
    what = f"{cursor[:40]!r} is not a cursor of this list"
    raise ApiError("api.bad-cursor", what, status=422, fix="take `next` of the page before, with the same sort")


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e12:
        raise ValueError(value)
    return float(value)


def moment(at: float) -> str:
    """UTC seconds as ISO 8601."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
