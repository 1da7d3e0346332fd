"""What an index is made of, and the port behind which the engines stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Scalar: TypeAlias = str | int | bool
Filter: TypeAlias = Mapping[str, "Scalar | Sequence[Scalar]"]
"""Metadata key to the value it must have, or to the values of which it must have one."""

Vector: TypeAlias = NDArray[np.float32]
"""Numbers of a text, float32: shape (dimension,), or (n, dimension) for n texts."""
StoreKind: TypeAlias = str
"""Name of an engine: `edge`, `sqlite`, `qdrant`, or that of a plug-in."""
Leg: TypeAlias = Literal["lexical", "dense"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """One document as it was indexed.

    Attributes:
        id: Stable key of the document in its source.
        text: The whole source text; the spans of its passages point into it.
        title: Shown and searched with every passage; may be empty.
        source: Where it came from: a path or a table, as the user would type it.
        version: The source's version of it; the content hash when the source has none.
        digest: Hash of everything that matters to the index: text, title, source, version, metadata.
        meta: Metadata to filter by and to show.
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
    """One passage of a document, as the engines hold it.

    Attributes:
        row: Position in the index, from 0; the key by which engines answer.
        id: `<doc_id>#<ordinal>`.
        start: First character of `text` in the document's text.
        end: One past the last; `document.text[start:end] == text`.
        heading: The headings above it, outermost first, joined by ` > `; empty at the top.
        terms: Analyzed term to its count, of title, heading and text.
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
    """One answer of one leg: the passage's row and the leg's own score, higher is better."""

    row: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexManifest:
    """What one published version of an index is; stored with it and never changed.

    Attributes:
        name: The index, as graphs name it.
        version: Sorts by time of building.
        kind: The engine that answers.
        fingerprint: Part (embedder, tokenizer, chunker, analyzer, ...) to its identity; a query made
            under another one is refused.
        embedder: Name of the embedder; `none` for an index with the lexical leg only.
        dimension: Of the vectors; 0 without the dense leg.
        documents: How many.
        passages: How many.
        mean_terms: Mean number of terms of a passage: the length normalisation of BM25.
        digest: Hash over all documents' ids and digests, in order of ids.
        indexed_at: ISO 8601, UTC.
        source_version: What the caller says the documents are a version of; may be empty.
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
    """What `verify` found on both sides: the index's documents and the engine's points.

    Attributes:
        ok: Nothing differs.
        documents: Documents stored.
        passages: Passages stored.
        points: Points that the engine holds.
        problems: What differs, in words; at most 20.
    """

    ok: bool
    documents: int
    passages: int
    points: int
    problems: tuple[str, ...] = ()


class IndexStore(Protocol):
    """One published version of an index, opened for reading; safe to share among threads."""

    @property
    def manifest(self) -> IndexManifest:
        """What the store says it is."""
        ...

    def search_lexical(self, terms: Mapping[str, int], *, limit: int, filters: Sequence[Filter] = ()) -> list[Hit]:
        """Rank by BM25, with the query's term frequencies; every filter must hold. Best first."""
        ...

    def search_dense(self, vector: Vector, *, limit: int, filters: Sequence[Filter] = ()) -> list[Hit]:
        """Rank by the dot product of unit vectors (their cosine); every filter must hold. Best first."""
        ...

    def fetch(self, rows: Sequence[int]) -> dict[int, StoredPassage]:
        """The passages of these rows, without terms and vectors; the document's text is left out."""
        ...

    def document(self, doc_id: str) -> StoredDocument | None:
        """One whole document as it was indexed; None when the index does not hold it."""
        ...

    def vectors(self, rows: Sequence[int]) -> Vector:
        """The stored vectors of these rows, shape (len(rows), dimension): unchanged documents reuse them."""
        ...

    def spans(self) -> dict[str, list[tuple[int, int, int, str]]]:
        """Document id to `(row, start, end, heading)` of its passages, in order."""
        ...

    def digests(self) -> dict[str, str]:
        """Document id to digest, read from the store itself."""
        ...

    def verify(self) -> Verification:
        """Compare counts and hashes of the stored documents with the engine's points."""
        ...

    def close(self) -> None:
        """Let go of files and connections; a second call does nothing."""
        ...


class IndexEngine(Protocol):
    """Builds versions of indexes and opens them."""

    @property
    def kind(self) -> StoreKind:
        """Which engine it is; kept in the manifests of what it builds."""
        ...

    def build(
        self, manifest: IndexManifest, documents: Sequence[StoredDocument], passages: Iterable[StoredPassage]
    ) -> None:
        """Write a whole version beside the current one, verify it, and publish it by one atomic step.

        A change of documents is a new version: readers see all of it or nothing, whatever is killed when.

        Args:
            manifest: What is being built; `documents`, `passages` and `mean_terms` are already known.
            documents: Every document, those without a passage too.
            passages: In order of row, made while they are read; their documents are among `documents`.

        Raises:
            ConnectorError: `vector.verify`: what was stored is not what was given; nothing is published.
        """
        ...

    def open(self, name: str, version: str = "") -> IndexStore:
        """Open a version; the current one when none is named.

        Raises:
            ConnectorError: `vector.no-index`: nothing is published under this name.
        """
        ...

    def current(self, name: str) -> str:
        """The published version; empty when there is none."""
        ...
