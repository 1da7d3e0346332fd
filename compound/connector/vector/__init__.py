"""Indexes of passages: one port, three engines, atomically published versions.

`edge` is Qdrant's in-process engine and the default; `sqlite` is exact, small and the reference;
`qdrant` is a server. All engines use the same analyzer and
BM25, so changing the engine changes speed, not results.
"""

from __future__ import annotations

from compound.connector.vector.analyzer import count_terms
from compound.connector.vector.check import digest_of, document_digest
from compound.connector.vector.types import (
    Filter,
    Hit,
    IndexEngine,
    IndexManifest,
    IndexStore,
    StoredDocument,
    StoredPassage,
    Vector,
    Verification,
)

__all__ = [
    "Filter",
    "Hit",
    "IndexEngine",
    "IndexManifest",
    "IndexStore",
    "StoredDocument",
    "StoredPassage",
    "Vector",
    "Verification",
    "count_terms",
    "digest_of",
    "document_digest",
]
