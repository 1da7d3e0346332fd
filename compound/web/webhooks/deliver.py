"""Delivers what webhooks are told: signed, in turn, again after a failure, and given up after some."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import orjson
import sqlalchemy as sa
import structlog

from compound.connector.state.serving.tables import webhook, webhook_delivery
from compound.version import VERSION

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from compound.connector.state import StateStore
    from compound.project import Project

WAITS_S: Final = (5.0, 30.0, 120.0, 600.0, 3600.0, 3 * 3600.0, 8 * 3600.0)
"""Seconds before each further attempt; after the last one the delivery is dead."""
TIMEOUT_S: Final = 10.0
"""Seconds that a receiver has to answer."""
KEEP_S: Final = 30 * 24 * 3600.0
"""Deliveries that arrived or are dead are removed after this many seconds."""
_LEASE_S: Final = 60.0
_MOST: Final = 100
log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What a round of deliveries did: numbers of deliveries."""

    delivered: int = 0
    failed: int = 0
    dead: int = 0


def deliver_due(project: Project, now: float | None = None) -> Delivered:
    """Send everything that is due, at most 100 deliveries; several processes may do so at once.

    A receiver has it when it answers 2xx within 10 seconds. Redirects are not followed. A delivery may arrive twice,
    if a process ends between sending and writing that down: the header `webhook-id` is the same then.

    Args:
        project: An opened project.
        now: UTC seconds; default: the project's clock.
    """
    import httpx

    store, at = project.resources.state, project.resources.clock() if now is None else now
    counts = {"delivered": 0, "failed": 0, "dead": 0}
    due = _claim(store, at)
    if due:
        with httpx.Client(timeout=TIMEOUT_S, follow_redirects=False) as http:
            for row in due:
                counts[_deliver(store, http, row, at)] += 1
    return Delivered(**counts)


def _claim(store: StateStore, now: float) -> Sequence[Row[Any]]:
    """Due deliveries, which no other process tries for a minute."""
    row = webhook_delivery.c
    query = (
        sa.select(webhook_delivery, webhook.c.url, webhook.c.secret)
        .join(webhook, webhook.c.webhook_id == row.webhook_id)
        .where(row.status == "pending", row.due_at <= now, webhook.c.is_disabled.is_(False))
        .order_by(row.due_at, row.event_id)
        .limit(_MOST)
    )
    with store.read() as db:
        if db.execute(query.limit(1)).first() is None:  # most rounds have nothing to do, and take no lock
            return ()
    with store.write(durable=False) as db:
        found = db.execute(query.with_for_update(skip_locked=True, of=webhook_delivery)).all()
        for one in found:
            mine = (row.webhook_id == one.webhook_id) & (row.event_id == one.event_id)
            db.execute(sa.update(webhook_delivery).where(mine).values(due_at=now + _LEASE_S + TIMEOUT_S * len(found)))
        is_over = row.status.in_(("delivered", "dead")) & (row.updated_at < now - KEEP_S)
        db.execute(sa.delete(webhook_delivery).where(is_over))
        return found


def _deliver(store: StateStore, http: Any, row: Row[Any], now: float) -> str:  # noqa: ANN401 - an httpx client
    error = _send(http, row, now)
    attempts = row.attempts + 1
    values: dict[str, object] = {"attempts": attempts, "updated_at": now, "error": error or None}
    if not error:
        status = "delivered"
    elif attempts > len(WAITS_S):
        status = "dead"
        log.warning("webhook.dead", webhook=row.webhook_id, delivery=row.event_id, why=error)
    else:
        status = "pending"
        values["due_at"] = now + WAITS_S[attempts - 1]
    mine = (webhook_delivery.c.webhook_id == row.webhook_id) & (webhook_delivery.c.event_id == row.event_id)
    with store.write(durable=False) as db:
        db.execute(sa.update(webhook_delivery).where(mine).values(status=status, **values))
    return "failed" if status == "pending" else status


def _send(http: Any, row: Row[Any], now: float) -> str:  # noqa: ANN401 - an httpx client
    """Send one delivery; why it failed, empty if it arrived."""
    import httpx

    happened = datetime.fromtimestamp(row.happened_at, UTC).isoformat(timespec="milliseconds")
    body = orjson.dumps({"type": row.event, "timestamp": happened, "data": row.data})
    headers = {
        "content-type": "application/json",
        "user-agent": f"compound/{VERSION}",
        "webhook-id": row.event_id,
        "webhook-timestamp": str(int(now)),
        "webhook-signature": sign(row.secret, row.event_id, int(now), body),
    }
    try:
        answer = http.post(row.url, content=body, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"{type(error).__name__}"
    return "" if answer.is_success else f"status {answer.status_code}"


def sign(secret: str, event_id: str, timestamp: int, body: bytes) -> str:
    """The signature of a request, as Standard Webhooks writes it: `v1,` and the HMAC-SHA256 in base64."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b"%s.%d.%s" % (event_id.encode(), timestamp, body)
    return f"v1,{base64.b64encode(hmac.new(key, signed, sha256).digest()).decode()}"
