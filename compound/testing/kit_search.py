"""Conformance kits for embedders, index engines and retrievers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from compound.connector.vector import (
    IndexEngine,
    IndexManifest,
    IndexStore,
    StoredDocument,
    StoredPassage,
    count_terms,
    digest_of,
    document_digest,
)
from compound.errors import ConnectorError
from compound.retrieval import Embedder, Retriever, SearchResult
from compound.testing.need import need, need_kind

TEXTS: Final = ("A refund takes five days.", "Die Bestellung kommt morgen.", "", "refund refund refund")
_LENGTH = 4


def check_embedder(make: Callable[[], Embedder]) -> None:
    """Check an embedder against its port: shapes, unit length, deterministic vectors.

    Args:
        make: Creates the embedder; vectors of two instances are compared.

    Raises:
        AssertionError: It violates a rule, named in the message.
    """
    one, other = make(), make()
    size = one.dimension
    made = one.embed(TEXTS)
    need(made.shape == (len(TEXTS), size), f"`embed` returned shape {made.shape}, not {(len(TEXTS), size)}")
    need(made.dtype == np.float32, f"`embed` returned {made.dtype}, not float32")
    need(one.embed([]).shape == (0, size), "`embed` of no texts must return no rows")
    query = one.embed_query(TEXTS[0])
    need(query.shape == (size,) and query.dtype == np.float32, "`embed_query` must return one row, float32")
    need(dict(one.fingerprint), "`fingerprint` must not be empty")
    for part in one.fingerprint.values():
        need_kind(part, str, "a part of `fingerprint`")
    need(dict(one.fingerprint) == dict(other.fingerprint), "two equal embedders must have the same `fingerprint`")
    if size:
        lengths = np.linalg.norm(np.vstack([made, query]), axis=1)
        need(np.allclose(lengths, 1.0, atol=1e-3), f"vectors must have length 1; these have {lengths.round(3)}")
        need(np.allclose(made, other.embed(TEXTS), atol=1e-5), "the same text must have the same vector")
        alone = np.vstack([one.embed([text]) for text in TEXTS])
        need(np.allclose(made, alone, atol=1e-3), "a vector must not depend on the other texts of its batch")


def check_engine(make: Callable[[], IndexEngine]) -> None:
    """Check an index engine against its port: both legs, filters, atomic versions.

    Args:
        make: Creates the engine; every call must open the same place, empty at first.

    Raises:
        AssertionError: It violates a rule, named in the message.
    """
    engine = make()
    need(engine.current("kit") == "", "an index that was never built must have no version")
    try:
        engine.open("kit")
    except ConnectorError as error:
        need(error.code == "vector.no-index", f"an index that was never built raised {error.code}")
    else:
        raise AssertionError("an index that was never built was opened")
    documents = [_document(0, "refund of an order", "en"), _document(1, "order of boots", "en")]
    documents += [_document(2, "refund refund", "de"), _document(3, "nothing of it", "de")]
    first = _build(engine, "1", documents[:3])
    opened = engine.open("kit")
    try:
        _answers(opened, first, documents[:3])
        second = _build(engine, "2", documents)
        need(engine.current("kit") == "2", "`current` must be the newest version")
        need(opened.manifest == first, "a reader must keep its opened version")
        need(opened.document("d3") is None, "a reader must not see documents of a later version")
        later = engine.open("kit")
        try:
            _answers(later, second, documents)
        finally:
            later.close()
    finally:
        opened.close()
    opened.close()  # a second call does nothing


def _document(at: int, text: str, language: str) -> StoredDocument:
    made = StoredDocument(
        id=f"d{at}", text=text, title=f"Title {at}", source="kit.md", version="1", meta={"lang": language}
    )
    return replace(made, digest=document_digest(made))


def _unit(at: int) -> np.ndarray:
    return np.eye(_LENGTH, dtype=np.float32)[at]


def _build(engine: IndexEngine, version: str, documents: Sequence[StoredDocument]) -> IndexManifest:
    passages = [
        StoredPassage(
            row=row,
            id=f"{one.id}#0",
            document=one,
            text=one.text,
            start=0,
            end=len(one.text),
            terms=count_terms(one.text),
            vector=_unit(row),
        )
        for row, one in enumerate(documents)
    ]
    manifest = IndexManifest(
        name="kit",
        version=version,
        kind=engine.kind,
        fingerprint={"embedder": "kit"},
        embedder="kit",
        dimension=_LENGTH,
        documents=len(documents),
        passages=len(passages),
        mean_terms=float(np.mean([sum(one.terms.values()) for one in passages])),
        digest=digest_of({one.id: one.digest for one in documents}),
        indexed_at="2026-01-01T00:00:00+00:00",
        filters=("lang",),
    )
    engine.build(manifest, documents, passages)
    return manifest


def _answers(store: IndexStore, manifest: IndexManifest, documents: Sequence[StoredDocument]) -> None:
    need(store.manifest == manifest, "`manifest` must be that of the built version")
    lexical = store.search_lexical(count_terms("refund"), limit=10)
    need([one.row for one in lexical] == [2, 0], f"BM25 for 'refund' must find rows 2 and 0, but found {lexical}")
    need(lexical[0].score > lexical[1].score > 0, "the best hit must come first; BM25 scores must be above 0")
    need(len(store.search_lexical(count_terms("refund"), limit=1)) == 1, "`limit` must be respected")
    narrow = store.search_lexical(count_terms("refund"), limit=10, filters=({"lang": "en"},))
    need([one.row for one in narrow] == [0], "every hit must match the filter")
    dense = store.search_dense(_unit(1), limit=1)
    need([one.row for one in dense] == [1], f"the vector of row 1 must find row 1, but found {dense}")
    need(abs(dense[0].score - 1.0) < 1e-3, "the score of the dense leg must be the cosine")
    fetched = store.fetch([1])
    need(set(fetched) == {1} and fetched[1].text == documents[1].text, "`fetch` must return the passages by row")
    whole = store.document(documents[0].id)
    need(whole is not None and whole.text == documents[0].text, "`document` must return the whole text")
    need(store.document("absent") is None, "`document` must return None for an unknown document")
    need(
        np.allclose(store.vectors([0, 2]), np.stack([_unit(0), _unit(2)]), atol=1e-3),
        "`vectors` must return the given vectors",
    )
    need(store.digests() == {one.id: one.digest for one in documents}, "`digests` must match the documents")
    need(set(store.spans()) == {one.id for one in documents}, "`spans` must contain every document")
    verified = store.verify()
    need(verified.ok, f"`verify` must pass on a new version: {verified.problems}")
    need(verified.passages == verified.points == len(documents), "`verify` must count passages and points")


def check_retriever(make: Callable[[], Retriever], *, query: str) -> None:
    """Check a retriever against its port: ranks, spans and the limit.

    Args:
        make: Creates the retriever.
        query: A query with at least two matching passages.

    Raises:
        AssertionError: It violates a rule, named in the message.
    """
    made = make()
    need_kind(made.version, str, "`version`")
    found = made.search(query, top_k=5)
    need_kind(found, SearchResult, "the result of `search`")
    need(2 <= len(found.passages) <= 5, f"{query!r} must find 2 to 5 passages with top_k=5: {len(found.passages)}")
    need([one.rank for one in found.passages] == list(range(1, len(found.passages) + 1)), "ranks must be 1, 2, 3, ...")
    scores = [one.score for one in found.passages]
    need(scores == sorted(scores, reverse=True), f"the best passage must come first; scores: {scores}")
    for one in found.passages:
        need(one.id and one.doc_id, "a passage needs `id` and `doc_id` for citations")
        need(one.end - one.start == len(one.text), f"the span of {one.id} must be as long as its text")
    need(len(made.search(query, top_k=1).passages) == 1, "`top_k` must be respected")
    need(made.search("", top_k=5).passages == (), "an empty query must find nothing")
    need(made.search(query, top_k=5).passages == found.passages, "the same query must find the same passages")
