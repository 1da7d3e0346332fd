"""The list of reviews: views with counts, and rows that say what an approval would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from compound.project import ReviewRow
from compound.project.review.sight.foreseen import ForeseenDecision, ForeseenEffect
from compound.review import ReviewFilter, Status
from compound.review.queue.counting import SOON_S, Counted
from compound.review.stored.lists import ReviewSummary
from compound.review.stored.machine import UNDECIDED
from compound.web.identity.roles import Right
from compound.web.reviews.one.effects import verbs
from compound.web.reviews.paging import Search, cursor_of

if TYPE_CHECKING:
    from compound.project import Project
    from compound.web.identity.people import Person
    from compound.web.site.words import Words

PAGE: Final = 50
"""Rows of a page."""
VIEW_KEYS: Final = {"open": "o", "mine": "m", "ready": "r", "look": "l"}
"""View to the key that shows it, after `v`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A saved view of the list.

    Attributes:
        key: In the address: `/reviews?view=ready`.
        name: Its name; translated in the template.
        where: What it shows.
        due_in_s: Only reviews that are due within these seconds; None for all.
    """

    key: str
    name: str
    where: ReviewFilter
    due_in_s: float | None = None

    def at(self, now: float) -> ReviewFilter:
        """What it shows now."""
        return self.where if self.due_in_s is None else replace(self.where, due_before=now + self.due_in_s)


def views_for(person: Person) -> Sequence[View]:
    """The views that everybody has."""
    waiting = tuple(sorted(UNDECIDED - {Status.SNOOZED}))
    return (
        View(key="open", name="Open", where=ReviewFilter(statuses=waiting)),
        View(key="mine", name="Mine", where=ReviewFilter(statuses=waiting, user=person.name)),
        View(key="ready", name="Ready", where=ReviewFilter(statuses=waiting, ready=True)),
        View(key="look", name="Needs a look", where=ReviewFilter(statuses=waiting, ready=False)),
        View(key="due", name="Due < 1 h", where=ReviewFilter(statuses=waiting), due_in_s=SOON_S),
        View(key="unclaimed", name="Unclaimed", where=ReviewFilter(statuses=waiting, is_free=True)),
        View(key="second", name="Second approval", where=ReviewFilter(statuses=(Status.AWAITING_SECOND,))),
        View(key="escalated", name="Escalated", where=ReviewFilter(statuses=waiting, is_escalated=True)),
        View(key="stale", name="Out of date", where=ReviewFilter(statuses=(Status.STALE,))),
        View(key="snoozed", name="Snoozed", where=ReviewFilter(statuses=(Status.SNOOZED,))),
        View(key="decided", name="Decided", where=ReviewFilter(statuses=(Status.DECIDED,))),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A row of the list.

    Attributes:
        title: Title of the source item, in full.
        does: What an approval does: the names of its effects.
        due: `late`, `soon`, `later`; empty without a time.
        can_pick: Whether the person may approve it together with others.
    """

    row: ReviewRow
    title: str
    does: str
    due: str
    can_pick: bool

    @property
    def pick(self) -> str:
        """The review and its version, in a form."""
        return f"{self.row.review_id}.{self.row.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """A page of the list.

    Attributes:
        views: Every view, with the number of its reviews that the person sees.
        rows: The reviews of the chosen view.
        queues: Names of the queues that the person sees.
        next: Address of the next part; empty at the end.
        at: The server's time, UTC seconds.
    """

    search: Search
    views: Sequence[tuple[View, int]]
    chosen: View
    rows: Sequence[Shown]
    queues: Sequence[str]
    next: str
    at: float

    @property
    def open_count(self) -> int:
        """How many reviews wait that the person sees."""
        return next(n for view, n in self.views if view.key == "open")


def list_page(project: Project, person: Person, search: Search, words: Words) -> ListPage:
    """The list as a person sees it: only the queues of the person's teams."""
    service = project.reviews()
    if search.after is None:
        service.sweep(goes_on=False)
    queue, now = service.queue, service.queue.now()
    views = views_for(person)
    chosen = chosen_view(person, search)
    found = queue.list(replace(search.narrowed(chosen.at(now), person), limit=PAGE + 1))
    rows = found[:PAGE]
    counted = queue.counted()
    counts = _counts(counted, person)
    return ListPage(
        search=search,
        views=[(one, counts[one.key]) for one in views],
        chosen=chosen,
        rows=[shown(one, person, now, words) for one in rows],
        queues=[one for one in counted.queues if person.sees(one)],
        next=search.address(after=cursor_of(rows[-1])) if len(found) > PAGE else "",
        at=now,
    )


def chosen_view(person: Person, search: Search) -> View:
    """The view that a search names; the first if it names none."""
    views = views_for(person)
    return next((one for one in views if one.key == search.view), views[0])


def counts_of(project: Project, person: Person) -> Mapping[str, int]:
    """Key of each view to the number of its reviews that the person sees.

    The reviews are counted once for everybody.
    """
    return _counts(project.reviews().queue.counted(), person)


def _counts(counted: Counted, person: Person) -> Mapping[str, int]:
    return {one.key: counted.number(replace(one.at(0.0), queues=tuple(person.teams))) for one in views_for(person)}


def shown(review: ReviewSummary, person: Person, now: float, words: Words) -> Shown:
    """A review as a row."""
    row = ReviewRow.of(review, now)
    free = row.status == "pending" or (row.status == "in_review" and row.held_by == person.name)
    may = person.may(Right.DECIDE) and (not row.level or person.may(Right.DECIDE_SECOND))
    due = "" if review.due_at is None else "late" if review.due_at <= now else "later"
    return Shown(
        row=row,
        title=review.subject or row.item_id or row.asked_by,
        does=_does(review, words) or row.asked_by,
        due="soon" if due == "later" and (review.due_at or now) - now <= SOON_S else due,
        can_pick=bool(row.ready) and free and may and "approve" in review.draft.effects,
    )


def _does(review: ReviewSummary, words: Words) -> str:
    """The names of what an approval leads to, as its button says them; empty if nothing is known."""
    effects = tuple(
        ForeseenEffect(name=one.name, target=one.target, description="", arguments={})
        for one in review.draft.effects.get("approve", ())
    )
    said = verbs(ForeseenDecision(action="approve", effects=effects), words)
    return said or " · ".join(one.name.replace("_", " ") for one in review.draft.actions)
