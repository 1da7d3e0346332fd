"""`/graphs`: the graphs of the project; one with its picture, declaration, findings, and a form that runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from compound.errors import CompoundError, ProjectError
from compound.web.door.access import needs
from compound.web.graphs.form import FormField, form_of, values_of
from compound.web.identity.people import Person
from compound.web.identity.roles import Right
from compound.web.runs.finding import RunRow, Search, run_list
from compound.web.runs.live import live_of
from compound.web.runs.picture import graph_picture
from compound.web.site.place import place_of

if TYPE_CHECKING:
    from compound.language import Finding
    from compound.project import Project
    from compound.spec import GraphSpec

router = APIRouter()
Developer = Annotated[Person, Depends(needs(Right.RUNS))]
Starter = Annotated[Person, Depends(needs(Right.CREATE))]
_NEWEST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphRow:
    """A graph in the list; `error` says why its file cannot be read."""

    name: str
    file: str
    description: str = ""
    version: int = 1
    kinds: Sequence[tuple[str, int]] = ()
    is_default: bool = False
    error: str = ""


@router.get("/graphs")
async def graphs(request: Request, person: Developer) -> Response:
    """The graphs of the project."""
    place = place_of(request)
    rows = await to_thread.run_sync(_rows, place.project)
    return place.pages.render(request, "graphs/list.html", {"rows": rows}, person=person)


@router.get("/graphs/{name}")
async def graph(request: Request, person: Developer, name: str) -> Response:
    """One graph."""
    values = await to_thread.run_sync(_values, place_of(request).project, name, None)
    return place_of(request).pages.render(request, "graphs/graph.html", values, person=person)


@router.post("/graphs/{name}/run")
async def start(request: Request, person: Starter, name: str) -> Response:
    """Start a run and lead to its page."""
    sent = {field: text for field, text in (await request.form()).items() if isinstance(text, str)}
    project, live = place_of(request).project, live_of(request)

    def begin() -> str:
        given, context = values_of(project.resources.parts.graph(name), sent)
        return live.start(name, given, context)

    try:
        run_id = await to_thread.run_sync(begin)
    except CompoundError as error:
        values = await to_thread.run_sync(_values, project, name, sent)
        values |= {"error": error}
        return place_of(request).pages.render(request, "graphs/graph.html", values, person=person, status=422)
    return RedirectResponse(f"/runs/{run_id}", status_code=303)


def _rows(project: Project) -> list[GraphRow]:
    return [_row(project, name) for name in project.graph_names()]


def _row(project: Project, name: str) -> GraphRow:
    parts = project.resources.parts
    file = project.settings.shown(parts.graph_file(name))
    try:
        spec = parts.graph_as_written(name)
    except CompoundError as error:
        return GraphRow(name=name, file=file, error=error.what)
    except OSError as error:
        return GraphRow(name=name, file=file, error=error.strerror or str(error))
    kinds: dict[str, int] = {}
    for node in spec.nodes.values():
        kinds[node.kind] = kinds.get(node.kind, 0) + 1
    return GraphRow(
        name=name,
        file=file,
        description=spec.description or "",
        version=spec.version,
        kinds=sorted(kinds.items(), key=lambda one: -one[1]),
        is_default=name == project.settings.graph,
    )


def _values(project: Project, name: str, sent: Mapping[str, str] | None) -> dict[str, object]:
    parts = project.resources.parts
    path = parts.graph_file(name)
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        what = f"{project.settings.shown(path)} cannot be read: {error.strerror}"
        raise ProjectError("project.unknown-graph", what, fix="/graphs lists the graphs") from error
    findings = sorted(project.check([name]), key=lambda one: (one.severity != "error", one.where.line or 0))
    file = project.settings.shown(path)
    fields: list[FormField] = []
    drawn, spec = "", None
    try:
        spec = parts.graph(name)
        fields, drawn = form_of(spec, _example(project, spec), sent), graph_picture(spec)
    except CompoundError:
        pass  # it is among the findings
    return {
        "name": name,
        "spec": spec,
        "file": file,
        "lines": text.splitlines(),
        "findings": findings,
        "marked": _marked(findings, file),
        "is_sound": all(one.severity != "error" for one in findings),
        "picture": drawn,
        "fields": fields,
        "recent": _recent(project, name),
        "error": None,
    }


def _marked(findings: Sequence[Finding], file: str) -> dict[int, str]:
    """Line to the worst severity of its findings."""
    found: dict[int, str] = {}
    for one in findings:
        if one.where.file == file and one.where.line and found.get(one.where.line) != "error":
            found[one.where.line] = one.severity
    return found


def _example(project: Project, spec: GraphSpec) -> Mapping[str, object]:
    return project.settings.example if spec.name == project.settings.graph else {}


def _recent(project: Project, name: str) -> Sequence[RunRow]:
    page = run_list(project, Search(graph=name))
    return [*page.running, *page.rows][:_NEWEST]
