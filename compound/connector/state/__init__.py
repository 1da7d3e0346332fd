"""The state store: runs, reviews, decisions, outbox, batch ledger, leases, call journal, scores, audit log.

SQLite in one file by default, PostgreSQL by URL; the same SQL through SQLAlchemy Core. All tables: `tables`.
"""

from __future__ import annotations

from compound.connector.state.store import StateStore

__all__ = ["StateStore"]
