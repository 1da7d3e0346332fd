"""Effects already done for a run: a later decision about the same node reuses their results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from compound.connector.state import tables
from compound.connector.state.digest import digest
from compound.effect.rows import call_of, move_group, read_group
from compound.effect.types import EffectStatus
from compound.errors import ConflictError

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.target import EffectCall, EffectGroup

_OUTBOX = tables.outbox
_OVER = frozenset({EffectStatus.REFUSED, EffectStatus.CANCELLED})

Canonical = Callable[[str, Mapping[str, "JsonValue"]], "JsonValue"]
"""Normalizes the arguments of an effect: `10` and `10.0` are the same amount."""


def plain(_effect: str, args: Mapping[str, JsonValue]) -> JsonValue:
    """The arguments unchanged."""
    return dict(args)


def identity(call: EffectCall, canonical: Canonical = plain) -> str:
    """The identity of an effect: its name and its normalized arguments."""
    return digest([call.name, canonical(call.name, call.arguments)])


def done_before(db: Connection, group: EffectGroup, *, canonical: Canonical, now: float) -> dict[int, str]:
    """The effects of a group that an earlier decision about the same node of the same run has done.

    Equal effects of one decision are counted: as many are reused as were done. Effects that an earlier decision only
    scheduled are cancelled, because that decision is no longer valid.

    Returns:
        Index of an effect in the group to the key of the effect that was done.

    Raises:
        ConflictError: `effect.unsettled`: the outcome of an earlier effect is unknown.
    """
    earlier = sa.select(_OUTBOX).where(
        _OUTBOX.c.run_id == group.run_id,
        _OUTBOX.c.node == group.node,
        _OUTBOX.c.decision_id != group.decision_id,
    )
    rows = (
        list(db.execute(earlier.order_by(_OUTBOX.c.created_at, _OUTBOX.c.ordinal)).mappings())
        if group.run_id and group.node
        else []
    )
    sent: dict[str, list[str]] = {}
    for row in rows:
        status = EffectStatus(row["status"])
        if status is EffectStatus.SENT:
            sent.setdefault(identity(call_of(row), canonical), []).append(row["effect_key"])
        elif status is EffectStatus.SCHEDULED:
            _cancel(db, row["group_key"], now=now)
        elif status not in _OVER:
            raise _unsettled(row)
    found: dict[int, str] = {}
    for place, call in enumerate(group.effects):
        if keys := sent.get(identity(call, canonical)):
            found[place] = keys.pop(0)
    return found


def _cancel(db: Connection, group_key: str, *, now: float) -> None:
    group = read_group(db, group_key)
    if group.status is EffectStatus.SCHEDULED:
        error: Mapping[str, JsonValue] = {"code": "effect.cancelled", "what": "its decision is no longer valid"}
        move_group(db, group, EffectStatus.CANCELLED, now=now, actor="outbox", error=error)


def _unsettled(row: RowMapping) -> ConflictError:
    key = str(row["effect_key"])[:12]
    return ConflictError(
        "effect.unsettled",
        f"{row['effect']} ({key}) of an earlier decision is {row['status']}: it may have happened",
        fix=f"check whether it happened, then: compound effects reconcile {key} --sent, or --not-sent",
    )
