"""Events for webhooks, written in the transaction of what happened: told exactly if it happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final, cast

import sqlalchemy as sa

from compound.connector.state.serving.tables import webhook, webhook_delivery, webhook_event

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

OPENED: Final = "review.opened"
DECIDED: Final = "review.decided"
EFFECT: Final = "effect.done"
RUN: Final = "run.ended"
STOPPED: Final = "automation.stopped"
EVENTS: Final = (OPENED, DECIDED, EFFECT, RUN, STOPPED)
"""What a webhook can be told of: an item was opened, or finally decided; an effect was sent or refused, or its outcome
is unknown; a run is done, failed or cancelled; a certificate was withdrawn, and its rule decides nothing any more."""
_OF_AUDIT: Final = {
    "review.opened": OPENED,
    "review.decided": DECIDED,
    "effect.sent": EFFECT,
    "effect.refused": EFFECT,
    "effect.unknown": EFFECT,
    "certificate.revoked": STOPPED,
}
_TOLD: Final = ("run_id", "node", "level", "decision_id", "action", "version")


def tell_audited(  # noqa: PLR0913 - the columns of an audit row
    db: Connection, audited: str, *, seq: int, at: float, actor: str, subject: str, details: Mapping[str, object]
) -> None:
    """Tell the webhooks of an event of the audit log, if it is one of theirs: ids and names, never texts."""
    event = _OF_AUDIT.get(audited)
    if event is None:
        return
    data: dict[str, object] = {name: details[name] for name in _TOLD if name in details}
    if event == EFFECT:
        names = [one[1] for one in cast("Sequence[Sequence[str]]", details.get("effects", ()))]
        data |= {"group": subject, "status": audited.rpartition(".")[2], "effects": names}
    elif event == STOPPED:
        data |= {"certificate_id": subject, "actor": actor, "graph": details["graph"]}
    else:
        data |= {"review_id": subject, "actor": actor}
    tell(db, event, f"evt_{seq}", at=at, data=data)


def tell(db: Connection, event: str, event_id: str, *, at: float, data: Mapping[str, object]) -> None:
    """Write one delivery for each webhook that wants this event."""
    db.execute(_statement(), {"of_event": event, "event_id": event_id, "at": at, "told": dict(data)})


@cache
def _statement() -> sa.Insert:
    """Made once: creating a statement costs more than running it."""
    row = webhook_delivery.c
    at = sa.bindparam("at", type_=row.happened_at.type)
    values = sa.select(
        webhook.c.webhook_id,
        sa.bindparam("event_id", type_=row.event_id.type),
        webhook_event.c.event,
        sa.bindparam("told", type_=row.data.type),
        at,
        sa.literal("pending"),
        at,
        at,
    ).join(webhook_event, webhook_event.c.webhook_id == webhook.c.webhook_id)
    wanted = values.where(webhook_event.c.event == sa.bindparam("of_event"), webhook.c.is_disabled.is_(False))
    names = ["webhook_id", "event_id", "event", "data", "happened_at", "status", "due_at", "updated_at"]
    return sa.insert(webhook_delivery).from_select(names, wanted)
