"""Orders of lists, and the condition for the rows behind a given one: lists are read in parts without an offset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from compound.connector.state.tables import review
from compound.review.decision.leases import ORDER

if TYPE_CHECKING:
    from compound.review.stored.lists import After, ReviewFilter, Sort

_I = review.c


def order_of(sort: Sort) -> Sequence[sa.ColumnElement[Any]]:
    """The order of a list; ids make it total."""
    if sort == "newest":
        return (_I.created_at.desc(), _I.review_id.desc())
    return ORDER if sort == "urgency" else (_I.created_at.asc(), _I.review_id.asc())


def behind(where: ReviewFilter) -> list[sa.ColumnElement[bool]]:
    """The condition for rows behind `after`; none without it."""
    last = where.after
    if last is None:
        return []
    if where.sort == "newest":
        same = (_I.created_at == last.created_at) & (_I.review_id < last.review_id)
        return [(_I.created_at < last.created_at) | same]
    older = (_I.created_at > last.created_at) | ((_I.created_at == last.created_at) & (_I.review_id > last.review_id))
    return [older if where.sort == "oldest" else _less_urgent(last, older)]


def _less_urgent(last: After, older: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    rest = (_I.risk < last.risk) | ((_I.risk == last.risk) & older)
    if last.due_at is None:
        return _I.due_at.is_(None) & rest
    return (_I.due_at > last.due_at) | _I.due_at.is_(None) | ((_I.due_at == last.due_at) & rest)
