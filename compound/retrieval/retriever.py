"""The retriever: two legs, fusion, access policy, one span."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from compound.connector.vector import Filter, Hit, IndexEngine, IndexStore, StoredPassage, Verification, count_terms
from compound.connector.vector.analyzer import ANALYZER
from compound.connector.vector.engine import open_engine
from compound.connector.vector.types import Leg
from compound.errors import ConnectorError, DataError, ProjectError, choices
from compound.retrieval.embedders import NoEmbedder
from compound.retrieval.fusion import fuse
from compound.retrieval.types import AccessPolicy, Embedder, Passage, Reranker, SearchMode, SearchResult
from compound.trace.active import child

if TYPE_CHECKING:
    from langchain_core.retrievers import BaseRetriever

_POOL: Final = 100
_ALPHA: Final = 0.5
_QUERY_TERMS: Final = 64
_QUERY_CHARS: Final = 20_000
_MODES: Final[tuple[SearchMode, ...]] = ("hybrid", "lexical", "dense")


class IndexRetriever:
    """Searches a version of an index. Thread-safe.

    Attributes:
        pool: Number of hits of each leg before fusion.
        alpha: Weight of the dense leg, 0 to 1; the lexical leg has 1 - alpha.
    """

    def __init__(
        self,
        store: IndexStore,
        embedder: Embedder | None = None,
        *,
        policy: AccessPolicy | None = None,
        reranker: Reranker | None = None,
        pool: int = _POOL,
        alpha: float = _ALPHA,
    ) -> None:
        self.store = store
        self.embedder: Embedder = embedder or NoEmbedder()
        self.policy = policy
        self.reranker = reranker
        self.pool = pool
        self.alpha = alpha
        self._missing = _missing_leg(store, self.embedder)

    @classmethod
    def open(
        cls,
        name: str,
        engine: IndexEngine | Path,
        embedder: Embedder | None = None,
        *,
        policy: AccessPolicy | None = None,
    ) -> IndexRetriever:
        """Open the published version of an index.

        Raises:
            ConnectorError: `vector.no-index`: it was never built. `retrieval.fingerprint`: it was built with
                another embedder, tokenizer or analyzer.
        """
        with_engine = open_engine("edge", root=engine) if isinstance(engine, Path) else engine
        store = with_engine.open(name)
        try:
            return cls(store, embedder, policy=policy)
        except BaseException:
            store.close()
            raise

    @property
    def name(self) -> str:
        """Name of the index."""
        return self.store.manifest.name

    @property
    def version(self) -> str:
        """The opened version."""
        return self.store.manifest.version

    def search(
        self,
        query: str,
        *,
        top_k: int = 6,
        mode: SearchMode = "hybrid",
        where: Filter | None = None,
        principal: Mapping[str, object] | None = None,
    ) -> SearchResult:
        """Find the best passages.

        Long queries are truncated: to 64 distinct terms for the lexical leg, 128 word pieces for the dense one. An
        empty query returns nothing.

        Args:
            query: Any text, also a whole message.
            top_k: Maximum number of passages.
            mode: `hybrid` combines both legs; a missing leg is listed in `degraded`.
            where: Metadata filter; it can only narrow what the policy allows.
            principal: The asking principal, from the run's context; required if the index has a policy.

        Raises:
            DataError: `retrieval.no-principal`: the index is protected and there is no principal.
            ConnectorError: `vector.unknown-filter`: no document has this metadata key.
            ProjectError: `retrieval.unknown-mode`.
        """
        if mode not in _MODES:
            what = f"{mode!r} is not a mode"
            raise ProjectError("retrieval.unknown-mode", what, fix=choices(_MODES, mode))
        filters = self._filters(where, principal)
        with child(f"retrieval {self.name}", kind="retrieve", index_name=self.name, index_version=self.version) as span:
            result = self._find(query[:_QUERY_CHARS], max(0, top_k), mode, filters)
            span.set(
                index_source_version=self.store.manifest.source_version or None,
                mode=result.mode,
                degraded=list(result.degraded) or None,
                retrieved=[
                    {"id": p.id, "score": p.score, "rank": p.rank, "doc_version": p.source_version}
                    for p in result.passages
                ],
            )
            return result

    async def asearch(
        self,
        query: str,
        *,
        top_k: int = 6,
        mode: SearchMode = "hybrid",
        where: Filter | None = None,
        principal: Mapping[str, object] | None = None,
    ) -> SearchResult:
        """`search` in a worker thread, because embedding a query takes milliseconds of one core."""
        from anyio import to_thread

        return await to_thread.run_sync(
            lambda: self.search(query, top_k=top_k, mode=mode, where=where, principal=principal)
        )

    def source(self, doc_id: str) -> str:
        """The stored source text of a document; spans of its passages refer to it.

        Raises:
            DataError: `retrieval.no-document`.
        """
        document = self.store.document(doc_id)
        if document is None:
            raise DataError("retrieval.no-document", f"index {self.name!r} has no document {doc_id!r}")
        return document.text

    def verify(self) -> Verification:
        """Compare the stored documents with the engine's points, counts and hashes."""
        return self.store.verify()

    def close(self) -> None:
        """Close the index's files."""
        self.store.close()

    def to_langchain(self, *, top_k: int = 6, mode: SearchMode = "hybrid") -> BaseRetriever:
        """This retriever as a LangChain retriever; spans and scores are in each document's metadata."""
        from compound.retrieval.langchain import as_langchain

        return as_langchain(self, top_k=top_k, mode=mode)

    def _filters(self, where: Filter | None, principal: Mapping[str, object] | None) -> list[Filter]:
        filters = [dict(where)] if where else []
        if self.policy is None:
            return [*filters]
        if principal is None:
            raise DataError(
                "retrieval.no-principal", f"index {self.name!r} is protected, but the run's context has no principal",
                fix="run with a principal in the context",
            )  # fmt: skip
        return [dict(self.policy.filter_for(principal)), *filters]

    def _find(self, query: str, top_k: int, mode: SearchMode, filters: Sequence[Filter]) -> SearchResult:
        wanted: tuple[Leg, ...] = ("lexical", "dense") if mode == "hybrid" else (mode,)
        degraded = (f"dense: {self._missing}",) if self._missing and "dense" in wanted else ()
        answered: SearchMode = "lexical" if degraded else mode
        legs: dict[str, list[Hit]] = {}
        pool = max(self.pool, top_k)
        if query.strip() and top_k:
            if answered != "dense":
                terms = count_terms(query, limit=_QUERY_TERMS)
                legs["lexical"] = self.store.search_lexical(terms, limit=pool, filters=filters)
            if answered != "lexical":
                vector = self.embedder.embed_query(query)
                legs["dense"] = self.store.search_dense(vector, limit=pool, filters=filters)
        weights = {"dense": self.alpha, "lexical": 1 - self.alpha}
        hits = fuse(legs, weights) if answered == "hybrid" else _only(legs)
        passages = self._passages(hits, legs, query, top_k)
        return SearchResult(passages=passages, degraded=degraded, mode=answered, index=self.name, version=self.version)

    def _passages(
        self, hits: Sequence[Hit], legs: Mapping[str, Sequence[Hit]], query: str, top_k: int
    ) -> tuple[Passage, ...]:
        kept = list(hits[: self.pool if self.reranker else top_k])
        stored = self.store.fetch([hit.row for hit in kept])
        if self.reranker is not None and kept:
            scores = self.reranker.rerank(query, [stored[hit.row].text for hit in kept])
            again = [Hit(hit.row, float(score)) for hit, score in zip(kept, scores, strict=True)]
            kept = sorted(again, key=lambda hit: (-hit.score, hit.row))[:top_k]
        by_leg = {leg: {hit.row: hit.score for hit in found} for leg, found in legs.items()}
        at = self.store.manifest.indexed_at
        return tuple(
            _passage(
                stored[hit.row],
                hit,
                rank,
                {leg: scores[hit.row] for leg, scores in by_leg.items() if hit.row in scores},
                at,
            )
            for rank, hit in enumerate(kept, 1)
        )


