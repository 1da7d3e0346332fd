"""Indexes of passages: one port, three engines, versions that are published whole.

`edge` is Qdrant's in-process engine and the default; `sqlite` is exact, small and the reference;
`qdrant` is a server. All of them rank by the same analyzer and the same BM25, so a change of engine
changes speed, not answers.
"""

from __future__ import annotations

from compound.connector.vector._analyzer import count_terms
from compound.connector.vector._check import digest_of, document_digest
from compound.connector.vector._types import (
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
