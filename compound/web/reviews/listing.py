"""The list of reviews: views with counts, and rows that say what an approval would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from compound.review import ReviewFilter, Status
from compound.review.item.machine import UNDECIDED

if TYPE_CHECKING:
    from compound.project import Project, ReviewRow
    from compound.web.identity.people import Person

PAGE: Final = 50
"""Rows of a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A saved view of the list.

    Attributes:
        key: In the address: `/reviews?view=ready`.
        name: Its name; translated in the template.
        where: What it shows.
    """

    key: str
    name: str
    where: ReviewFilter


def views_for(person: Person) -> Sequence[View]:
    """The views that everybody has."""
    waiting = tuple(sorted(UNDECIDED - {Status.SNOOZED}))
    return (
        View(key="open", name="Open", where=ReviewFilter(statuses=waiting)),
        View(key="mine", name="Mine", where=ReviewFilter(statuses=waiting, user=person.name)),
        View(key="ready", name="Ready", where=ReviewFilter(statuses=waiting, ready=True)),
        View(key="look", name="Needs a look", where=ReviewFilter(statuses=waiting, ready=False)),
        View(key="second", name="Second approval", where=ReviewFilter(statuses=(Status.AWAITING_SECOND,))),
        View(key="stale", name="Out of date", where=ReviewFilter(statuses=(Status.STALE,))),
        View(key="snoozed", name="Snoozed", where=ReviewFilter(statuses=(Status.SNOOZED,))),
        View(key="decided", name="Decided", where=ReviewFilter(statuses=(Status.DECIDED,))),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """A page of the list.

    Attributes:
        views: Every view, with the number of its reviews that the person sees.
        rows: The reviews of the chosen view, most urgent first.
    """

    views: Sequence[tuple[View, int]]
    chosen: View
    rows: Sequence[ReviewRow]
    counts: Mapping[str, int]


def list_page(project: Project, person: Person, key: str) -> ListPage:
    """The list as a person sees it: only the queues of the person's teams."""
    service = project.reviews()
    views = views_for(person)
    chosen = next((one for one in views if one.key == key), views[0])
    rows = [one for one in service.list(chosen.where) if person.sees(one.queue)]
    counted = [(one, len(rows) if one is chosen else _count(project, person, one)) for one in views]
    return ListPage(views=counted, chosen=chosen, rows=rows[:PAGE], counts=service.counts())


def _count(project: Project, person: Person, view: View) -> int:
    return sum(person.sees(one.queue) for one in project.reviews().queue.list(view.where))