def _passage(stored: StoredPassage, hit: Hit, rank: int, scores: Mapping[str, float], indexed_at: str) -> Passage:
    document = stored.document
    return Passage(
        id=stored.id,
        doc_id=document.id,
        text=stored.text,
        start=stored.start,
        end=stored.end,
        title=document.title,
        heading=stored.heading,
        source=document.source,
        source_version=document.version,
        score=hit.score,
        scores=scores,
        rank=rank,
        meta=document.meta,
        indexed_at=indexed_at,
    )


def _only(legs: Mapping[str, Sequence[Hit]]) -> list[Hit]:
    return [hit for found in legs.values() for hit in found]


def _missing_leg(store: IndexStore, embedder: Embedder) -> str:
    """Why the dense leg is unavailable; empty if it is available.

    Raises:
        ConnectorError: `retrieval.fingerprint`.
    """
    manifest = store.manifest
    own = {"analyzer": ANALYZER}
    if manifest.dimension and embedder.dimension:
        own |= embedder.fingerprint
    for part, identity in own.items():
        if manifest.fingerprint.get(part) != identity:
            raise ConnectorError(
                "retrieval.fingerprint",
                f"index {manifest.name!r} was built with {part} {manifest.fingerprint.get(part)!r}, "
                f"this query would use {identity!r}",
                fix="compound index rebuilds it",
            )
    if not manifest.dimension:
        return "the index has no vectors"
    return "" if embedder.dimension else "no embedder is installed"
