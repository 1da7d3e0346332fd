"""What was done for a run stays done: a later decision about the same node is answered with it, never does it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from compound.connector.state import tables
from compound.connector.state._digest import digest
from compound.effect._rows import move_group, read_group
from compound.effect._types import EffectStatus, NewEffect
from compound.errors import ConflictError

if TYPE_CHECKING:
    from pydantic import JsonValue

_OUTBOX = tables.outbox
_OVER = frozenset({EffectStatus.REFUSED, EffectStatus.CANCELLED})

Canonical = Callable[[str, Mapping[str, "JsonValue"]], "JsonValue"]
"""Name and arguments of an effect to its arguments in one spelling: `10` and `10.0` are one amount."""


def plain(_effect: str, args: Mapping[str, JsonValue]) -> JsonValue:
    """The arguments as they are written."""
    return dict(args)


def identity(effect: str, args: Mapping[str, JsonValue], canonical: Canonical = plain) -> str:
    """What two effects have in common that are one: the name, and the arguments in one spelling."""
    return digest([effect, canonical(effect, args)])


def done_before(  # noqa: PLR0913  # what a decision is about
    db: Connection,
    effects: Sequence[NewEffect],
    *,
    run_id: str,
    node: str,
    decision_id: str,
    canonical: Canonical,
    now: float,
) -> dict[int, str]:
    """Which of these effects an earlier decision about the same node of the same run has done.

    Two equal effects of one decision are two: as many are answered as were done. What an earlier decision only
    scheduled is cancelled, for that decision stands no more.

    Returns:
        Place among `effects` to the key of what was done.

    Raises:
        ConflictError: `effect.unsettled`: an earlier effect was handed over, and its end is not known.
    """
    earlier = sa.select(_OUTBOX).where(
        _OUTBOX.c.run_id == run_id, _OUTBOX.c.node == node, _OUTBOX.c.decision_id != decision_id
    )
    rows = (
        list(db.execute(earlier.order_by(_OUTBOX.c.created_at, _OUTBOX.c.ordinal)).mappings())
        if run_id and node
        else []
    )
    sent: dict[str, list[str]] = {}
    for row in rows:
        status = EffectStatus(row["status"])
        if status is EffectStatus.SENT:
            sent.setdefault(identity(row["effect"], row["args"], canonical), []).append(row["effect_key"])
        elif status is EffectStatus.SCHEDULED:
            _cancel(db, row["group_key"], now=now)
        elif status not in _OVER:
            raise _unsettled(row)
    found: dict[int, str] = {}
    for place, new in enumerate(effects):
        if keys := sent.get(identity(new.effect, new.args, canonical)):
            found[place] = keys.pop(0)
    return found


def _cancel(db: Connection, group_key: str, *, now: float) -> None:
    group = read_group(db, group_key)
    if group.status is EffectStatus.SCHEDULED:
        error: Mapping[str, JsonValue] = {"code": "effect.cancelled", "what": "its decision stands no more"}
        move_group(db, group, EffectStatus.CANCELLED, now=now, actor="outbox", error=error)


def _unsettled(row: RowMapping) -> ConflictError:
    key = str(row["effect_key"])[:12]
    return ConflictError(
        "effect.unsettled",
        f"{row['effect']} ({key}) of an earlier decision is {row['status']}: it may have happened",
        fix=f"find out whether it happened, then: compound effects reconcile {key} --sent, or --not-sent",
    )
