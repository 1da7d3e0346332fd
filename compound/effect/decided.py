"""Which effects a stored decision allows: exactly the shown ones, while it is valid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from compound.connector.state import tables
from compound.connector.state.digest import digest
from compound.errors import ConflictError

if TYPE_CHECKING:
    from pydantic import JsonValue

_DECISION, _ITEM = tables.decision, tables.review_item
_NEVER: Final = ("reject", "return", "escalate")

Wanted: TypeAlias = "Sequence[tuple[str, str, Mapping[str, JsonValue]]]"
"""Effect, target and arguments, in order."""


def standing_refs(db: Connection, decision_id: str, wanted: Wanted, *, node: str) -> Mapping[str, int]:
    """The row versions of a valid decision that allows these effects; empty for an unknown decision.

    Raises:
        ConflictError: `effect.not-decided`.
    """
    row = db.execute(
        sa.select(_DECISION.c.action, _DECISION.c.final, _DECISION.c.refs, _DECISION.c.version, _ITEM.c.status)
        .add_columns(_ITEM.c.version.label("item_version"), _DECISION.c.draft)
        .join(_ITEM, _ITEM.c.review_id == _DECISION.c.review_id)
        .where(_DECISION.c.decision_id == decision_id)
    ).first()
    if row is None:
        return {}
    # a decision increments the item's version by one; an undo, a refused effect or a new decision increments it again
    is_standing = row.final and row.status == "decided" and row.item_version == row.version + 1
    if row.action in _NEVER or not is_standing:
        raise ConflictError(
            "effect.not-decided",
            f"decision {decision_id[:12]} ({row.action}) allows no effect: its item is {row.status}",
        )
    if wanted:
        _require_shown(row.draft, row.action, decision_id, wanted, node)
    return row.refs


def _require_shown(draft: Mapping[str, Any], action: str, decision_id: str, wanted: Wanted, node: str) -> None:
    """Raise if a node's effects differ from those shown with the decision."""
    if node not in draft.get("covers", ()):
        return
    effects = cast("list[Mapping[str, Any]]", draft.get("effects", {}).get(action, []))
    shown = [(one["effect"], one["target"], one["arguments"]) for one in effects if one["node"] == node]
    if digest([list(one) for one in shown]) != digest([[name, target, dict(args)] for name, target, args in wanted]):
        raise ConflictError(
            "effect.not-decided",
            f"node {node} has other effects than decision {decision_id[:12]} ({action}) was shown with",
            fix="draft the item again: compound review redraft",
        )
