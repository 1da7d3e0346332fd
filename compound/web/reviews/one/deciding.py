"""One way to decide, for pages and programs: the decision is stored at once, and the server's worker carries it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from compound.errors import DataError
from compound.project.review.shown import STORED
from compound.review.stored.offer import MOVES
from compound.web.door.duties import need_duty
from compound.web.reviews.one.page import cleaned_fields, draft_claims
from compound.web.reviews.one.preview import unsupported_keys

if TYPE_CHECKING:
    from concurrent.futures import Future

    from pydantic import JsonValue

    from compound.project import Decided, ReviewService
    from compound.project.review.sight.foreseen import ForeseenDecision
    from compound.web.identity.person import Person
    from compound.web.reviews.one.page import ReviewPage
    from compound.web.site.place import Place

_SHOWN: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A decision that a person wants.

    Attributes:
        version: The version that was shown to the person.
        given: Fields of the action that the person filled in.
        note: Free text; for `return` the instruction.
        checked: Keys of the claims without evidence that the person checked.
        key: Names the request, so that it is done once.
    """

    action: str
    version: int
    given: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])
    note: str = ""
    checked: Sequence[str] = ()
    key: str | None = None


def made_before(service: ReviewService, key: str | None) -> Decided | None:
    """The decision that the same request made before; None if it made none."""
    known = None if key is None else service.queue.decision_with(key)
    return None if known is None else service.outcome(known.review_id, known.decision_id)


def store(place: Place, person: Person, page: ReviewPage, wish: Wish) -> Decided:
    """Store a decision; what the person typed about the review is no longer kept.

    Hidden characters of a draft are left out of what is sent: its approval is then an edit.

    Raises:
        Refused: `web.no-right`: the person may not decide this review so.
        DataError: `review.unchecked`, and as `ReviewService.decide`.
        ConflictError: as `ReviewService.decide`.
    """
    service, action, given = place.project.reviews(), wish.action, wish.given
    need_duty(person, page.view, action)
    if action == "approve" and not given and (clean := cleaned_fields(page)):
        action, given = "edit", clean
    if action not in MOVES:
        _require_checked(service, person, page, action, given, wish.checked)
    decided = service.decide(
        page.view.review_id,
        action,
        user=person.name,
        version=wish.version,
        fields=given or None,
        reason="instruction" if action == "return" and "reason" not in given else "",
        note=wish.note,
        goes_on=False,
        key=wish.key,
    )
    service.queue.desk.drop(page.view.review_id, person.name)
    place.pace.decided(place.project.resources, person.name)
    return decided


def carry_out(place: Place, decided: Decided) -> Future[Decided] | None:
    """Ask the worker to go on with a stored decision; None if nothing follows now: it can be undone, for example."""
    return place.worker.soon(decided.review_id) if decided.run_status == STORED else None


def unchecked(service: ReviewService, page: ReviewPage, foreseen: ForeseenDecision, text: str) -> Mapping[str, str]:
    """Key to the words of each claim without evidence that must be checked first; empty where nothing is sent."""
    if not page.must_check or not page.is_open or not (foreseen.effects or foreseen.text):
        return {}
    grounds = service.grounds(page.view.review_id)
    found = draft_claims(service, page.item, page.view, grounds, foreseen.text or text, foreseen.effects)
    return unsupported_keys(found)


def _require_checked(
    service: ReviewService,
    person: Person,
    page: ReviewPage,
    action: str,
    given: Mapping[str, JsonValue],
    checked: Sequence[str],
) -> None:
    """Raise unless each claim without evidence that is about to be sent was checked; only where the graph has a risk.

    Raises:
        DataError: `review.unchecked`.
    """
    if not page.must_check or not page.is_open:
        return
    foreseen = service.foresee(page.view.review_id, action, user=person.name, fields=given or None)
    text = page.text if not given else str(next(iter(given.values())))
    asked = unchecked(service, page, foreseen, text)
    left = [words for key, words in asked.items() if key not in checked]
    if left:
        what = f"{len(left)} statements have no evidence and are not checked, the first: {left[0][:_SHOWN]!r}"
        raise DataError("review.unchecked", what, fix="tick each as checked, or remove it")
    if checked and (foreseen.effects or foreseen.text):
        service.queue.desk.confirm(page.view.review_id, person.name, [one for one in checked if one in asked])
