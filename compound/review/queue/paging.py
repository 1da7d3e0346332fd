"""Orders of lists, and the rows behind a given one: lists are read in parts without an offset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from compound.connector.state.tables import review
from compound.review.decision.leases import ORDER, Part, less_urgent

if TYPE_CHECKING:
    from compound.review.stored.lists import ReviewFilter, Sort

_I = review.c


def order_of(sort: Sort) -> Sequence[sa.ColumnElement[Any]]:
    """The order of a list; ids make it total."""
    if sort == "newest":
        return (_I.created_at.desc(), _I.review_id.desc())
    return ORDER if sort == "urgency" else (_I.created_at.asc(), _I.review_id.asc())


def behind(where: ReviewFilter) -> Sequence[Part]:
    """The rows behind `after`, part by part in the order of the list; all rows without it."""
    last, order = where.after, order_of(where.sort)
    if last is None:
        return [(sa.true(), order)]
    same = _I.created_at == last.created_at
    if where.sort == "newest":
        return [(same & (_I.review_id < last.review_id), order[1:]), (_I.created_at < last.created_at, order)]
    if where.sort == "oldest":
        return [(same & (_I.review_id > last.review_id), order[1:]), (_I.created_at > last.created_at, order)]
    return less_urgent(last.due_at, last.risk, last.created_at, last.review_id)
