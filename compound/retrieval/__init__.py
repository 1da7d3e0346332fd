"""Finding passages: documents in, an index that is published whole, and a hybrid search over it.

`build_index` brings an index in step with its documents; `Retriever.search` joins BM25 and MiniLM vectors.
Every passage carries its character span in the stored source version.
"""

from __future__ import annotations

from compound.retrieval._types import Document, Embedder, Mode, Passage, Reranker, Searcher, SearchResult

__all__ = ["Document", "Embedder", "Mode", "Passage", "Reranker", "SearchResult", "Searcher"]
