"""The application behind `/api/v1`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from compound.version import VERSION
from compound.web.api import decisions, drafts, events, hooks, moves, offered, reviews, runs
from compound.web.api.envelope import Envelope
from compound.web.api.learned import feedback, quality
from compound.web.api.problems import install

if TYPE_CHECKING:
    from compound.web.site.place import Place

PREFIX: Final = "/api/v1"
_ABOUT: Final = """\
Everything that the pages of `compound serve` do, for programs: reviews, runs of graphs, events.

- **Who calls**: `Authorization: Bearer TOKEN`; a scope of the token is a right of its account. A page of the same
  server may call with its session and the header `X-CSRF-Token`.
- **Errors**: `application/problem+json` with a stable `code`, what was found, and a `fix`.
- **Versions**: a review has an `ETag`; a decision names it in `If-Match`, and is refused with 412 and the review as
  it is now if somebody changed it.
- **Decisions** are stored at once. 202 says that the server carries one out as soon as it can no longer be undone;
  `GET` of the `Location` says how far it is, and `settled` whether that is all.
- **Retries**: a change may carry an `Idempotency-Key`. The same request with the same key is answered again for 24
  hours, also with its refusal, and not done again; another request with the key is refused with 422; 409 says that
  the first one is still running. 429 and 5xx are not kept: send the request again.
- **Lists**: `next` of a page is the `cursor` of the next.
- **Limits**: a request has at most 256 kB, the evidence in one answer 2 MB. An account sends at most
  `web.requests_per_minute` of the settings, 1200 by default; `RateLimit` says what is left, and 429 with
  `Retry-After` when to go on. An account follows `/events` three times at most.
"""
_ONCE: Final[dict[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A request with the same key is answered again, and not done again, for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"^[\x21-\x7e]+$"},
}


def create_api(place: Place) -> FastAPI:
    """The API of a place."""
    api = FastAPI(title=f"{place.project.settings.name} API", docs_url=None, redoc_url=None)
    api.state.place = place
    install(api)
    # `reviews/next` and `reviews/bulk-decisions` are not ids of reviews, and come first.
    for part in (decisions, reviews, moves, drafts, runs, events, offered, hooks, feedback, quality):
        api.include_router(part.router)
    api.include_router(hooks.notices)
    api.openapi = lambda: document(api)  # type: ignore[method-assign]
    api.add_middleware(Envelope)
    return api


def document(api: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, made once."""
    if api.openapi_schema is None:
        made = get_openapi(
            title=api.title,
            version=VERSION,
            openapi_version="3.1.0",
            description=_ABOUT,
            routes=api.routes,
            servers=[{"url": PREFIX}],
        )
        schemas = made["components"]
        schemas["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        made["security"] = [{"token": []}]
        for calls in made["paths"].values():
            for method, call in calls.items():
                _complete(method, call)
        schemas["schemas"].pop("HTTPValidationError", None)
        schemas["schemas"].pop("ValidationError", None)
        api.openapi_schema = made
    return api.openapi_schema


def _complete(method: str, call: dict[str, Any]) -> None:
    """Problems in their own media type, and the key of retries on every change."""
    problem = {"$ref": "#/components/schemas/Problem"}
    for status, told in call["responses"].items():
        if status >= "400":
            told["content"] = {"application/problem+json": {"schema": problem}}
    if method in ("post", "put", "delete"):
        call.setdefault("parameters", []).append(_ONCE)
        problems = call["responses"]
        for status, what in (
            ("409", "Somebody else was first, or the first request with this key is still running."),
            ("413", "The request is larger than 256 kB."),
        ):
            problems.setdefault(
                status, {"description": what, "content": {"application/problem+json": {"schema": problem}}}
            )
