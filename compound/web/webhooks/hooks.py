"""The webhooks of a project: add, list, remove, and what became of their deliveries."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

import sqlalchemy as sa

from compound.connector.state.audit import append_audit
from compound.connector.state.serving.tables import webhook, webhook_delivery, webhook_event
from compound.connector.state.serving.webhooks import EVENTS
from compound.errors import DataError, choices

if TYPE_CHECKING:
    from compound.connector.state import StateStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A webhook, without its secret.

    Attributes:
        pending: Deliveries that are still tried; `dead` ones are given up.
    """

    webhook_id: str
    url: str
    events: tuple[str, ...]
    created_by: str
    created_at: float
    pending: int = 0
    delivered: int = 0
    dead: int = 0
    last_error: str = ""


class Hooks:
    """The webhooks of a state store.

    Args:
        store: The state store.
        clock: Returns UTC seconds.
    """

    def __init__(self, store: StateStore, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock

    def add(self, url: str, events: Sequence[str], *, by: str) -> tuple[str, str]:
        """Add a webhook for some events, or for all; its id, and the secret of its signatures, which is shown once.

        Raises:
            DataError: `webhook.url`, `webhook.event`.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            what = f"{url!r} is not an http or https address without a user name"
            raise DataError("webhook.url", what, fix="https://example.com/hooks/compound")
        unknown = next((one for one in events if one not in EVENTS), None)
        if unknown is not None:
            raise DataError("webhook.event", f"event {unknown!r} does not exist", fix=choices(EVENTS, unknown))
        hook_id, now = f"hook_{uuid4().hex[:12]}", self._clock()
        secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
        wanted = list(dict.fromkeys(events)) or list(EVENTS)
        with self._store.write() as db:
            row = {"webhook_id": hook_id, "url": url, "secret": secret, "created_by": by, "created_at": now}
            db.execute(sa.insert(webhook), row)
            db.execute(sa.insert(webhook_event), [{"webhook_id": hook_id, "event": event} for event in wanted])
            details = {"host": parts.hostname, "events": ",".join(wanted)}
            append_audit(db, "webhook.added", at=now, actor=by, subject=hook_id, details=details)
        return hook_id, secret

    def list(self) -> Sequence[Hook]:
        """Every webhook with the numbers of its deliveries, oldest first."""
        row = webhook_delivery.c
        counts = sa.select(row.webhook_id, row.status, sa.func.count()).group_by(row.webhook_id, row.status)
        failed = sa.select(row.webhook_id, row.error).where(row.error.is_not(None)).order_by(row.updated_at)
        with self._store.read() as db:
            hooks = db.execute(sa.select(webhook).order_by(webhook.c.created_at, webhook.c.webhook_id)).all()
            numbers = {(hook_id, status): number for hook_id, status, number in db.execute(counts)}
            errors = {hook_id: error for hook_id, error in db.execute(failed)}
            events = db.execute(sa.select(webhook_event).order_by(webhook_event.c.event)).all()
        return [
            Hook(
                webhook_id=one.webhook_id,
                url=one.url,
                events=tuple(wanted.event for wanted in events if wanted.webhook_id == one.webhook_id),
                created_by=one.created_by,
                created_at=one.created_at,
                pending=numbers.get((one.webhook_id, "pending"), 0),
                delivered=numbers.get((one.webhook_id, "delivered"), 0),
                dead=numbers.get((one.webhook_id, "dead"), 0),
                last_error=errors.get(one.webhook_id, ""),
            )
            for one in hooks
        ]

    def remove(self, hook_id: str, *, by: str) -> None:
        """Remove a webhook with its deliveries.

        Raises:
            DataError: `webhook.unknown-webhook`.
        """
        with self._store.write() as db:
            self._require(db, hook_id)
            for table in (webhook_delivery, webhook_event, webhook):
                db.execute(sa.delete(table).where(table.c.webhook_id == hook_id))
            append_audit(db, "webhook.removed", at=self._clock(), actor=by, subject=hook_id, details={})

    def retry(self, hook_id: str) -> int:
        """Try the dead deliveries of a webhook again; their number.

        Raises:
            DataError: `webhook.unknown-webhook`.
        """
        is_dead = (webhook_delivery.c.webhook_id == hook_id) & (webhook_delivery.c.status == "dead")
        values = {"status": "pending", "attempts": 0, "due_at": self._clock(), "updated_at": self._clock()}
        with self._store.write() as db:
            self._require(db, hook_id)
            return db.execute(sa.update(webhook_delivery).where(is_dead).values(values)).rowcount

    def _require(self, db: sa.Connection, hook_id: str) -> None:
        known = list(db.execute(sa.select(webhook.c.webhook_id)).scalars())
        if hook_id not in known:
            what = f"webhook {hook_id!r} does not exist"
            raise DataError("webhook.unknown-webhook", what, fix=choices(known, hook_id))
