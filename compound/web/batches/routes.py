"""`/batches`: list, one batch, and the requests to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

from anyio import to_thread
from babel.dates import format_timedelta
from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from compound.errors import CompoundError, ConflictError
from compound.web.batches.background import Background
from compound.web.batches.drawing import SPARK, WIDTH, bar, columns
from compound.web.door.access import needs
from compound.web.identity.people import Person
from compound.web.identity.roles import Right
from compound.web.site.place import place_of
from compound.web.site.words import chosen

if TYPE_CHECKING:
    from compound.project.batches.service import BatchService
    from compound.project.batches.views import BatchRow, BatchView

router = APIRouter()
Operator = Annotated[Person, Depends(needs(Right.BATCHES))]
PAGE: Final = 50
ACTIVE: Final = frozenset({"running", "pausing", "paused", "cancelling"})
"""Statuses of batches that change by themselves."""


@router.get("/batches")
async def batches(request: Request, person: Operator, before: float | None = None) -> Response:
    """The list of batches."""
    service = _service(request)
    rows = await to_thread.run_sync(lambda: service.list(limit=PAGE + 1, before=before))
    shown = rows[:PAGE]
    older = datetime.fromisoformat(shown[-1].changed_at).timestamp() if len(rows) > PAGE else None
    values = {
        "rows": [(row, bar(row)) for row in shown],
        "older": older,
        "is_live": any(row.status in ACTIVE for row in shown),
        "bar_width": WIDTH,
    }
    return place_of(request).pages.render(request, "batches/list.html", values, person=person)


@router.get("/batches/{job_id}")
async def batch(request: Request, person: Operator, job_id: str, error: str | None = None, after: int = -1) -> Response:
    """One batch; `error` and `after` choose its dead letters."""
    return await _page(request, person, job_id, code=error or None, after=after)


@router.post("/batches/{job_id}/pause")
async def pause(request: Request, person: Operator, job_id: str) -> Response:
    """Start no further item until somebody resumes it."""
    return await _asked(request, person, job_id, lambda service: service.pause(job_id, user=person.name))


@router.post("/batches/{job_id}/resume")
async def resume(request: Request, person: Operator, job_id: str) -> Response:
    """Continue a paused batch in its process, or run what is left in a new one."""
    background = _background(request)

    def proceed(service: BatchService) -> None:
        if service.show(job_id, letters=1).run_by:
            service.proceed(job_id, user=person.name)
        else:
            background.start(service.find(job_id), user=person.name)

    return await _asked(request, person, job_id, proceed)


@router.post("/batches/{job_id}/cancel")
async def cancel(request: Request, person: Operator, job_id: str) -> Response:
    """Stop it after its items in flight."""
    note = str((await request.form()).get("note") or "")[:500]
    return await _asked(request, person, job_id, lambda service: service.cancel(job_id, user=person.name, note=note))


@router.post("/batches/{job_id}/retry")
async def retry(request: Request, person: Operator, job_id: str) -> Response:
    """Try one dead letter again, or all of them."""
    item = (await request.form()).get("item")
    background = _background(request)

    def again(service: BatchService) -> None:
        _, is_running = service.retry(job_id, user=person.name, items=[item] if isinstance(item, str) else None)
        if not is_running:
            background.start(service.find(job_id), user=person.name)

    return await _asked(request, person, job_id, again)


async def _asked(request: Request, person: Person, job_id: str, ask: Callable[[BatchService], object]) -> Response:
    service = _service(request)
    try:
        await to_thread.run_sync(ask, service)
    except ConflictError as error:
        return await _page(request, person, job_id, error=error)
    return RedirectResponse(f"/batches/{job_id}", status_code=303)


async def _page(
    request: Request,
    person: Person,
    job_id: str,
    *,
    code: str | None = None,
    after: int = -1,
    error: CompoundError | None = None,
) -> Response:
    service, background = _service(request), _background(request)
    view = await to_thread.run_sync(lambda: service.show(job_id, code=code, after=after, letters=PAGE))
    is_starting = view.status not in ACTIVE and background.is_starting(view.job_id)
    values = {
        **_values(view),
        "code": code,
        "after": after,
        "error": error,
        "refusal": "" if view.status in ACTIVE else background.refusal(view.job_id),
        "is_starting": is_starting,
        "is_live": is_starting or view.status in ACTIVE,
        "lasting": _lasting(chosen(request, person)),
    }
    status = 200 if error is None else 409
    return place_of(request).pages.render(request, "batches/batch.html", values, person=person, status=status)


def _values(view: BatchView) -> dict[str, Any]:
    start = None if view.history_start is None else datetime.fromisoformat(view.history_start)
    times = (
        []
        if start is None
        else [(start + timedelta(seconds=at * view.history_width_s)).isoformat() for at in range(len(view.history))]
    )
    return {
        "batch": view,
        "parts": bar(view),
        "columns": columns(view.history),
        "history": list(zip(times, view.history, strict=True)),
        "bar_width": WIDTH,
        "spark": SPARK,
        "retriable": any(letter.can_retry for letter in view.letters),
        "share": _share(view),
    }


def _share(view: BatchRow) -> float:
    settled = view.total - view.running - view.left
    return settled / view.total if view.total else 0.0


def _lasting(language: str) -> Callable[[float], str]:
    def lasting(seconds: float) -> str:
        return format_timedelta(timedelta(seconds=max(1.0, seconds)), threshold=1.5, locale=language)

    return lasting


def _service(request: Request) -> BatchService:
    return place_of(request).project.batches()


def _background(request: Request) -> Background:
    state = request.app.state
    if not hasattr(state, "background"):
        state.background = Background(place_of(request).project)
    return cast("Background", state.background)
