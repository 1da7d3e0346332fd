"""Batches: run a backlog as one job, with a ledger, bounded concurrency, ordered effects and dead letters.

Running the same command again resumes a batch: settled items stay settled, and an item that was in flight continues
its run, with the finished calls and effects. An item that another run of the graph has answered is not run again.
"""

from __future__ import annotations

from compound.batch.types import BatchEvent, BatchOptions, BatchSummary, DeadLetter, ItemStatus, ServiceDown

__all__ = ["BatchEvent", "BatchOptions", "BatchSummary", "DeadLetter", "ItemStatus", "ServiceDown"]
