"""Record stores: operational databases that effects change, SQLite in one file or PostgreSQL by URL.

Rows are read and changed as documents, declared in `connectors/NAME.yaml`. Each group of effects is one transaction
that also stores their keys (delivery class A): delivering the group again changes nothing.
"""

from __future__ import annotations

from compound.connector.records.documents import RecordDocuments
from compound.connector.records.transaction import RecordsTransaction

__all__ = ["RecordDocuments", "RecordsTransaction"]
