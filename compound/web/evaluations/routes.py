"""`/evaluations`: stored runs of suites, one of them, two compared."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
from anyio import to_thread
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from compound.web.door.access import needs
from compound.web.evaluations.drawing import WIDTH, Whisker, difference, place, scores_of, slices_of, whisker
from compound.web.identity.people import Person
from compound.web.identity.roles import Right
from compound.web.site.place import place_of

if TYPE_CHECKING:
    from compound.project.evaluation.service import SuiteRun, SuiteRuns

router = APIRouter()
Developer = Annotated[Person, Depends(needs(Right.RUNS))]
PAGE: Final = 50
_OTHERS: Final = 20
"""Runs of the same suite that a run can be compared with."""
AXIS: Final = {"width": WIDTH, "ticks": [place(0.0), place(0.25), place(0.5), place(0.75), place(1.0)]}


@router.get("/evaluations")
async def evaluations(
    request: Request, person: Developer, suite: str | None = None, before: float | None = None
) -> Response:
    """The list of stored runs."""
    service = _service(request)
    rows = await to_thread.run_sync(lambda: service.list(suite=suite or None, limit=PAGE + 1, before=before))
    shown = rows[:PAGE]
    values = {
        "rows": [
            (run, whisker(run.main, run.report.scores[run.main], run.report) if run.main else None) for run in shown
        ],
        "suite": suite,
        "older": datetime.fromisoformat(shown[-1].finished_at).timestamp() if len(rows) > PAGE else None,
        "axis": AXIS,
    }
    return place_of(request).pages.render(request, "evaluations/list.html", values, person=person)


@router.get("/evaluations/compare")
async def compare(request: Request, person: Developer, a: str, b: str) -> Response:
    """Two runs of a suite, as paired differences."""
    service = _service(request)
    found = await to_thread.run_sync(service.compare, a, b)
    values = {
        "found": found,
        "differences": [difference(name, one) for name, one in found.differences.items()],
        "axis": {"width": WIDTH, "zero": place(0.5)},
    }
    return place_of(request).pages.render(request, "evaluations/compare.html", values, person=person)


@router.get("/evaluations/{suite_run_id}")
async def evaluation(
    request: Request,
    person: Developer,
    suite_run_id: str,
    score: str | None = None,
    section: str | None = None,
    after: int = -1,
) -> Response:
    """One run: headline and worst section, slices, failing cases."""
    service = _service(request)

    def read() -> dict[str, Any]:
        run = service.show(suite_run_id)
        cases, more = service.failing(run, score=score or None, section=section, after=after, limit=PAGE)
        others = [one for one in service.list(suite=run.suite, limit=_OTHERS) if one.suite_run_id != suite_run_id]
        return {**_values(run), "cases": cases, "more": more, "others": others}

    values = await to_thread.run_sync(read)
    values |= {"score": score, "section": section, "axis": AXIS, "json": _as_json}
    return place_of(request).pages.render(request, "evaluations/run.html", values, person=person)


def _values(run: SuiteRun) -> dict[str, Any]:
    worst = run.worst_section()
    report = run.report
    return {
        "run": run,
        "headline": _main(run),
        "worst": None if worst is None else (worst, whisker(run.main, report.sections[worst].scores[run.main])),
        "scores": scores_of(report),
        "sections": [(name, scores_of(one)) for name, one in report.sections.items()],
        "slices": slices_of(run),
    }


def _main(run: SuiteRun) -> Whisker | None:
    return whisker(run.main, run.report.scores[run.main], run.report) if run.main else None


def _as_json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _service(request: Request) -> SuiteRuns:
    return place_of(request).project.suite_runs()
