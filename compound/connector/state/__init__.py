"""The state store: runs, reviews, decisions, outbox, batch ledger, leases, call journal, scores, audit log.

SQLite in one file by default, PostgreSQL by URL; the same SQL through SQLAlchemy Core. All tables: `tables`.
"""

from __future__ import annotations

from compound.connector.state import tables
from compound.connector.state._audit import AuditReport, append_audit, verify_audit
from compound.connector.state._digest import canonical, digest
from compound.connector.state._leases import Holder, Lease, Leases
from compound.connector.state._messages import Arrival, Arrived, Message, Messages
from compound.connector.state._owner import host_and_process, host_name, is_gone, this_owner
from compound.connector.state._store import StateStore
from compound.connector.state._tickets import RunItem, content_sha256

__all__ = [
    "Arrival",
    "Arrived",
    "AuditReport",
    "Holder",
    "Lease",
    "Leases",
    "Message",
    "Messages",
    "RunItem",
    "StateStore",
    "append_audit",
    "canonical",
    "content_sha256",
    "digest",
    "host_and_process",
    "host_name",
    "is_gone",
    "tables",
    "this_owner",
    "verify_audit",
]
