"""`/reviews/bulk`: several ready drafts of one node are approved at once, each as a decision of its own.

Only what nobody has to look at is approved so: its rule holds, nothing in it is flagged, its rows are unchanged, it is
the version that the list showed, and the person opened its text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent import futures
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import Response

from compound.errors import CompoundError
from compound.web.door.duties import need_duty
from compound.web.reviews.one.deciding import Wish, carry_out, store
from compound.web.reviews.one.page import Decision, ReviewPage, review_page
from compound.web.reviews.one.seen import Decider, seen
from compound.web.site.place import place_of
from compound.web.site.words import Words, chosen

if TYPE_CHECKING:
    from concurrent.futures import Future

    from compound.project import Decided, ReviewView
    from compound.web.identity.people import Person

router = APIRouter()
MOST: Final = 20
"""Reviews that are approved at once."""
GLANCE_S: Final = 1.0
"""Seconds that the answer waits for the effects of all."""
PICKS: Final = 200
"""Picked reviews that are told about."""
_OPEN: Final = frozenset({"pending", "in_review"})


@dataclass(slots=True)
class Picked:
    """A review that a person picked.

    Attributes:
        title: What it is called; its id if it is not known.
        decision: What an approval does; None if it is not possible.
        why_not: Why it is not approved with the others; empty if it is.
        decided: The decision, once it is made.
        carried_out: What became of the decision; None if that is not known yet.
    """

    review_id: str
    version: int
    title: str
    view: ReviewView | None = None
    page: ReviewPage | None = None
    decision: Decision | None = None
    why_not: str = ""
    decided: Decided | None = None
    carried_out: Decided | None = None

    @property
    def pick(self) -> str:
        """The review and its version, in a form."""
        return f"{self.review_id}.{self.version}"

    @property
    def asked_by(self) -> tuple[str, str]:
        """Graph and node."""
        return (self.view.graph, self.view.node) if self.view is not None else ("", "")


@router.get("/reviews/bulk")
async def confirm(request: Request, person: Decider) -> Response:
    """What an approval of the picked reviews would do; changes nothing."""
    picks = request.query_params.getlist("pick")
    found = await to_thread.run_sync(_judged, request, person, picks)
    ready = [one for one in found if not one.why_not]
    values = {"picked": ready, "left": [one for one in found if one.why_not], "sum": _sum(ready), "most": MOST}
    return place_of(request).pages.render(request, "reviews/bulk.html", values, person=person)


@router.post("/reviews/bulk")
async def approve(request: Request, person: Decider) -> Response:
    """Approve the picked reviews; each succeeds or fails for itself, and the page says so for each."""
    form = await request.form()
    picks, read = ([one for one in form.getlist(name) if isinstance(one, str)] for name in ("pick", "read"))
    found = await to_thread.run_sync(_approved, request, person, picks, frozenset(read))
    done = [one for one in found if one.decided is not None]
    values = {"done": done, "left": [one for one in found if one.decided is None]}
    return place_of(request).pages.render(request, "reviews/bulk_done.html", values, person=person)


def _judged(request: Request, person: Person, picks: Sequence[str]) -> list[Picked]:
    """The picked reviews, each with what its approval does or why it is not approved with the others."""
    wanted = list(dict.fromkeys(picks))[:PICKS]
    words = Words.of(chosen(request, person))
    found = [_judge(request, person, one, words) for one in wanted[:MOST]]
    found += [_one_too_many(one, words) for one in wanted[MOST:]]
    first = next((one for one in found if not one.why_not), None)
    for one in found:
        if first is not None and not one.why_not and one.asked_by != first.asked_by:
            one.why_not = words.text("another graph or node asks for it: only one kind is approved at once")
    return found


def _one_too_many(pick: str, words: Words) -> Picked:
    review_id = pick.partition(".")[0]
    why = words.text("at most %(n)s are approved at once") % {"n": MOST}
    return Picked(review_id=review_id, version=-1, title=review_id[:10], why_not=why)


def _judge(request: Request, person: Person, pick: str, words: Words) -> Picked:
    review_id, _, version = pick.partition(".")
    one = Picked(review_id=review_id, version=int(version) if version.isdecimal() else -1, title=review_id[:10])
    try:
        view = one.view = seen(request, person, review_id)
        one.title = view.title or view.name or one.title
        one.why_not = _of_view(view, person, one.version, words)
        if not one.why_not:
            need_duty(person, view, "approve")
            one.page = page = review_page(place_of(request).project, person, view, words)
            one.decision, one.why_not = page.main, _of_page(page, words)
    except CompoundError as error:
        one.why_not = error.what
    return one


def _of_view(view: ReviewView, person: Person, version: int, words: Words) -> str:
    """Why a review is not approved with others, from its state; empty if it may be."""
    if view.status == "stale":
        return words.text("it is out of date: its rows changed")
    if view.status not in _OPEN:
        return words.text("it does not wait any more: %(status)s") % {"status": view.status.replace("_", " ")}
    if view.version != version:
        return words.text("it changed since the list was shown")
    if view.status == "in_review" and view.held_by not in ("", person.name):
        return words.text("%(who)s holds it") % {"who": view.held_by}
    return "" if view.ready else words.text("it needs a look: its rule does not hold")


def _of_page(page: ReviewPage, words: Words) -> str:
    """Why a review is not approved with others, from what it shows; empty if it may be."""
    if page.main is None:
        return words.text("an approval needs something filled in, or is not offered")
    if page.main.problem:
        return page.main.problem
    if page.hidden or page.claims.flags:
        return words.text("something in its text is flagged")
    if page.must_check and page.claims.unsupported:
        return words.text("statements without evidence must be checked")
    return ""


def _sum(ready: Sequence[Picked]) -> Sequence[tuple[str, int, float]]:
    """Name of each effect, how often it happens, and the amount that it moves in all."""
    effects = [one for picked in ready if picked.decision is not None for one in picked.decision.foreseen.effects]
    often = Counter(one.name for one in effects)
    return [(name, n, sum(one.amount or 0.0 for one in effects if one.name == name)) for name, n in often.items()]


def _approved(request: Request, person: Person, picks: Sequence[str], read: frozenset[str]) -> list[Picked]:
    found, place = _judged(request, person, picks), place_of(request)
    words = Words.of(chosen(request, person))
    for one in found:
        if one.pick not in read:
            one.why_not = one.why_not or words.text("its text was not opened")
    waits: dict[Future[Decided], Picked] = {}
    for one in found:
        if one.why_not or one.page is None:
            continue
        try:
            one.decided = store(place, person, one.page, Wish(action="approve", version=one.version))
        except CompoundError as error:
            one.why_not = error.what
            continue
        if (going_on := carry_out(place, one.decided)) is not None:
            waits[going_on] = one
    for future in futures.wait(waits, timeout=GLANCE_S).done:
        if future.exception() is None:
            waits[future].carried_out = future.result()
    return found
