"""`/reviews/{id}`: one review, its decisions, and what a person types meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent import futures
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from compound.errors import CompoundError, ConflictError, DataError
from compound.project.review.shown import STORED
from compound.review.stored.offer import MOVES
from compound.web.door.duties import need_duty
from compound.web.reviews.one.diff import word_diff
from compound.web.reviews.one.mail import ORIGINAL_POLICY, sanitized
from compound.web.reviews.one.page import ReviewPage, cleaned_fields, draft_claims, review_page
from compound.web.reviews.one.pens import filled, three_way
from compound.web.reviews.one.preview import errors_beside, preview, unsupported_keys
from compound.web.reviews.one.seen import Decider, Reader, seen, service_of
from compound.web.reviews.one.submitted import read_form
from compound.web.site.place import place_of
from compound.web.site.words import Words, chosen

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.project import Decided, ReviewView
    from compound.web.identity.people import Person

router = APIRouter()
CHANGED: Final = frozenset({"review.version", "review.stale", "review.drafted-again"})
"""Conflicts with what the page showed: 412; others, with other people, are 409."""
GLANCE_S: Final = 0.05
"""Seconds that a decision waits for its effects; most are done by then, and the page shows them at once."""


@dataclass(slots=True)
class Sent:
    """A form that was sent and refused.

    Attributes:
        form: What it said.
        checked: Keys of the claims that the person ticked.
        errors: Path of an input to what is wrong with it.
        before: The text that was shown, where the decision led to a new draft.
    """

    form: Mapping[str, str] = field(default_factory=dict[str, str])
    checked: Sequence[str] = ()
    error: CompoundError | None = None
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
    before: str | None = None


@router.get("/reviews/{review_id}")
async def review(request: Request, person: Reader, review_id: str) -> Response:
    """One review."""
    return await to_thread.run_sync(lambda: _page(request, person, seen(request, person, review_id), Sent()))


@router.post("/reviews/{review_id}/decide")
async def decide(request: Request, person: Decider, review_id: str) -> Response:
    """Decide it: one of the actions that the review offers, return it with an instruction, or escalate it."""
    raw = await request.form()
    form = {name: value for name, value in raw.items() if isinstance(value, str)}
    checked = [one for one in raw.getlist("checked") if isinstance(one, str)]
    return await to_thread.run_sync(_decided, request, person, review_id, Sent(form=form, checked=checked))


@router.post("/reviews/{review_id}/preview")
async def preview_(request: Request, person: Decider, review_id: str) -> Response:
    """What a form would do; a program gets the part of the page, a form without JavaScript the whole page."""
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    return await to_thread.run_sync(_previewed, request, person, review_id, form)


@router.get("/reviews/{review_id}/queries/{name}")
async def query(request: Request, person: Reader, review_id: str, name: str) -> Response:
    """The query behind one piece of evidence as it ran: text, rows, tables with their snapshot."""

    def found() -> Response:
        view = seen(request, person, review_id)
        ran = service_of(request).queries(review_id).get(name)
        template = "one_query.html" if request.headers.get("x-fragment") else "one_query_page.html"
        values = {"name": name, "ran": ran, "item": view}
        return place_of(request).pages.render(request, f"reviews/{template}", values, person=person)

    return await to_thread.run_sync(found)


@router.get("/reviews/{review_id}/original")
async def original(request: Request, person: Reader, review_id: str) -> Response:
    """A mail as it came; only for a sandboxed frame, with a policy that lets nothing run or load."""
    view = await to_thread.run_sync(seen, request, person, review_id)
    html = view.item.get("html")
    if not isinstance(html, str):
        raise DataError("review.unknown", f"review {review_id!r} has no HTML mail")
    return HTMLResponse(html, headers={"content-security-policy": ORIGINAL_POLICY})


def _previewed(request: Request, person: Person, review_id: str, form: Mapping[str, str]) -> Response:
    view, service, words = seen(request, person, review_id), service_of(request), _words(request, person)
    page = review_page(place_of(request).project, person, view, words, foresees=False)
    action = form.get("action", "edit")
    found = preview(service, page, action, form, person, words)
    if request.headers.get("x-fragment"):
        values = {"page": page, "preview": found, "item": view}
        return place_of(request).pages.render(request, "reviews/one_preview.html", values, person=person)
    return _page(request, person, view, Sent(form=form, errors=found.errors), found)


def _decided(request: Request, person: Person, review_id: str, sent: Sent) -> Response:
    view, service = seen(request, person, review_id), service_of(request)
    page = review_page(place_of(request).project, person, view, _words(request, person), foresees=False)
    try:
        decided = _decide(request, person, page, sent)
    except CompoundError as error:
        sent.error = error
        sent.errors = sent.errors or errors_beside(error, page, sent.form.get("action", ""))
        sent.before = page.text if error.code == "review.drafted-again" else None
        return _page(request, person, seen(request, person, review_id), sent)
    service.queue.desk.drop(review_id, person.name)
    if decided.run_status == STORED:
        futures.wait([place_of(request).worker.soon(review_id)], timeout=GLANCE_S)
    return RedirectResponse(f"/reviews/{review_id}?decided={decided.decision_id}", status_code=303)


def _decide(request: Request, person: Person, page: ReviewPage, sent: Sent) -> Decided:
    service, form = service_of(request), sent.form
    action, version, note = form.get("action", ""), form.get("version", ""), form.get("note", "")
    need_duty(person, page.view, action)
    if not version.isdecimal():
        raise DataError("review.version", "the form carries no version", fix="reload the page")
    read = read_form(page.inputs(action), page.item.draft.fields, form, _words(request, person))
    if read.errors:
        sent.errors = read.errors
        raise DataError("review.bad-field", "some fields are not valid: see beside them")
    given = read.given
    if action == "approve" and not given and (clean := cleaned_fields(page)):
        action, given = "edit", dict(clean)
    if action not in MOVES:
        _require_checked(request, person, page, action, given, sent)
    return service.decide(
        page.view.review_id,
        action,
        user=person.name,
        version=_version(page, person, form, int(version)),
        fields=given or None,
        reason="instruction" if action == "return" else "",
        note=note,
        goes_on=False,
    )


def _version(page: ReviewPage, person: Person, form: Mapping[str, str], version: int) -> int:
    """The version that was shown; where the person's own page has claimed the review since, the one after the claim.

    A claim changes nothing that is shown: the form says which draft and which evidence the person saw.
    """
    item = page.item
    is_same = form.get("seen") == page.seen and item.lease_user == person.name
    return item.version if is_same and page.is_open else version


def _require_checked(
    request: Request,
    person: Person,
    page: ReviewPage,
    action: str,
    given: Mapping[str, JsonValue],
    sent: Sent,
) -> None:
    """Raise unless each claim without evidence that is about to be sent was ticked; only where the graph declares risk.

    Raises:
        DataError: `review.unchecked`.
    """
    if not page.must_check or not page.is_open:
        return
    service = service_of(request)
    foreseen = service.foresee(page.view.review_id, action, user=person.name, fields=given or None)
    if not foreseen.effects and not foreseen.text:
        return
    text = foreseen.text or (page.text if not given else str(next(iter(given.values()))))
    grounds = service.grounds(page.view.review_id)
    claims = draft_claims(service, page.item, page.view, grounds, text, foreseen.effects)
    left = [words for key, words in unsupported_keys(claims).items() if key not in sent.checked]
    if left:
        what = f"{len(left)} statements have no evidence and are not checked, the first: {left[0][:80]!r}"
        raise DataError("review.unchecked", what, fix="tick each as checked, or remove it")
    if sent.checked:
        service.queue.desk.confirm(page.view.review_id, person.name, sent.checked)


def _words(request: Request, person: Person) -> Words:
    return Words.of(chosen(request, person))


def _page(request: Request, person: Person, view: ReviewView, sent: Sent, found: object = None) -> Response:
    service = service_of(request)
    page = review_page(place_of(request).project, person, view, _words(request, person))
    kept = sent.form if sent.form.get("action") == "edit" and sent.before is None else {}
    values = filled(page, service, kept)
    html = str(view.item.get(page.html) or "") if page.html else ""
    shown = {
        "page": page,
        "item": view,
        "error": sent.error,
        "errors": sent.errors,
        "sent": sent.form,
        "checked": sent.checked,
        "values": values,
        "three": three_way(page, values),
        "preview": found,
        "again": Markup("") if sent.before is None else word_diff(sent.before, page.text),
        "mail": sanitized(html) if html else "",
        "editing": bool(sent.form.get("action") == "edit" or (values and page.is_open)),
    }
    return place_of(request).pages.render(request, "reviews/one.html", shown, person=person, status=_status(sent.error))


def _status(error: CompoundError | None) -> int:
    if error is None:
        return 200
    if error.code in CHANGED:
        return 412
    return 409 if isinstance(error, ConflictError) else 422
