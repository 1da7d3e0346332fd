"""Graphs as calls: `POST /graphs/NAME/runs` runs one and answers with its output, or with its events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import uuid4

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from compound.client.types import GraphInfo, Run
from compound.connector.state.audit import append_audit
from compound.connector.state.tables import audit
from compound.errors import ProjectError, RunError, choices
from compound.graph import MEDIA_TYPE, SSE_HEADERS, sse
from compound.graph.planning.interface import interface
from compound.project.offer.catalogue import ProjectCatalogue
from compound.web.api.calls import aside, problems
from compound.web.api.once import OnceRoute
from compound.web.api.problems import ApiError
from compound.web.door.access import needs
from compound.web.identity.person import Person
from compound.web.identity.roles import Right
from compound.web.site.place import place_of

if TYPE_CHECKING:
    from compound.project import Project

router = APIRouter(route_class=OnceRoute)
Runner = Annotated[Person, Depends(needs(Right.RUNS, Right.CREATE))]
GraphName = Annotated[str, Path(description="Name of a graph.", max_length=200)]
_EITHER: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Events of the run, with `Accept: text/event-stream`; the last is `run_finished`.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
    }
}


class _Given(BaseModel):
    input: Annotated[dict[str, Any], Field(description="The graph's input; see `input_schema` of the graph.")]
    context: Annotated[dict[str, Any], Field(description="The graph's context.")] = {}


class RunRequest(_Given):
    """The input of a run.

    `input` has the form of `input_schema` of the graph.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"input": {"question": "When do you open?"}}]})
    draft: Annotated[bool, Field(description="Stop before the first review, so that nothing is stored or done.")] = (
        False
    )


class ReviewRequest(_Given):
    """What a person should decide about: the input of a graph that has a review."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"graph": "answer", "input": {"question": "When do you open?"}}]}
    )
    graph: Annotated[str, Field(max_length=200, description="Name of a graph with a review.")]


@router.post("/reviews", tags=["reviews"], status_code=201, response_model=Run, responses=problems(404))
async def ask_for_review(request: Request, person: Runner, wanted: ReviewRequest) -> Response:
    """Ask a person to decide: run a graph from its input until its reviews wait.

    A review belongs to a review node of a graph, which declares its actions and what they do. This is
    `POST /graphs/{name}/runs` for a graph that has one; `review_ids` of the answer are the reviews that wait. It is
    empty if the graph decided by its own rules, or failed: `status` and `error` say so.
    """
    project = place_of(request).project

    def known() -> None:
        if not _info(project, _known(project, wanted.graph), is_row=True).has_reviews:
            what = f"graph {wanted.graph!r} has no review: nobody is asked"
            fix = f"POST /api/v1/graphs/{wanted.graph}/runs runs it"
            raise ApiError("api.no-review", what, status=422, fix=fix)

    await aside(known)
    return await _started(request, person, wanted.graph, wanted, draft=False)


@router.get("/graphs", tags=["graphs"], responses=problems())
async def list_graphs(request: Request, person: Runner) -> list[GraphInfo]:
    """The graphs of the project."""
    project = place_of(request).project
    return await aside(lambda: [_info(project, name, is_row=True) for name in project.graph_names()])


@router.get("/graphs/{name}", tags=["graphs"], responses=problems(404))
async def show_graph(request: Request, person: Runner, name: GraphName) -> GraphInfo:
    """One graph with the JSON Schemas of its input and its output."""
    project = place_of(request).project
    return await aside(lambda: _info(project, _known(project, name)))


def _known(project: Project, name: str) -> str:
    """A name that a graph of the project has; paths and other names do not exist here."""
    names = project.graph_names()
    if name not in names:
        raise ProjectError("project.unknown-graph", f"graph {name!r} does not exist", fix=choices(names, name))
    return name


def _info(project: Project, name: str, *, is_row: bool = False) -> GraphInfo:
    found = interface(project.engine(name).plan, ProjectCatalogue(project.resources))
    return GraphInfo(
        name=name,
        description=found.description,
        needs_context=found.needs_context,
        has_reviews=found.has_reviews,
        has_effects=found.has_effects,
        input_schema=None if is_row else found.input_schema(),
        output_schema=None if is_row else found.output_schema(),
    )


@router.post(
    "/graphs/{name}/runs", tags=["runs"], status_code=201, response_model=Run, responses={**problems(404), **_EITHER}
)
async def run_graph(request: Request, person: Runner, name: GraphName, wanted: RunRequest) -> Response:
    """Run a graph until it is done, has failed, or waits for a person.

    With an `Idempotency-Key` the run has an id of its own key: a call that broke off is sent again with the same key,
    and goes on where the run stopped. With `Accept: text/event-stream` the answer is the events of the run.
    """
    return await _started(request, person, name, wanted, draft=wanted.draft)


async def _started(request: Request, person: Person, name: str, wanted: _Given, *, draft: bool) -> Response:
    project = place_of(request).project
    await aside(lambda: _known(project, name))
    run_id = getattr(request.state, "once_key", uuid4().hex)[:32]
    await aside(lambda: _note(project, person, name, run_id))
    if MEDIA_TYPE in request.headers.get("accept", ""):
        happens = project.stream(name, wanted.input, run_id=run_id, context=wanted.context)
        headers = {**SSE_HEADERS, "location": f"/api/v1/runs/{run_id}"}
        return StreamingResponse(sse(happens), media_type=MEDIA_TYPE, headers=headers)
    done = await aside(lambda: project.run(name, wanted.input, run_id=run_id, context=wanted.context, draft=draft))
    run = Run(
        run_id=run_id,
        graph=name,
        status=done.status,
        output=None if done.output is None else dict(done.output),
        review_ids=done.review_ids,
        error=None if done.error is None else dict(done.error),
    )
    return JSONResponse(run.model_dump(mode="json"), 201, headers={"location": f"/api/v1/runs/{run_id}"})


def _note(project: Project, person: Person, graph: str, run_id: str) -> None:
    """Write down who starts a run: an agent sees only its own."""
    resources = project.resources
    with resources.state.write() as db:
        if not _is_of(db, person, run_id):
            details = {"graph": graph}
            append_audit(db, "run.started", at=resources.clock(), actor=person.name, subject=run_id, details=details)


def _is_of(db: sa.Connection, person: Person, run_id: str) -> bool:
    query = sa.select(sa.literal(1)).where(
        audit.c.subject == run_id, audit.c.event == "run.started", audit.c.actor == person.name
    )
    return db.execute(query.limit(1)).first() is not None


@router.get("/runs/{run_id}", tags=["runs"], responses=problems(404))
async def show_run(request: Request, person: Runner, run_id: Annotated[str, Path(max_length=200)]) -> Run:
    """A run as it is now. Callers without the right `runs` see only runs that they started."""
    project = place_of(request).project
    return await aside(lambda: _run(project, person, run_id))


def _run(project: Project, person: Person, run_id: str) -> Run:
    record = project.run_record(run_id)
    with project.resources.state.read() as db:
        is_seen = person.may(Right.RUNS) or _is_of(db, person, run_id)
    if record is None or not is_seen:
        raise RunError("graph.unknown-run", f"run {run_id!r} does not exist", fix="use the run_id of an answer")
    return Run(
        run_id=run_id,
        graph=record.graph_name,
        status=record.status,
        output=None if record.output is None else dict(record.output),
        review_ids=tuple(project.waiting_items(run_id)),
        error=None if record.error is None else dict(record.error),
    )
