"""The state store: runs, reviews, decisions, outbox, batch ledger, call journal, scores.

SQLite in one file by default, PostgreSQL by URL; the same SQL through SQLAlchemy Core. All tables: `tables`.
"""

from __future__ import annotations

from compound.connector.state import tables
from compound.connector.state._store import StateStore

__all__ = ["StateStore", "tables"]
