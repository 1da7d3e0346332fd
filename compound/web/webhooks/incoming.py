"""What a help desk tells us: signed like our own webhooks, so that nobody else can make reviews be read again."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

from compound.connector.state.messages import Messages
from compound.errors import CompoundError
from compound.review import ReviewFilter, Status
from compound.review.stored.machine import UNDECIDED
from compound.web.webhooks.deliver import sign

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compound.project import Project

OLDEST_S: Final = 300.0
"""Seconds by which the time of a notice may differ from ours."""
_MOST: Final = 200
_UNSENT: Final = (*sorted(UNDECIDED), Status.DECIDED)


class BadSignatureError(CompoundError):
    """A notice that was not signed with the secret of this server.

    Attributes:
        status: 401.
    """

    status = 401


def require_signed(headers: Mapping[str, str], body: bytes, secret: str, now: float) -> None:
    """Raise unless a notice is signed, as Standard Webhooks writes it, and recent.

    Args:
        headers: `webhook-id`, `webhook-timestamp` and `webhook-signature`: one or more of `v1,...`.
        body: The body as it was sent.
        secret: `whsec_` and the key in base64.
        now: UTC seconds.

    Raises:
        BadSignatureError: `hooks.signature`, `hooks.too-old`.
    """
    fix = "sign webhook-id, webhook-timestamp and the body with the secret, as Standard Webhooks describes"
    event_id, said, signed = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not event_id or not said.isascii() or not said.isdecimal() or len(said) > len("99999999999"):
        raise BadSignatureError("hooks.signature", "the notice has no webhook-id or no webhook-timestamp", fix=fix)
    wanted = sign(secret, event_id, int(said), body).encode()
    if not any(hmac.compare_digest(one.encode(), wanted) for one in signed.split()):
        raise BadSignatureError("hooks.signature", "the notice is not signed with the secret of this server", fix=fix)
    if abs(now - int(said)) > OLDEST_S:
        what = f"the notice is of another time: {abs(now - int(said)):.0f} s away"
        raise BadSignatureError("hooks.too-old", what, fix="send it when it happens, and set the clock")


def reread(project: Project, *, item_id: str = "", thread: str = "") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Compare the unsent reviews of a conversation with what they were drafted from; changed ones become stale.

    A decision that can still be undone is taken back if its draft is out of date.

    Args:
        project: An opened project.
        item_id: Id of a message of the conversation, or of an item that is no message.
        thread: What the help desk calls the conversation.

    Returns:
        Ids of the compared reviews, and of those that are stale now.
    """
    queue = project.reviews().queue
    names = {one for one in (item_id, *Messages(project.resources.state).named(item_id, thread)) if one}
    found = [
        row for name in sorted(names) for row in queue.list(ReviewFilter(statuses=_UNSENT, item_id=name, limit=_MOST))
    ]
    read = [
        queue.recall(row.review_id) if row.status is Status.DECIDED else queue.check_stale(row.review_id)
        for row in found
    ]
    return tuple(one.review_id for one in read), tuple(one.review_id for one in read if one.status is Status.STALE)
