"""A backlog as one job: a ledger, bounded concurrency, effects in order, dead letters.

Running the same command again is how a batch is resumed: settled tickets stay settled, a ticket that was in
flight goes on under the same run, whose finished calls and effects are found again. A ticket that any run of the
graph has answered is not answered again.
"""

from __future__ import annotations

from compound.batch._types import BatchEvent, BatchOptions, BatchSummary, DeadLetter, ItemStatus, ServiceDown

__all__ = ["BatchEvent", "BatchOptions", "BatchSummary", "DeadLetter", "ItemStatus", "ServiceDown"]
