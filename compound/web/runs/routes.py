"""`/runs`: the list, one run, its values and events, two runs compared, a replay with a swapped value."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, cast

from anyio import to_thread
from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from compound.errors import CompoundError, DataError
from compound.web.door.access import needs
from compound.web.identity.people import Person
from compound.web.identity.roles import Right
from compound.web.runs.compare import pairs
from compound.web.runs.details import TABS, details_of
from compound.web.runs.figures import time_of
from compound.web.runs.finding import TIMES, Search, run_counts, run_list
from compound.web.runs.linked import effects_of, reviews_of
from compound.web.runs.live import live_of
from compound.web.runs.picture import graph_of, pair_picture, paths, run_picture
from compound.web.runs.story import story_of
from compound.web.runs.waterfall import waterfall
from compound.web.site.place import place_of
from compound.web.site.words import Words, chosen

if TYPE_CHECKING:
    from pydantic import JsonValue

router = APIRouter()
Developer = Annotated[Person, Depends(needs(Right.RUNS))]
Starter = Annotated[Person, Depends(needs(Right.CREATE))]


@router.get("/runs")
async def runs(request: Request, person: Developer) -> Response:
    """The list of runs."""
    place, search = place_of(request), Search.of(request.query_params)
    page = await to_thread.run_sync(run_list, place.project, search)
    values = {"page": page, "search": search, "times": list(TIMES)}
    return place.pages.render(request, "runs/list.html", values, person=person)


@router.get("/runs/counts")
async def counts(request: Request, person: Developer) -> Response:
    """How many runs have each status; an open list asks for it again and again."""
    place, search = place_of(request), Search.of(request.query_params)
    found = await to_thread.run_sync(run_counts, place.project, search)
    return JSONResponse({"counts": found})


@router.get("/runs/{run_id}")
async def run(request: Request, person: Developer, run_id: str, node: str = "", tab: str = "") -> Response:
    """One run: picture, details of a node, waterfall, what it led to."""
    values = await to_thread.run_sync(_run_values, request, person, run_id, node, tab)
    return place_of(request).pages.render(request, "runs/run.html", values, person=person)


@router.get("/runs/{run_id}/events")
async def events(
    request: Request, person: Developer, run_id: str, last_event_id: Annotated[int, Header()] = 0
) -> Response:
    """The events of a run that this server runs; 204 for others, at which a browser stops asking."""
    live = live_of(request).get(run_id)
    if live is None:
        return Response(status_code=204)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(live.stream(last_event_id), media_type="text/event-stream", headers=headers)


@router.get("/runs/{run_id}/value")
async def value(request: Request, person: Developer, run_id: str, node: str, which: str = "output") -> Response:
    """A stored input or output as JSON."""
    story = await to_thread.run_sync(lambda: story_of(place_of(request).project, run_id, of=[node]))
    wanted = which if which in ("input", "output") else "output"
    found = story.nodes.get(node)
    key = None if found is None else found.last[f"{wanted}_sha256"]
    if key not in story.values:
        raise DataError("trace.unknown-run", f"the {wanted} of {node!r} is not stored", fix="record with content")
    return JSONResponse(story.values[str(key)])


@router.get("/runs/{run_id}/against")
async def against_one(request: Request, person: Developer, run_id: str, other: str) -> Response:
    """The form that names the other run."""
    return RedirectResponse(request.url_for("against", run_id=run_id, other=other.strip() or run_id).path, 303)


@router.get("/runs/{run_id}/against/{other}")
async def against(request: Request, person: Developer, run_id: str, other: str) -> Response:
    """Two runs side by side."""
    values = await to_thread.run_sync(_pair_values, request, person, run_id, other)
    return place_of(request).pages.render(request, "runs/against.html", values, person=person)


@router.post("/runs/{run_id}/replay")
async def replay(request: Request, person: Starter, run_id: str) -> Response:
    """Replay a run, with the value of a node swapped; no effect runs. Leads to the comparison."""
    form = {name: text for name, text in (await request.form()).items() if isinstance(text, str)}
    node = form.get("node", "")
    try:
        made = await to_thread.run_sync(_replayed, request, run_id, node, form)
    except CompoundError as error:
        values = await to_thread.run_sync(_run_values, request, person, run_id, node, "output")
        values |= {"error": error, "sent": form.get("value")}
        return place_of(request).pages.render(request, "runs/run.html", values, person=person, status=422)
    return RedirectResponse(f"/runs/{run_id}/against/{made}", status_code=303)


def _replayed(request: Request, run_id: str, node: str, form: dict[str, str]) -> str:
    import orjson

    project, text = place_of(request).project, form.get("value", "").replace("\r\n", "\n")
    swaps: dict[str, JsonValue] = {}
    if node and form.get("as") == "text":
        swaps[node] = text
    elif node:
        try:
            swaps[node] = cast("JsonValue", orjson.loads(text))
        except orjson.JSONDecodeError as error:
            what = f"the value of {node} is not JSON: {error}"
            raise DataError("project.bad-input", what, fix='write texts in quotes: "text"') from error
    return project.replay(run_id, mode="fresh" if form.get("mode") == "fresh" else "pinned", swaps=swaps).run.run_id


def _run_values(request: Request, person: Person, run_id: str, node: str, tab: str) -> dict[str, object]:
    project, live = place_of(request).project, live_of(request).get(run_id)
    story = story_of(project, run_id, of=[node] if node else (), graph="" if live is None else live.graph)
    is_live = live is not None and not live.is_over
    spec, words = graph_of(project, story), Words.of(chosen(request, person))
    states = dict(live.states) if live is not None and is_live else {}
    drawn = "" if spec is None else run_picture(spec, story, chosen=node, live=states, words=words)
    return {
        "story": story,
        "picture": drawn,
        "kinds": {} if spec is None else paths(spec),
        "node": node,
        "details": details_of(story, node, tab) if node else None,
        "tabs": TABS,
        "waterfall": waterfall(story, time.time_ns(), words),
        "reviews": reviews_of(project, person, story.run_id),
        "effects": effects_of(project, story.run_id),
        "is_live": is_live,
        "texts": dict(live.texts) if live is not None and is_live else {},
        "took": time_of(story.ms) if story.spans else "",
        "cost": story.cost,
        "error": None,
        "sent": None,
    }


def _pair_values(request: Request, person: Person, run_id: str, other: str) -> dict[str, object]:
    project = place_of(request).project
    first, second = (story_of(project, name, of=None) for name in (run_id, other))
    found = pairs(first, second)
    differs = [pair.path for pair in found if pair.differs]
    spec = graph_of(project, second)
    words, where = Words.of(chosen(request, person)), f"/runs/{second.run_id}"
    drawn = "" if spec is None else pair_picture(spec, first, second, differs, where, words)
    sides = [
        {"story": story, "took": time_of(story.ms) if story.spans else "", "cost": story.cost}
        for story in (first, second)
    ]
    return {"sides": sides, "pairs": found, "differs": differs, "picture": drawn}
