"""The application: one project on one port."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from anyio import to_thread
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

from compound.errors import CompoundError, ConflictError
from compound.web.batches import routes as batches
from compound.web.door import login
from compound.web.door.access import COOKIE, Refused, SignInFirst
from compound.web.evaluations import routes as evaluations
from compound.web.identity.people import People
from compound.web.metrics import routes as metrics
from compound.web.reviews import routes as reviews
from compound.web.site.place import Place, place_of
from compound.web.site.protect import Protect
from compound.web.site.render import Pages
from compound.web.worker import Worker

if TYPE_CHECKING:
    from compound.project import Project

STATIC: Final = Path(__file__).parent / "static"
STOP_S: Final = 10.0
"""Seconds that runs have to end when the server stops."""
LOCAL: Final = ("127.0.0.1", "localhost", "::1")


def create_app(project: Project, *, hosts: Sequence[str] = ("127.0.0.1", "localhost", "::1")) -> FastAPI:
    """The web application of a project: its pages, and its API.

    While it lives, it goes on with decided runs. An application that mounts it must run its lifespan.

    Args:
        project: An opened project; the caller closes it.
        hosts: Names under which the server may be called.
    """
    worker = Worker(project)
    app = FastAPI(
        title=project.settings.name,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=partial(_living, worker),
    )
    people = People(project.resources.state, project.resources.clock)
    app.state.place = Place(project=project, people=people, pages=Pages(project.settings.name), worker=worker)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.include_router(login.router)
    app.include_router(reviews.router)
    app.include_router(batches.router)
    app.include_router(evaluations.router)
    app.include_router(metrics.router)
    app.add_api_route("/", _home, methods=["GET"])
    app.add_exception_handler(SignInFirst, _sign_in_first)
    app.add_exception_handler(CompoundError, _told)
    app.add_middleware(Protect, hosts=hosts)
    return app


@asynccontextmanager
async def _living(worker: Worker, app: FastAPI) -> AsyncGenerator[None]:
    worker.start()
    yield
    await to_thread.run_sync(lambda: worker.stop(wait_s=STOP_S))


async def _home() -> Response:
    return RedirectResponse("/reviews", status_code=303)


async def _sign_in_first(request: Request, error: Exception) -> Response:
    back = error.back if isinstance(error, SignInFirst) else ""
    if request.url.path.startswith("/api/"):
        return _problem("web.sign-in", "nobody is signed in", "send Authorization: Bearer TOKEN", 401)
    return RedirectResponse(f"/login?back={quote(back)}", status_code=303)


async def _told(request: Request, error: Exception) -> Response:
    """An error of ours: a page, or a problem document for programs."""
    assert isinstance(error, CompoundError)
    status = _status(error)
    if request.url.path.startswith("/api/"):
        return _problem(error.code, error.what, error.fix, status)
    place = place_of(request)
    cookie = request.cookies.get(COOKIE)
    person = getattr(request.state, "person", None) if cookie else None
    values = {"error": error, "status": status, "phrase": HTTPStatus(status).phrase}
    return place.pages.render(request, "error.html", values, person=person, status=status)


def _status(error: CompoundError) -> int:
    if isinstance(error, Refused):
        return 401 if error.code == "web.token" else 403
    if isinstance(error, ConflictError):
        return 409
    return 404 if ".unknown" in error.code else 422


def _problem(code: str, what: str, fix: str, status: int) -> Response:
    body = {"type": f"urn:compound:error:{code}", "title": code, "detail": what, "fix": fix, "status": status}
    return JSONResponse(body, status_code=status, media_type="application/problem+json")
