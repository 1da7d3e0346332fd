"""Errors as problem documents, RFC 9457: each with our code and the fix."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from compound.client.types import Problem, Review, SavedDraft
from compound.errors import CompoundError
from compound.web.door.access import SignInFirst
from compound.web.door.answers import status_of

if TYPE_CHECKING:
    from fastapi import FastAPI, Request
    from fastapi.responses import Response

MEDIA_TYPE: Final = "application/problem+json"
REQUEST_ID: Final = "compound_request_id"
"""Key of a request's id in its ASGI scope."""


class ApiError(CompoundError):
    """A call that the API itself refuses.

    Attributes:
        status: The HTTP status.
        current: The review as it is now, for a call that was made for another version of it.
        draft: What a person wrote, for a save over another version of it.
    """

    def __init__(
        self,
        code: str,
        what: str,
        *,
        status: int,
        fix: str = "",
        current: Review | None = None,
        draft: SavedDraft | None = None,
    ) -> None:
        super().__init__(code, what, fix=fix)
        self.status = status
        self.current = current
        self.draft = draft


def problem_of(error: CompoundError, *, path: str = "", request_id: str = "") -> Problem:
    """An error as a problem document."""
    status = status_of(error)
    return Problem(
        type=f"urn:compound:error:{error.code}",
        title=HTTPStatus(status).phrase,
        status=status,
        code=error.code,
        detail=f"{error.where}: {error.what}" if error.where else error.what,
        fix=error.fix,
        instance=path,
        request_id=request_id,
        current=getattr(error, "current", None),
        draft=getattr(error, "draft", None),
    )


def answer(request: Request, error: CompoundError, errors: Sequence[dict[str, Any]] | None = None) -> Response:
    """The response for an error."""
    found = problem_of(error, path=request.url.path, request_id=str(request.scope.get(REQUEST_ID, "")))
    if errors:
        found = found.model_copy(update={"errors": list(errors)})
    headers = {"www-authenticate": "Bearer"} if found.status == 401 else {}
    if found.status == 503:
        headers["retry-after"] = "5"
    if (wait_s := getattr(error, "wait_s", None)) is not None:
        headers["retry-after"] = str(wait_s)
    if (shown := found.draft or found.current) is not None:
        headers["etag"] = f'"{shown.version}"'
    body = found.model_dump(mode="json", exclude_none=True)
    return JSONResponse(body, found.status, headers=headers, media_type=MEDIA_TYPE)


def install(api: FastAPI) -> None:
    """Answer every error of a call with a problem document."""
    api.add_exception_handler(CompoundError, _of_ours)
    api.add_exception_handler(SignInFirst, _nobody)
    api.add_exception_handler(RequestValidationError, _bad_request)
    api.add_exception_handler(HTTPException, http_problem)
    api.add_exception_handler(Exception, _unexpected)


async def refusal(request: Request, error: Exception) -> Response:
    """The answer to a call that is refused with this error."""
    if isinstance(error, RequestValidationError):
        return await _bad_request(request, error)
    return await (http_problem if isinstance(error, HTTPException) else _of_ours)(request, error)


async def _of_ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, CompoundError)
    return answer(request, error)


async def _nobody(request: Request, _: Exception) -> Response:
    fix = "send Authorization: Bearer TOKEN"
    return answer(request, ApiError("web.sign-in", "nobody is signed in", status=401, fix=fix))


async def _bad_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = [{"where": ".".join(map(str, one["loc"])), "what": str(one["msg"])} for one in error.errors()[:20]]
    what = "; ".join(f"{one['where']}: {one['what']}" for one in found[:3])
    fix = "/api/v1/openapi.json describes every call"
    return answer(request, ApiError("api.bad-request", what, status=422, fix=fix), found)


async def http_problem(request: Request, error: Exception) -> Response:
    """The problem of a path or a method that does not exist, or of a body that cannot be read."""
    assert isinstance(error, HTTPException)
    fix = "/api/v1/openapi.json lists every call"
    path = request.url.path
    if error.status_code == 404:
        return answer(request, ApiError("api.unknown-path", f"{path} does not exist", status=404, fix=fix))
    if error.status_code == 405:
        what = f"{path} does not take {request.method}"
        refused = answer(request, ApiError("api.wrong-method", what, status=405, fix=fix))
        refused.headers.update(error.headers or {})
        return refused
    what = f"the request cannot be read: {error.detail}"
    return answer(request, ApiError("api.bad-request", what, status=error.status_code, fix=fix))


async def _unexpected(request: Request, error: Exception) -> Response:
    what = f"the server failed on this request: {type(error).__name__}"
    fix = "its log has the cause, under this request_id"
    return answer(request, ApiError("api.internal", what, status=500, fix=fix))
