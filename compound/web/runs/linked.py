"""What a run led to: its reviews with their decisions, and its effects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compound.project.view.times import moment
from compound.web.identity.roles import Right

if TYPE_CHECKING:
    from compound.project import Project
    from compound.project.review.effects import EffectView
    from compound.web.identity.people import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedReview:
    """A review of the run.

    Attributes:
        decisions: Who decided what, and when, oldest first.
    """

    review_id: str
    node: str
    status: str
    title: str
    decisions: Sequence[tuple[str, str, str]] = ()


def reviews_of(project: Project, person: Person, run_id: str) -> list[LinkedReview]:
    """The reviews of a run that the person may see, oldest first."""
    from compound.review import ReviewFilter

    if not person.may(Right.READ):
        return []
    queue = project.services.queue
    items = [one for one in queue.list(ReviewFilter(run_id=run_id)) if person.sees(one.queue)]
    return [
        LinkedReview(
            review_id=item.review_id,
            node=item.node,
            status=item.status.value,
            title=item.subject,
            decisions=[(one.actor, one.action, moment(one.decided_at)) for one in queue.decisions(item.review_id)],
        )
        for item in sorted(items, key=lambda one: one.created_at)
    ]


def effects_of(project: Project, run_id: str) -> Sequence[EffectView]:
    """The effects of a run, oldest first."""
    return list(reversed(project.effects().list(run_id=run_id)))
