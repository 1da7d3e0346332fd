"""Types of an index, and the port of the engines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Scalar: TypeAlias = str | int | bool
Filter: TypeAlias = Mapping[str, "Scalar | Sequence[Scalar]"]
"""Metadata key to the required value, or to a list of allowed values."""

Vector: TypeAlias = NDArray[np.float32]
"""Numbers of a text, float32: shape (dimension,), or (n, dimension) for n texts."""
StoreKind: TypeAlias = str
"""Name of an engine: `edge`, `sqlite`, `qdrant`, or a plug-in's."""
Leg: TypeAlias = Literal["lexical", "dense"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """An indexed document.

    Attributes:
        id: Stable key of the document in its source.
        text: The whole source text; the spans of its passages point into it.
        title: Title, shown and searched with every passage; may be empty.
        source: Its origin: a path or a table, as a user would type it.
        version: Version in the source; the content hash if the source has none.
        digest: Hash of all indexed content: text, title, source, version, metadata.
        meta: Metadata for filters and display.
    """

    id: str
    text: str
    title: str = ""
    source: str = ""
    version: str = ""
    digest: str = ""
    meta: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPassage:
    """A passage of a document in an index.

    Attributes:
        row: Position in the index, from 0; the key in engines.
        id: `<doc_id>#<ordinal>`.
        start: First character of `text` in the document's text.
        end: One past the last; `document.text[start:end] == text`.
        heading: The headings above it, outermost first, joined by ` > `; empty at the top.
        terms: Analyzed term to count, over title, heading and text.
        vector: Unit vector, float32; None in an index without the dense leg.
    """

    row: int
    id: str
    document: StoredDocument
    text: str
    start: int
    end: int
    heading: str = ""
    terms: Mapping[str, int] = field(default_factory=dict[str, int])
    vector: Vector | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A hit of one leg: the passage's row and the leg's score; higher is better."""

    row: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexManifest:
    """The manifest of a published version; stored with it and immutable.

    Attributes:
        name: Name of the index in graphs.
        version: Sorts by build time.
        kind: Name of the engine.
        fingerprint: Part (embedder, tokenizer, chunker, analyzer, ...) to its identity; queries with another one are
            refused.
        embedder: Name of the embedder; `none` for an index with the lexical leg only.
        dimension: Dimension of the vectors; 0 without the dense leg.
        documents: Number of documents.
        passages: Number of passages.
        mean_terms: Mean number of terms per passage, for BM25's length normalisation.
        digest: Hash over all documents' ids and digests, in order of ids.
        indexed_at: ISO 8601, UTC.
        source_version: Version of the documents' source, set by the caller; may be empty.
        filters: Metadata keys that can be filtered by.
    """

    name: str
    version: str
    kind: StoreKind
    fingerprint: Mapping[str, str]
    embedder: str
    dimension: int
    documents: int
    passages: int
    mean_terms: float
    digest: str
    indexed_at: str
    source_version: str = ""
    filters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The result of `verify`: stored documents compared with the engine's points.

    Attributes:
        ok: Whether nothing differs.
        documents: Number of stored documents.
        passages: Number of stored passages.
        points: Number of points in the engine.
        problems: Differences as text; at most 20.
    """

    ok: bool
    documents: int
    passages: int
    points: int
    problems: tuple[str, ...] = ()


class IndexStore(Protocol):
    """A published version of an index, opened for reading; thread-safe."""

    @property
    def manifest(self) -> IndexManifest:
        """The manifest of the version."""
        ...

    def search_lexical(self, terms: Mapping[str, int], *, limit: int, filters: Sequence[Filter] = ()) -> list[Hit]:
        """Rank by BM25 with the query's term frequencies; all filters must match. Best first."""
        ...

    def search_dense(self, vector: Vector, *, limit: int, filters: Sequence[Filter] = ()) -> list[Hit]:
        """Rank by the dot product of unit vectors (their cosine); all filters must match. Best first."""
        ...

    def fetch(self, rows: Sequence[int]) -> dict[int, StoredPassage]:
        """The passages of these rows, without terms and vectors; the document's text is left out."""
        ...

    def document(self, doc_id: str) -> StoredDocument | None:
        """A complete indexed document; None if it is not in the index."""
        ...

    def vectors(self, rows: Sequence[int]) -> Vector:
        """The stored vectors of these rows, shape (len(rows), dimension): unchanged documents reuse them."""
        ...

    def spans(self) -> dict[str, list[tuple[int, int, int, str]]]:
        """Document id to `(row, start, end, heading)` of its passages, in order."""
        ...

    def digests(self) -> dict[str, str]:
        """Document id to digest, read from the store."""
        ...

    def verify(self) -> Verification:
        """Compare counts and hashes of the stored documents with the engine's points."""
        ...

    def close(self) -> None:
        """Close files and connections; a second call does nothing."""
        ...


class IndexEngine(Protocol):
    """Builds versions of indexes and opens them."""

    @property
    def kind(self) -> StoreKind:
        """Name of the engine; stored in manifests."""
        ...

    def build(
        self, manifest: IndexManifest, documents: Sequence[StoredDocument], passages: Iterable[StoredPassage]
    ) -> None:
        """Write a complete version, verify it, and publish it atomically.

        Changed documents are a new version: readers see all of it or nothing, even after a crash.

        Args:
            manifest: Manifest of the version; `documents`, `passages` and `mean_terms` are already set.
            documents: Every document, including those without a passage.
            passages: In order of row, lazily; their documents are in `documents`.

        Raises:
            ConnectorError: `vector.verify`: the stored data differs from the input; nothing is published.
        """
        ...

    def open(self, name: str, version: str = "") -> IndexStore:
        """Open a version; default: the current one.

        Raises:
            ConnectorError: `vector.no-index`: nothing is published under this name.
        """
        ...

    def current(self, name: str) -> str:
        """The published version; empty if there is none."""
        ...
