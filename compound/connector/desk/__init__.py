"""The desk: where tickets come from (JSONL, Delta, published tasks) and where replies go, each once."""

from __future__ import annotations

from compound.connector.desk._desk import Desk, DeskPerformer, DeskTransaction
from compound.connector.desk._replies import Sent
from compound.connector.desk._sources import Entry, read_tickets, task_ticket
from compound.connector.desk._ticket import DeskProblem, Ticket

__all__ = [
    "Desk",
    "DeskPerformer",
    "DeskProblem",
    "DeskTransaction",
    "Entry",
    "Sent",
    "Ticket",
    "read_tickets",
    "task_ticket",
]
