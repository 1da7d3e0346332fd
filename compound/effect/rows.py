"""Rows of the outbox; `move_group` makes every status change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from compound.connector.state import tables
from compound.connector.state.audit import append_audit
from compound.connector.target import EffectGroup, PlannedEffect
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
            group_key=self.key,
            decision_id=first["decision_id"],
            run_id=first["run_id"] or "",
            effects=tuple(
                PlannedEffect(effect_key=row["effect_key"], effect=row["effect"], args=row["args"]) for row in self.rows
            ),
            expected_versions=first["expected_versions"],
        )


def read_group(db: Connection, group_key: str) -> GroupRows:
    """The group's rows, in order."""
    query = sa.select(_OUTBOX).where(_OUTBOX.c.group_key == group_key).order_by(_OUTBOX.c.ordinal)
    return GroupRows(rows=tuple(db.execute(query).mappings()))


def read_results(db: Connection, keys: Sequence[str]) -> list[EffectResult]:
    """The status of these effects, in the order of the keys; unknown keys are left out."""
    rows = db.execute(sa.select(_OUTBOX).where(_OUTBOX.c.effect_key.in_(keys))).mappings()
    by_key = {row["effect_key"]: result_of(row) for row in rows}
    return [by_key[key] for key in keys if key in by_key]


def result_of(row: RowMapping) -> EffectResult:
    """The row as callers see it."""
    return EffectResult(
        effect_key=row["effect_key"],
        group_key=row["group_key"],
        decision_id=row["decision_id"],
        effect=row["effect"],
        target=row["target"],
        status=EffectStatus(row["status"]),
        args=row["args"],
        result=row["result"],
        error=row["error"],
        attempts=row["attempts"],
        run_id=row["run_id"] or "",
        node=row["node"] or "",
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
