"""Types of retrieval: documents, passages, results, and ports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from compound.connector.vector import Filter, Vector
from compound.connector.vector.types import Scalar

SearchMode: TypeAlias = Literal["hybrid", "lexical", "dense"]
"""How a search ranks: by words (`lexical`), by vectors (`dense`), or by both (`hybrid`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document to index.

    Attributes:
        id: Stable key in its source; used by the sync.
        text: The whole text.
        title: Shown and searched with every passage.
        source: Path or table of its origin, as a user would type it.
        version: Version in the source; default: its content hash.
        meta: Strings, integers and booleans for filters and display.
    """

    id: str
    text: str
    title: str = ""
    source: str = ""
    version: str = ""
    meta: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])


@dataclass(frozen=True, slots=True)
class Chunk:
    """A span of a document's text: `start` inclusive, `end` exclusive, and the headings above it."""

    start: int
    end: int
    heading: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A found passage.

    Attributes:
        id: `<doc_id>#<ordinal>`.
        start: First character in the stored source version.
        end: One past the last; `retriever.source(doc_id)[start:end] == text`.
        score: Fused score, 0 to 1, in hybrid mode; else the leg's score.
        scores: Leg (`lexical`, `dense`) to its score; legs that did not find it are absent.
        rank: From 1.
        meta: The document's metadata.
        heading: The headings above it, outermost first.
        indexed_at: When the index version was built, ISO 8601.
    """

    id: str
    doc_id: str
    text: str
    start: int
    end: int
    title: str
    source: str
    source_version: str
    score: float
    scores: Mapping[str, float]
    rank: int
    meta: Mapping[str, Scalar]
    heading: str = ""
    indexed_at: str = ""

    def to_json(self) -> dict[str, object]:
        """The passage as a JSON record: the value of a `retrieve` node."""
        return {
            "id": self.id,
            "doc_id": self.doc_id,
            "text": self.text,
            "start": self.start,
            "end": self.end,
            "title": self.title,
            "heading": self.heading,
            "source": self.source,
            "source_version": self.source_version,
            "score": self.score,
            "scores": dict(self.scores),
            "rank": self.rank,
            "meta": dict(self.meta),
            "indexed_at": self.indexed_at,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """The result of a search.

    Attributes:
        passages: Best first.
        degraded: Missing legs and why: `dense: the index has no vectors`; empty if complete.
        mode: The mode used.
        index: Name of the index.
        version: Its version.
    """

    passages: tuple[Passage, ...]
    degraded: tuple[str, ...]
    mode: SearchMode
    index: str
    version: str


class Embedder(Protocol):
    """Text to unit vectors."""

    @property
    def name(self) -> str:
        """`minilm`, `none`, ...; shown to people."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector; 0 if the embedder creates none."""
        ...

    @property
    def fingerprint(self) -> Mapping[str, str]:
        """Part (weights, tokenizer, normalisation) to its identity."""
        ...

    def embed(self, texts: Sequence[str]) -> Vector:
        """Embed passages: shape (len(texts), dimension), float32, rows of length 1."""
        ...

    def embed_query(self, text: str) -> Vector:
        """Embed a query: shape (dimension,), float32, length 1."""
        ...


class Chunker(Protocol):
    """Cuts a document into spans of its text."""

    @property
    def fingerprint(self) -> str:
        """Name and settings; part of the index's fingerprint."""
        ...

    def chunk(self, text: str) -> list[Chunk]:
        """Spans in order of start, within the text; an empty text has none."""
        ...


class Reranker(Protocol):
    """Reorders the best passages."""

    def rerank(self, query: str, passages: Sequence[str]) -> Sequence[float]:
        """One score per passage; higher is better."""
        ...


class Retriever(Protocol):
    """Searches an index: the built-in `IndexRetriever`, or a plug-in's."""

    @property
    def version(self) -> str:
        """Version of the searched data; cached values and certificates are bound to it."""
        ...

    def search(
        self, query: str, *, top_k: int = 6, mode: SearchMode = "hybrid", where: Filter | None = None
    ) -> SearchResult:
        """The best passages, at most `top_k`; must be thread-safe.

        Args:
            query: Any text.
            top_k: Passages, at most.
            mode: The requested mode; an unavailable one is listed in `SearchResult.degraded`.
            where: Metadata filter.
        """
        ...


class AccessPolicy(Protocol):
    """Decides which passages a principal may see."""

    def filter_for(self, principal: Mapping[str, object]) -> Filter:
        """The metadata filter of a principal, combined with the caller's by AND."""
        ...
