"""Reviews: a queue of drafts that wait for a person, and the decisions about them.

The queue, not the graph, owns the decision. All changes are compare-and-swap in the state store; the
transitions are one table (`TRANSITIONS`). Effects are not here: a decided run is resumed once and hands them
to the outbox.
"""

from __future__ import annotations

from compound.review.stored.lists import ReviewFilter
from compound.review.stored.machine import Status
from compound.review.stored.types import Edit

__all__ = ["Edit", "ReviewFilter", "Status"]
