"""The state machine of a review: one table of all transitions."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Status(StrEnum):
    """Status of a review; `decided`, `expired` and `withdrawn` are closed."""

    PENDING = "pending"
    IN_REVIEW = "in_review"
    AWAITING_SECOND = "awaiting_second"
    DECIDED = "decided"
    STALE = "stale"
    SNOOZED = "snoozed"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    """Events of a review."""

    CLAIM = "claim"
    RELEASE = "release"
    LAPSE = "lapse"
    SNOOZE = "snooze"
    WAKE = "wake"
    PROPOSE = "propose"
    """An approval or an edit that needs a second approver."""
    DECIDE = "decide"
    AUTO = "auto"
    CHANGE = "change"
    """A row that the draft was made from changed."""
    REFUSE = "refuse"
    """An effect of the decision was refused; no effect ran."""
    RECALL = "recall"
    """What the decided draft was made from changed before its run resumed."""
    UNDO = "undo"
    REDRAFT = "redraft"
    AMEND = "amend"
    """An edit led to a new draft, which is shown before anybody decides."""
    EXPIRE = "expire"
    WITHDRAW = "withdraw"


UNDECIDED = frozenset({Status.PENDING, Status.IN_REVIEW, Status.AWAITING_SECOND, Status.STALE, Status.SNOOZED})

_P, _R, _S, _D = Status.PENDING, Status.IN_REVIEW, Status.AWAITING_SECOND, Status.DECIDED
_X, _Z = Status.STALE, Status.SNOOZED

TRANSITIONS: Mapping[tuple[Status, Event], Status] = MappingProxyType(
    {
        (_P, Event.CLAIM): _R,
        (_R, Event.CLAIM): _R,
        (_S, Event.CLAIM): _S,
        (_R, Event.RELEASE): _P,
        (_S, Event.RELEASE): _S,
        (_R, Event.LAPSE): _P,
        (_S, Event.LAPSE): _S,
        (_P, Event.SNOOZE): _Z,
        (_R, Event.SNOOZE): _Z,
        (_Z, Event.WAKE): _P,
        (_R, Event.PROPOSE): _S,
        (_S, Event.PROPOSE): _S,
        (_R, Event.DECIDE): _D,
        (_S, Event.DECIDE): _D,
        (_P, Event.AUTO): _D,
        (_P, Event.CHANGE): _X,
        (_R, Event.CHANGE): _X,
        (_S, Event.CHANGE): _X,
        (_Z, Event.CHANGE): _X,
        (_D, Event.REFUSE): _X,
        (_D, Event.RECALL): _X,
        (_D, Event.UNDO): _R,
        (_X, Event.REDRAFT): _P,
        (_P, Event.AMEND): _P,
        (_R, Event.AMEND): _R,
        (_S, Event.AMEND): _P,
        **{(status, Event.EXPIRE): Status.EXPIRED for status in UNDECIDED},
        **{(status, Event.WITHDRAW): Status.WITHDRAWN for status in UNDECIDED},
    }
)
"""(status, event) to the next status."""


def after(status: Status, event: Event) -> Status | None:
    """The next status; None if the event is not allowed in this status."""
    return TRANSITIONS.get((status, event))
