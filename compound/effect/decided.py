"""Which effects a stored decision allows: exactly the shown ones, while it is valid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from compound.connector.state import tables
from compound.connector.state.digest import digest
from compound.connector.state.messages import newer
from compound.errors import ConflictError

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.target import EffectGroup

_DECISION, _REVIEW = tables.decision, tables.review
_NEVER: Final = ("reject", "return", "escalate")
_STANDING: Final = (
    sa.select(_DECISION.c.action, _DECISION.c.final, _DECISION.c.refs, _DECISION.c.version, _REVIEW.c.status)
    .add_columns(_REVIEW.c.version.label("review_version"), _DECISION.c.draft)
    .join(_REVIEW, _REVIEW.c.review_id == _DECISION.c.review_id)
    .where(_DECISION.c.decision_id == sa.bindparam("of_decision"))
)


def require_standing(db: Connection, group: EffectGroup) -> None:
    """Raise unless the group's decision is valid and allows its effects; an unknown decision allows any.

    Raises:
        ConflictError: `effect.not-decided`.
    """
    row = db.execute(_STANDING, {"of_decision": group.decision_id}).first()
    if row is None:
        return
    if not _is_standing(row):
        raise ConflictError("effect.not-decided", _not_decided(group.decision_id, row))
    if group.effects:
        _require_shown(row.draft, row.action, group)


def recalled(db: Connection, decision_id: str) -> Mapping[str, JsonValue] | None:
    """Why the effects of a decision must not be sent any more, as an error record; None if they may.

    The decision was undone, or a new message of the customer arrived. Until the transaction ends neither can happen.

    Args:
        db: A connection from `StateStore.write`.
        decision_id: The decision; one that the queue does not know allows its effects.
    """
    row = db.execute(_STANDING.with_for_update(of=_REVIEW), {"of_decision": decision_id}).first()
    if row is None:
        return None
    if not _is_standing(row):
        return {"code": "effect.not-decided", "what": _not_decided(decision_id, row), "fix": ""}
    if came := newer(db, row.refs or {}):
        fix = "draft the review again, then decide: compound review redraft"
        return {"code": "review.stale", "what": f"it was decided before {came}", "fix": fix}
    return None


def _is_standing(row: Row[Any]) -> bool:
    # a decision increments the review's version by one; an undo, a refused effect or a new decision increments it again
    is_last = row.final and row.status == "decided" and row.review_version == row.version + 1
    return bool(is_last) and row.action not in _NEVER


def _not_decided(decision_id: str, row: Row[Any]) -> str:
    return f"decision {decision_id[:12]} ({row.action}) allows no effect: its review is {row.status}"


def _require_shown(draft: Mapping[str, Any], action: str, group: EffectGroup) -> None:
    """Raise if a node's effects differ from those shown with the decision."""
    if group.node not in draft.get("covers", ()):
        return
    effects = cast("list[Mapping[str, Any]]", draft.get("effects", {}).get(action, []))
    shown = [[one["name"], one.get("target", ""), one["arguments"]] for one in effects if one.get("node") == group.node]
    if digest(shown) != digest([[one.name, one.target, dict(one.arguments)] for one in group.effects]):
        raise ConflictError(
            "effect.not-decided",
            f"node {group.node} has other effects than decision {group.decision_id[:12]} ({action}) was shown with",
            fix="draft the review again: compound review redraft",
        )
