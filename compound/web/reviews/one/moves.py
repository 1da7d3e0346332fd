"""Moves of a review that decide nothing: hold, release, take back, snooze, comment, assign, save what is typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, cast

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from compound.errors import ConflictError, DataError
from compound.review.decision.backend import LEASE_S
from compound.review.stored.machine import UNDECIDED
from compound.spec.words import parse_duration
from compound.web.reviews.assigning import assign_to
from compound.web.reviews.one.pens import content_of
from compound.web.reviews.one.seen import Decider, Reader, seen, service_of
from compound.web.reviews.presence import presence_of
from compound.web.reviews.way import next_review
from compound.web.site.place import place_of

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.project import ReviewService
    from compound.review.stored.types import Review
    from compound.web.identity.people import Person

router = APIRouter()
HOLDS: Final = frozenset({"pending", "in_review", "awaiting_second"})


async def _do(request: Request, person: Person, review_id: str, do: Callable[[ReviewService], object]) -> None:
    """Do something with a review that the person sees, outside the event loop."""

    def done() -> None:
        seen(request, person, review_id)
        do(service_of(request))

    await to_thread.run_sync(done)


def _back(review_id: str) -> Response:
    return RedirectResponse(f"/reviews/{review_id}", status_code=303)


async def _form(request: Request) -> dict[str, str]:
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


@router.post("/reviews/{review_id}/claim")
async def claim(request: Request, person: Decider, review_id: str) -> Response:
    """Hold a review, so that nobody else decides it."""
    takeover = (await _form(request)).get("takeover") == "yes"
    await _do(
        request, person, review_id, lambda of: of.claim(review_id, user=person.name, lease_s=LEASE_S, takeover=takeover)
    )
    return _back(review_id)


@router.post("/reviews/{review_id}/release")
async def release(request: Request, person: Decider, review_id: str) -> Response:
    """Let others decide it, and go to the next one."""

    def let_go(of: ReviewService) -> None:
        if of.find(review_id).lease_user == person.name:
            of.release(review_id, user=person.name)

    await _do(request, person, review_id, let_go)
    following = await to_thread.run_sync(next_review, request, service_of(request), person, review_id)
    return RedirectResponse(f"/reviews/{following}#draft" if following else "/reviews", status_code=303)


@router.post("/reviews/{review_id}/here")
async def here(request: Request, person: Reader, review_id: str) -> Response:
    """The page of a review is on a screen, or was closed (`away`); who else looks at it."""
    away = (await _form(request)).get("away") == "yes"
    await to_thread.run_sync(seen, request, person, review_id)
    presence = presence_of(request)
    if away:
        presence.away(review_id, person.name)
        return JSONResponse({"others": []})
    return JSONResponse({"others": list(presence.here(review_id, person.name))})


@router.post("/reviews/{review_id}/hold")
async def hold(request: Request, person: Decider, review_id: str) -> Response:
    """Hold a review that is on the screen, and say what happened to it since it was shown.

    The form says which draft was shown; as long as that is the newest, its version may be decided.
    """
    shown = (await _form(request)).get("draft_sha256", "")

    def held() -> dict[str, JsonValue]:
        seen(request, person, review_id)
        return _held(service_of(request), review_id, person.name, shown)

    return JSONResponse(await to_thread.run_sync(held))


def _held(service: ReviewService, review_id: str, user: str, shown: str) -> dict[str, JsonValue]:
    queue = service.queue
    item = queue.check_stale(review_id)
    why = str((item.stale_reason or {}).get("what") or "")
    if item.status.value not in HOLDS:
        return {"state": item.status.value, "why": why, "who": _decider(service, item), "version": item.version}
    if item.draft_sha256 != shown:
        return {"state": "redrafted", "why": "", "who": "", "version": item.version}
    now = queue.now()
    if item.is_held(now) and item.lease_user != user:
        return {"state": "taken", "why": "", "who": item.lease_user or "", "version": item.version}
    try:
        mine = item.lease_user == user
        item = queue.extend(review_id, user) if mine else queue.claim(review_id, user)
    except ConflictError as error:
        return {"state": "taken", "why": error.what, "who": "", "version": item.version}
    left = (item.lease_until or now) - now
    return {"state": "held", "why": "", "who": user, "version": item.version, "until": item.lease_until, "left_s": left}


def _decider(service: ReviewService, item: Review) -> str:
    decisions = service.queue.decisions(item.review_id) if item.status not in UNDECIDED else ()
    return decisions[-1].actor if decisions else ""


@router.post("/reviews/{review_id}/undo")
async def undo(request: Request, person: Decider, review_id: str) -> Response:
    """Take a decision back before anything was done."""
    await _do(request, person, review_id, lambda of: of.undo(review_id, user=person.name))
    return _back(review_id)


@router.post("/reviews/{review_id}/redraft")
async def redraft(request: Request, person: Decider, review_id: str) -> Response:
    """Draft a review again whose rows changed; what a person wrote is kept."""
    await _do(request, person, review_id, lambda of: of.redraft(review_id, user=person.name))
    return _back(review_id)


@router.post("/reviews/{review_id}/snooze")
async def snooze(request: Request, person: Decider, review_id: str) -> Response:
    """Put it aside until a time."""
    form = await _form(request)

    def put_aside(of: ReviewService) -> None:
        until = _until(form, of.queue.now())
        review = of.find(review_id)
        # the open page claims the review, which changes its version and nothing that was shown
        version = review.version if review.lease_user == person.name else _version(form)
        of.snooze(review_id, user=person.name, until=until, version=version)

    await _do(request, person, review_id, put_aside)
    return _back(review_id)


def _until(form: Mapping[str, str], now: float) -> float:
    text = form.get("until", "").strip()
    try:
        if text:
            at = datetime.fromisoformat(text)
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
        return now + parse_duration(form.get("for", ""))
    except ValueError as error:
        raise DataError(
            "review.bad-time", f"{text or form.get('for', '')!r} is not a time", fix="choose one"
        ) from error


def _version(form: Mapping[str, str]) -> int:
    text = form.get("version", "")
    if not text.isdecimal():
        raise DataError("review.version", "the form carries no version", fix="reload the page")
    return int(text)


@router.post("/reviews/{review_id}/wake")
async def wake(request: Request, person: Decider, review_id: str) -> Response:
    """Bring it back now."""
    await _do(request, person, review_id, lambda of: of.wake(review_id, user=person.name))
    return _back(review_id)


@router.post("/reviews/{review_id}/comments")
async def comment(request: Request, person: Decider, review_id: str) -> Response:
    """Say something to the others who see it."""
    text = (await _form(request)).get("text", "").replace("\r\n", "\n")
    await _do(request, person, review_id, lambda of: of.comment(review_id, text, user=person.name))
    return RedirectResponse(f"/reviews/{review_id}#comments", status_code=303)


@router.post("/reviews/{review_id}/assign")
async def assign(request: Request, person: Decider, review_id: str) -> Response:
    """Say who should decide it."""
    to, place = (await _form(request)).get("to", "").strip(), place_of(request)
    await _do(request, person, review_id, lambda _: assign_to(place, person, review_id, to))
    return _back(review_id)


@router.put("/reviews/{review_id}/draft")
async def save(request: Request, person: Decider, review_id: str) -> Response:
    """Save what a person typed. `If-Match` carries the version of the last save, `"0"` for the first."""
    body = cast("object", await request.json())
    given = cast("Mapping[str, object]", body) if isinstance(body, dict) else {}
    fields = given.get("fields")
    typed = cast("Mapping[object, object]", fields) if isinstance(fields, dict) else {}
    form = {str(name): str(text) for name, text in typed.items()}
    match = request.headers.get("if-match", "").strip('"')
    if not match.isdecimal():
        raise DataError("review.version", "the request has no If-Match with a version", fix='If-Match: "0" at first')
    seq = given.get("draft_seq")

    def saved() -> Response:
        seen(request, person, review_id)
        desk = service_of(request).queue.desk
        try:
            pen = desk.write(
                review_id,
                person.name,
                content_of(form),
                version=int(match),
                draft_seq=seq if isinstance(seq, int) else 1,
            )
        except ConflictError:
            known = desk.pen(review_id, person.name)
            now: dict[str, object] = {
                "version": known.version if known else 0,
                "fields": known.content if known else {},
            }
            return JSONResponse(now, status_code=412, headers={"etag": f'"{now["version"]}"'})
        return JSONResponse({"version": pen.version}, headers={"etag": f'"{pen.version}"'})

    return await to_thread.run_sync(saved)


@router.post("/reviews/{review_id}/draft")
async def keep_text(request: Request, person: Decider, review_id: str) -> Response:
    """Save what a person typed, from a form; or choose between the own text and a newer draft."""
    form = await _form(request)

    def kept(of: ReviewService) -> None:
        desk, item = of.queue.desk, of.find(review_id)
        if form.get("choose") == "new":
            desk.drop(review_id, person.name)
            return
        known = desk.pen(review_id, person.name)
        desk.write(
            review_id, person.name, content_of(form), version=known.version if known else 0, draft_seq=item.draft_seq
        )
        desk.rebase(review_id, person.name, item.draft_seq)

    await _do(request, person, review_id, kept)
    return _back(review_id)
