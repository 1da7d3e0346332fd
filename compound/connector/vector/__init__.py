"""Indexes of passages: one port, three engines, atomically published versions.

`edge` is Qdrant's in-process engine and the default; `sqlite` is exact, small and the reference;
`qdrant` is a server. All engines use the same analyzer and
BM25, so changing the engine changes speed, not results.
"""

from __future__ import annotations

from compound.connector.vector._analyzer import ANALYZER, analyze, count_terms
from compound.connector.vector._check import digest_of, document_digest
from compound.connector.vector._engine import open_engine
from compound.connector.vector._types import (
    Filter,
    Hit,
    IndexEngine,
    IndexManifest,
    IndexStore,
    Leg,
    Scalar,
    StoredDocument,
    StoredPassage,
    StoreKind,
    Vector,
    Verification,
)

__all__ = [
    "ANALYZER",
    "Filter",
    "Hit",
    "IndexEngine",
    "IndexManifest",
    "IndexStore",
    "Leg",
    "Scalar",
    "StoreKind",
    "StoredDocument",
    "StoredPassage",
    "Vector",
    "Verification",
    "analyze",
    "count_terms",
    "digest_of",
    "document_digest",
    "open_engine",
]
