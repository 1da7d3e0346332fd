"""`/quality`: figures of decisions, own figures, and the blind second look at samples."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

from anyio import to_thread
from babel.dates import format_timedelta
from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from compound.errors import CompoundError
from compound.web.quality.drawing import HEIGHT, WHISKER, WIDTH, columns, drawn_share, drawn_test
from compound.web.quality.sample import REASON_WORDS, sample_page
from compound.web.quality.seen import Auditor, Figured, Overseer, figures_for, forget
from compound.web.site.place import place_of
from compound.web.site.words import Words, chosen

if TYPE_CHECKING:
    from compound.client.quality import Quality
    from compound.review.quality.samples import BlindSamples
    from compound.web.identity.person import Person

router = APIRouter()
PERIODS = (7, 30, 90)
"""Lengths of the period that the page offers, in days."""
Days = Annotated[int, Query(ge=1, le=3660)]


@router.get("/quality")
async def quality(request: Request, person: Overseer, days: Days = 30) -> Response:
    """The figures of all decisions that the person may see."""
    found = await to_thread.run_sync(lambda: figures_for(request, person, days=days, mine=False))
    return _page(request, person, found)


@router.get("/quality/me")
async def mine(request: Request, person: Figured, days: Days = 30) -> Response:
    """The figures of the person's own decisions."""
    found = await to_thread.run_sync(lambda: figures_for(request, person, days=days, mine=True))
    return _page(request, person, found)


def _page(request: Request, person: Person, found: Quality) -> Response:
    language = chosen(request, person)

    def span(seconds: float) -> str:
        return format_timedelta(timedelta(seconds=seconds), locale=language, threshold=1)

    values: dict[str, Any] = {
        "found": found,
        "periods": PERIODS,
        "ages": columns(found.all.ages),
        "certificates": [(one, drawn_test(one)) for one in found.certificates],
        "size": {"width": WIDTH, "height": HEIGHT, "whisker": WHISKER},
        "drawn": drawn_share,
        "span": span,
    }
    return place_of(request).pages.render(request, "quality/figures.html", values, person=person)


@router.get("/quality/samples")
async def samples(request: Request, person: Auditor, answered: str = "") -> Response:
    """Samples that wait for the person, the oldest first."""
    blind = _blind(request, person)
    rows = await to_thread.run_sync(lambda: blind.list(limit=50))
    total = await to_thread.run_sync(blind.count)
    values = {"rows": rows, "total": total, "answered": answered}
    return place_of(request).pages.render(request, "quality/samples.html", values, person=person)


@router.get("/quality/samples/{sample_id}")
async def sample(request: Request, person: Auditor, sample_id: str) -> Response:
    """One sampled draft, without its decision."""
    return await to_thread.run_sync(lambda: _sample(request, person, sample_id))


@router.post("/quality/samples/{sample_id}")
async def answer(
    request: Request,
    person: Auditor,
    sample_id: str,
    verdict: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    note: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """Say whether it is right. Nothing is sent."""

    def store() -> Response:
        blind = _blind(request, person)
        try:
            done = blind.answer(sample_id, is_right=verdict == "right", reason=reason, note=note)
        except CompoundError as error:
            if error.code != "quality.reason":
                raise
            return _sample(request, person, sample_id, error=error, sent={"reason": reason, "note": note})
        forget(request)
        said = "alarm" if done.is_alarm else "yes"
        waiting = blind.list(limit=1)
        where = f"/quality/samples/{waiting[0].sample_id}" if waiting and not done.is_alarm else "/quality/samples"
        return RedirectResponse(f"{where}?answered={said}", status_code=303)

    return await to_thread.run_sync(store)


def _sample(
    request: Request,
    person: Person,
    sample_id: str,
    *,
    error: CompoundError | None = None,
    sent: dict[str, str] | None = None,
) -> Response:
    found = _blind(request, person).find(sample_id)
    page = sample_page(place_of(request).project, found, Words.of(chosen(request, person)))
    values = {
        "page": page,
        "reasons": REASON_WORDS,
        "error": error,
        "sent": sent or {"reason": "", "note": ""},
        "answered": request.query_params.get("answered", "") if error is None else "",
    }
    status = 200 if error is None else 422
    return place_of(request).pages.render(request, "quality/sample.html", values, person=person, status=status)


def _blind(request: Request, person: Person) -> BlindSamples:
    return place_of(request).project.quality().samples(person.name, person.teams)
