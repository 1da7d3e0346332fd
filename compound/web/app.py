"""The application: one project on one port."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from anyio import to_thread
from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from compound.errors import CompoundError
from compound.web.api.app import PREFIX, create_api
from compound.web.api.once import forget_old
from compound.web.api.problems import http_problem
from compound.web.batches import routes as batches
from compound.web.door import login, openid, settings
from compound.web.door.access import COOKIE, SignInFirst
from compound.web.door.answers import status_of
from compound.web.evaluations import routes as evaluations
from compound.web.graphs import routes as graphs
from compound.web.identity.oidc import OpenId
from compound.web.identity.people import People
from compound.web.metrics import routes as metrics
from compound.web.quality import routes as quality
from compound.web.reviews import routes as reviews
from compound.web.runs import routes as runs
from compound.web.site.assets import assets
from compound.web.site.limits import Limits, TooManyError
from compound.web.site.place import Place, place_of
from compound.web.site.protect import Protect
from compound.web.site.render import Pages
from compound.web.site.words import N_
from compound.web.webhooks.deliver import deliver_due
from compound.web.worker import Worker

if TYPE_CHECKING:
    from compound.project import Project

STOP_S: Final = 10.0
"""Seconds that runs have to end when the server stops."""
TITLES: Final = {
    403: N_("Not allowed"),
    404: N_("Not found"),
    405: N_("Not found"),
    409: N_("Conflict"),
    422: N_("Not possible"),
    429: N_("Too many attempts"),
    503: N_("Not reachable"),
}
"""Status to the title of the page that tells of an error."""
LOCAL: Final = ("127.0.0.1", "localhost", "::1")


def create_app(project: Project, *, hosts: Sequence[str] = ("127.0.0.1", "localhost", "::1")) -> FastAPI:
    """The web application of a project: its pages, and its API.

    While it lives, it goes on with decided runs and tells webhooks; spans of the project are published in the
    background. An application that mounts it must run its lifespan.

    Args:
        project: An opened project; the caller closes it.
        hosts: Names under which the server may be called.
    """
    resources = project.resources
    resources.recorder.stay()
    worker = Worker(project, [lambda: deliver_due(project), lambda: forget_old(resources.state, resources.clock())])
    app = FastAPI(
        title=project.settings.name,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=partial(_living, worker),
    )
    people = People(project.resources.state, project.resources.clock)
    place = Place(
        project=project,
        people=people,
        pages=Pages(project.settings.name),
        worker=worker,
        oidc=_oidc(project),
        limits=Limits(per_minute=project.settings.web.requests_per_minute),
    )
    app.state.place = place
    app.mount(PREFIX, create_api(place))
    app.mount("/static", assets(), name="static")
    app.include_router(login.router)
    app.include_router(openid.router)
    app.include_router(settings.router)
    app.include_router(reviews.router)
    app.include_router(batches.router)
    app.include_router(evaluations.router)
    app.include_router(metrics.router)
    app.include_router(quality.router)
    app.include_router(runs.router)
    app.include_router(graphs.router)
    app.add_api_route("/", _home, methods=["GET"])
    app.add_exception_handler(SignInFirst, _sign_in_first)
    app.add_exception_handler(CompoundError, _told)
    app.add_exception_handler(HTTPException, _not_there)
    app.add_middleware(Protect, hosts=hosts)
    return app


def _oidc(project: Project) -> OpenId | None:
    wanted, resources = project.settings.web.oidc, project.resources
    people = People(resources.state, resources.clock)
    return None if wanted is None else OpenId(wanted, people, resources.state, resources.clock)


@asynccontextmanager
async def _living(worker: Worker, app: FastAPI) -> AsyncGenerator[None]:
    worker.start()
    yield
    await to_thread.run_sync(lambda: worker.stop(wait_s=STOP_S))


async def _home() -> Response:
    return RedirectResponse("/reviews", status_code=303)


async def _sign_in_first(request: Request, error: Exception) -> Response:
    back = error.back if isinstance(error, SignInFirst) else ""
    return RedirectResponse(f"/login?back={quote(back)}", status_code=303)


async def _not_there(request: Request, error: Exception) -> Response:
    """A path or a method that does not exist: a page, or a problem document for programs."""
    assert isinstance(error, HTTPException)
    if request.url.path.startswith("/api/"):
        return await http_problem(request, error)
    phrase = HTTPStatus(error.status_code).phrase
    told = CompoundError("web.unknown-page", f"{request.url.path}: {phrase.lower()}", fix="/reviews lists the reviews")
    values = {"error": told, "status": error.status_code, "title": TITLES.get(error.status_code, N_("Error"))}
    answer = place_of(request).pages.render(request, "error.html", values, status=error.status_code)
    answer.headers.update(error.headers or {})
    return answer


async def _told(request: Request, error: Exception) -> Response:
    """An error of ours, as a page."""
    assert isinstance(error, CompoundError)
    status = status_of(error)
    place = place_of(request)
    cookie = request.cookies.get(COOKIE)
    person = getattr(request.state, "person", None) if cookie else None
    values = {"error": error, "status": status, "title": TITLES.get(status, N_("Error"))}
    answer = place.pages.render(request, "error.html", values, person=person, status=status)
    if isinstance(error, TooManyError):
        answer.headers["retry-after"] = str(error.wait_s)
    return answer
