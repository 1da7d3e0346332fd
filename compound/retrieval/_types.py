"""What goes into an index, what comes out of a search, and the ports of this room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from compound.connector.vector import Filter, Vector
from compound.connector.vector._types import Scalar

Mode: TypeAlias = Literal["hybrid", "lexical", "dense"]
"""How a search ranks: by words (`lexical`), by vectors (`dense`), or by both (`hybrid`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document to index.

    Attributes:
        id: Stable key in its source; the sync compares by it.
        text: The whole text.
        title: Shown with and searched by every passage.
        source: Path or table it came from, as the user would type it.
        version: The source's version of it; its content hash when empty.
        meta: Strings, whole numbers and truth values to filter by and to show.
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
    """One found passage.

    Attributes:
        id: `<doc_id>#<ordinal>`.
        start: First character in the stored source version.
        end: One past the last; `retriever.source(doc_id)[start:end] == text`.
        score: Fused score, 0 to 1 in hybrid mode; the leg's own score in the others.
        scores: Leg (`lexical`, `dense`) to its own score; a leg that did not find it is absent.
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
        """The passage as a JSON record: the value that a graph's `retrieve` node hands on."""
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
    """What a search found.

    Attributes:
        passages: Best first.
        degraded: What could not be done, and why: `dense: the index has no vectors`; empty when all was.
        mode: The mode that answered.
        index: Name of the index.
        version: Its version.
    """

    passages: tuple[Passage, ...]
    degraded: tuple[str, ...]
    mode: Mode
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
        """Length of a vector; 0 when this embedder makes none."""
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
    """Cuts a document into spans of its own text."""

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
        """One score a passage, higher is better."""
        ...


class Searcher(Protocol):
    """What answers the searches of one index: a `Retriever`, or the retriever of a plug-in."""

    @property
    def version(self) -> str:
        """Of what it searches; cached values and certificates hold for one version."""
        ...

    def search(self, query: str, *, top_k: int = 6, mode: Mode = "hybrid", where: Filter | None = None) -> SearchResult:
        """The best passages, at most `top_k`; called from several threads.

        Args:
            query: Any text.
            top_k: Passages, at most.
            mode: What the graph asks for; one that cannot be had is named in `SearchResult.degraded`.
            where: Metadata that every passage must have.
        """
        ...


class AccessPolicy(Protocol):
    """Which passages a principal may see."""

    def filter_for(self, principal: Mapping[str, object]) -> Filter:
        """Metadata that a passage must have; it is joined to the caller's filter by AND."""
        ...
