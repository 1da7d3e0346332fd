"""Reopens reviews of which an effect was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from compound.effect.types import EffectStatus
from compound.errors import EffectRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compound.effect.outbox import Outbox
    from compound.effect.types import EffectResult
    from compound.review.queue.queue import ReviewQueue


_OPEN_ENDED: Final = frozenset({EffectStatus.FAILED, EffectStatus.SENDING, EffectStatus.UNKNOWN})


def reopen_refused(queue: ReviewQueue, outbox: Outbox, run_id: str) -> tuple[str, ...]:
    """Reopen the reviews of a run whose decision includes a refused effect; returns their ids.

    Any other failure (a locked database, a full disk, an unknown outcome) reopens nothing: the decision stands, and
    its effects are retried under their keys. A review is reopened only when every other effect of its decision has
    ended; effects that are still pending are withdrawn.
    """
    from compound.review import ReviewFilter, Status

    reopened: list[str] = []
    for review in queue.list(ReviewFilter(run_id=run_id, statuses=(Status.DECIDED,))):
        effects = outbox.for_decision(queue.decisions(review.review_id)[-1].decision_id)
        refused = next((one for one in effects if one.status is EffectStatus.REFUSED), None)
        if refused is not None and not any(one.status in _OPEN_ENDED for one in effects):
            outbox.cancel([one.call.key for one in effects if one.status is EffectStatus.SCHEDULED], actor="outbox")
            queue.reopen(review.review_id, _told(refused, effects))
            reopened.append(review.review_id)
    return tuple(reopened)


def _told(refused: EffectResult, effects: Sequence[EffectResult]) -> EffectRefused:
    done = ", ".join(one.call.name for one in effects if one.status is EffectStatus.SENT)
    what = f"{refused.call.name} was refused: {refused.of_error('what') or 'no reason given'}"
    rest = f"; {done} was done before it and is kept" if done else "; nothing was done"
    return EffectRefused(refused.of_error("code") or "effect.refused", what + rest, fix=refused.of_error("fix"))
