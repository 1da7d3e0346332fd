"""The state store: runs, reviews, decisions, outbox, batch ledger, call journal, scores, audit log.

SQLite in one file by default, PostgreSQL by URL; the same SQL through SQLAlchemy Core. All tables: `tables`.
"""

from __future__ import annotations

from compound.connector.state import tables
from compound.connector.state._audit import AuditReport, append_audit, canonical, digest, verify_audit
from compound.connector.state._owner import is_gone, this_owner
from compound.connector.state._store import StateStore

__all__ = [
    "AuditReport",
    "StateStore",
    "append_audit",
    "canonical",
    "digest",
    "is_gone",
    "tables",
    "this_owner",
    "verify_audit",
]
