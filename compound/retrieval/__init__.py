"""Retrieval of passages: documents, an atomically published index, and hybrid search.

`build_index` synchronizes an index with its documents; `IndexRetriever.search` combines BM25 and MiniLM vectors. Every
passage has its character span in the stored source version.
"""

from __future__ import annotations

from compound.retrieval.types import Document, Embedder, Passage, Reranker, Retriever, SearchMode, SearchResult

__all__ = ["Document", "Embedder", "Passage", "Reranker", "Retriever", "SearchMode", "SearchResult"]
