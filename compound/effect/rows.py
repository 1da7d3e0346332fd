"""Rows of the outbox; `move_group` makes every status change."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from compound.connector.state import tables
from compound.connector.state.audit import append_audit
from compound.connector.state.digest import digest
from compound.connector.target import EffectCall, EffectGroup
from compound.effect.types import EffectResult, EffectStatus

if TYPE_CHECKING:
    from pydantic import JsonValue

_OUTBOX = tables.outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRows:
    """A group as read; all of its rows have the same status."""

    rows: tuple[RowMapping, ...]

    @property
    def key(self) -> str:
        """The group's key."""
        return self.rows[0]["group_key"]

    @property
    def status(self) -> EffectStatus:
        """Status of the group."""
        return EffectStatus(self.rows[0]["status"])

    @property
    def attempts(self) -> int:
        """Number of deliveries."""
        return self.rows[0]["attempts"]

    @property
    def target(self) -> str:
        """Name of its target."""
        return self.rows[0]["target"]

    def planned(self) -> EffectGroup:
        """The group for its target."""
        first = self.rows[0]
        return EffectGroup(
            key=self.key,
            decision_id=first["decision_id"],
            run_id=first["run_id"] or "",
            node=first["node"] or "",
            effects=tuple(call_of(row) for row in self.rows),
            expected_versions=first["expected_versions"],
        )


def effect_key_of(decision_id: str, effect: str, ordinal: int, *, node: str = "") -> str:
    """The key of an effect: a pure function of decision, effect, position and node."""
    return digest([decision_id, node, effect, ordinal])


def new_rows(group: EffectGroup, *, now: float, without: Container[int] = ()) -> list[dict[str, Any]]:
    """The rows of a group's effects, without those at some positions."""
    return [
        {
            "effect_key": effect_key_of(group.decision_id, call.name, ordinal, node=group.node),
            "group_key": digest([group.decision_id, group.node, call.target])[:32],
            "decision_id": group.decision_id,
            "run_id": group.run_id,
            "node": group.node,
            "ordinal": ordinal,
            "effect": call.name,
            "target": call.target,
            "args": dict(call.arguments),
            "body_sha256": digest([call.name, call.target, call.arguments]),
            "expected_versions": dict(group.expected_versions),
            "status": EffectStatus.SCHEDULED.value,
            "attempts": 0,
            "created_at": now,
            "updated_at": now,
        }
        for ordinal, call in enumerate(group.effects)
        if ordinal not in without
    ]


def read_group(db: Connection, group_key: str) -> GroupRows:
    """The group's rows, in order."""
    query = sa.select(_OUTBOX).where(_OUTBOX.c.group_key == group_key).order_by(_OUTBOX.c.ordinal)
    return GroupRows(rows=tuple(db.execute(query).mappings()))


def read_results(db: Connection, keys: Sequence[str]) -> list[EffectResult]:
    """The status of these effects, in the order of the keys; unknown keys are left out."""
    rows = db.execute(sa.select(_OUTBOX).where(_OUTBOX.c.effect_key.in_(keys))).mappings()
    by_key = {row["effect_key"]: result_of(row) for row in rows}
    return [by_key[key] for key in keys if key in by_key]


def call_of(row: RowMapping) -> EffectCall:
    """The effect of a row."""
    return EffectCall(
        name=row["effect"],
        arguments=row["args"],
        target=row["target"],
        node=row["node"] or "",
        key=row["effect_key"],
    )


def result_of(row: RowMapping) -> EffectResult:
    """The row as callers see it."""
    return EffectResult(
        call=call_of(row),
        status=EffectStatus(row["status"]),
        decision_id=row["decision_id"],
        run_id=row["run_id"] or "",
        group_key=row["group_key"],
        result=row["result"],
        error=row["error"],
        attempts=row["attempts"],
        sent_at=row["sent_at"],
    )


def move_group(
    db: Connection,
    group: GroupRows,
    to: EffectStatus,
    *,
    now: float,
    actor: str,
    results: Mapping[str, JsonValue] | None = None,
    **values: Any,  # noqa: ANN401  # columns of the table
) -> bool:
    """Compare-and-swap a group's status; returns False without a change if another process moved it first.

    Args:
        db: A connection from `StateStore.write`.
        group: The group as read.
        to: The new status.
        now: UTC seconds.
        actor: For the audit log.
        results: Effect key to result.
        **values: Other columns, the same for each row.
    """
    moved = db.execute(
        sa.update(_OUTBOX)
        .where(
            _OUTBOX.c.group_key == group.key,
            _OUTBOX.c.status == group.status.value,
            _OUTBOX.c.attempts == group.attempts,
            _OUTBOX.c.owner.is_not_distinct_from(group.rows[0]["owner"]),
        )
        .values(status=to.value, updated_at=now, **values)
    )
    if moved.rowcount != len(group.rows):
        return False
    for key, result in (results or {}).items():
        db.execute(sa.update(_OUTBOX).where(_OUTBOX.c.effect_key == key).values(result=result))
    append_audit(
        db,
        f"effect.{to.value}",
        at=now,
        actor=actor,
        subject=group.key,
        details={
            "decision_id": group.rows[0]["decision_id"],
            "effects": [[row["effect_key"], row["effect"], row["body_sha256"]] for row in group.rows],
            "from": group.status.value,
        },
    )
    return True
