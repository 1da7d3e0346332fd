"""Retrieval of passages: documents, an atomically published index, and hybrid search.

`build_index` synchronizes an index with its documents; `Retriever.search` combines BM25 and MiniLM vectors. Every
passage has its character span in the stored source version.
"""

from __future__ import annotations

from compound.retrieval._build import IndexReport, build_index
from compound.retrieval._chunkers import MarkdownChunker, TextChunker, WholeChunker
from compound.retrieval._embedders import NoEmbedder, embedding_beside, open_embedder
from compound.retrieval._fusion import fuse
from compound.retrieval._plugged import PluggedRetriever
from compound.retrieval._retriever import Retriever
from compound.retrieval._types import (
    AccessPolicy,
    Chunk,
    Chunker,
    Document,
    Embedder,
    Mode,
    Passage,
    Reranker,
    Searcher,
    SearchResult,
)

__all__ = [
    "AccessPolicy",
    "Chunk",
    "Chunker",
    "Document",
    "Embedder",
    "IndexReport",
    "MarkdownChunker",
    "Mode",
    "NoEmbedder",
    "Passage",
    "PluggedRetriever",
    "Reranker",
    "Retriever",
    "SearchResult",
    "Searcher",
    "TextChunker",
    "WholeChunker",
    "build_index",
    "embedding_beside",
    "fuse",
    "open_embedder",
]
