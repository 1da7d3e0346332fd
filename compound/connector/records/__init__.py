"""Records: an operational database that effects act on, SQLite in one file or PostgreSQL by URL.

Its rows are read and changed as documents, as a file `connectors/NAME.yaml` declares. It performs each group of
effects in one transaction and remembers the keys (delivery class A): the same group again changes nothing.
"""

from __future__ import annotations

from compound.connector.records._documents import Documents
from compound.connector.records._transaction import RecordsTransaction

__all__ = ["Documents", "RecordsTransaction"]
