"""A backlog as one job: a ledger, bounded concurrency, effects in order, dead letters.

Running the same command again is how a batch is resumed: settled tickets stay settled, a ticket that was in
flight goes on under the same run, whose finished calls and effects are found again. A ticket that any run of the
graph has answered is not answered again.
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
