"""Batches: run a backlog as one job, with a ledger, bounded concurrency, ordered effects and dead letters.

Running the same command again resumes a batch: settled items stay settled, and an item that was in flight continues
its run, with the finished calls and effects. An item that another run of the graph has answered is not run again.
"""

from compound.batch._gate import OrderGate, keys_of
from compound.batch._ledger import Ledger, dead_of, reconcile_runs, run_id_of, unsettled_runs
from compound.batch._runner import BatchRunner
from compound.batch._trouble import is_out_of_room
from compound.batch._types import (
    SETTLED,
    BacklogItem,
    BatchEvent,
    BatchOptions,
    BatchSummary,
    DeadLetter,
    Gate,
    ItemStatus,
    LedgerItem,
    Outcome,
    ServiceDown,
    TicketRunner,
)

__all__ = [
    "SETTLED",
    "BacklogItem",
    "BatchEvent",
    "BatchOptions",
    "BatchRunner",
    "BatchSummary",
    "DeadLetter",
    "Gate",
    "ItemStatus",
    "Ledger",
    "LedgerItem",
    "OrderGate",
    "Outcome",
    "ServiceDown",
    "TicketRunner",
    "dead_of",
    "is_out_of_room",
    "keys_of",
    "reconcile_runs",
    "run_id_of",
    "unsettled_runs",
]
