"""Which effects a stored decision allows: exactly the shown ones, while it is valid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from compound.connector.state import tables
from compound.connector.state.digest import digest
from compound.errors import ConflictError

if TYPE_CHECKING:
    from compound.connector.target import EffectGroup

_DECISION, _ITEM = tables.decision, tables.review_item
_NEVER: Final = ("reject", "return", "escalate")


def require_standing(db: Connection, group: EffectGroup) -> None:
    """Raise unless the group's decision is valid and allows its effects; an unknown decision allows any.

    Raises:
        ConflictError: `effect.not-decided`.
    """
    row = db.execute(
        sa.select(_DECISION.c.action, _DECISION.c.final, _DECISION.c.version, _ITEM.c.status)
        .add_columns(_ITEM.c.version.label("item_version"), _DECISION.c.draft)
        .join(_ITEM, _ITEM.c.review_id == _DECISION.c.review_id)
        .where(_DECISION.c.decision_id == group.decision_id)
    ).first()
    if row is None:
        return
    # a decision increments the item's version by one; an undo, a refused effect or a new decision increments it again
    is_standing = row.final and row.status == "decided" and row.item_version == row.version + 1
    if row.action in _NEVER or not is_standing:
        raise ConflictError(
            "effect.not-decided",
            f"decision {group.decision_id[:12]} ({row.action}) allows no effect: its item is {row.status}",
        )
    if group.effects:
        _require_shown(row.draft, row.action, group)


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
            fix="draft the item again: compound review redraft",
        )
