"""What becomes of a decision whose effects did not all happen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from compound.effect._types import EffectStatus
from compound.errors import EffectRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compound.effect._outbox import Outbox
    from compound.effect._types import EffectResult
    from compound.review.queue.queue import ReviewQueue


_OPEN_ENDED: Final = frozenset({EffectStatus.FAILED, EffectStatus.SENDING, EffectStatus.UNKNOWN})


def reopen_refused(queue: ReviewQueue, outbox: Outbox, run_id: str) -> tuple[str, ...]:
    """Bring back the items of a run of whose decision an effect was refused; gives their ids.

    Whatever else can be wrong with an effect (a locked database, a full disk, nobody knows) is no reason to ask
    again: the decision stands, and the same effects are tried again under their keys. So an item comes back only
    when every other effect of its decision has an end too; what waits to go out is taken back.
    """
    from compound.review import ItemFilter, Status

    reopened: list[str] = []
    for item in queue.list(ItemFilter(run_id=run_id, statuses=(Status.DECIDED,))):
        effects = outbox.for_decision(queue.decisions(item.item_id)[-1].decision_id)
        refused = next((one for one in effects if one.status is EffectStatus.REFUSED), None)
        if refused is not None and not any(one.status in _OPEN_ENDED for one in effects):
            outbox.cancel([one.effect_key for one in effects if one.status is EffectStatus.SCHEDULED], actor="outbox")
            queue.reopen(item.item_id, _told(refused, effects))
            reopened.append(item.item_id)
    return tuple(reopened)


def _told(refused: EffectResult, effects: Sequence[EffectResult]) -> EffectRefused:
    error = refused.error or {}
    done = ", ".join(one.effect for one in effects if one.status is EffectStatus.SENT)
    what = f"{refused.effect} was refused: {error.get('what') or 'no reason given'}"
    rest = f"; {done} was done before it and stays" if done else "; nothing was done"
    return EffectRefused(str(error.get("code") or "effect.refused"), what + rest, fix=str(error.get("fix") or ""))
