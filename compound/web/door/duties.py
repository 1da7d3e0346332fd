"""Who may decide what, beyond the right to decide: escalated reviews, and the second of two approvals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compound.review.stored.offer import WITHOUT_EFFECTS
from compound.web.door.access import Refused
from compound.web.identity.roles import Right

if TYPE_CHECKING:
    from compound.project import ReviewView
    from compound.web.identity.person import Person


def need_duty(person: Person, view: ReviewView, action: str) -> None:
    """Raise unless the person may decide this review so.

    Raises:
        Refused: `web.no-right`: it was escalated, or it needs a second approval, and the person lacks
            `decide_second`.
    """
    is_second = view.status == "awaiting_second" and person.name != view.first_approver
    if view.level == 0 and (not is_second or action in WITHOUT_EFFECTS):
        return
    if not person.may(Right.DECIDE_SECOND):
        why = "was escalated" if view.level else f"needs a second approval, after {view.first_approver}"
        what = f"review {view.review_id} {why}, and {person.name} lacks the right {Right.DECIDE_SECOND.value!r}"
        raise Refused("web.no-right", what, fix="leave it to a senior, or ask an admin for the role")
