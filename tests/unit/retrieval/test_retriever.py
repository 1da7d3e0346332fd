"""Building, syncing and searching an index, on the exact engine; the engines' own tests prove them alike."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compound.connector.vector import Filter, Hit, Vector
from compound.connector.vector.engine import open_engine
from compound.connector.vector.types import Scalar
from compound.errors import ConflictError, ConnectorError, DataError, ProjectError
from compound.retrieval import Document, SearchMode
from compound.retrieval.build import IndexReport, build_index
from compound.retrieval.chunkers import MarkdownChunker, WholeChunker
from compound.retrieval.fusion import fuse
from compound.retrieval.retriever import IndexRetriever
from compound.trace.recorder import Recorder
from compound.trace.store import MemoryStore


@dataclass
class LetterEmbedder:
    """A text's letter frequencies: similar spelling is near."""

    weights: str = "letters/1"
    embedded: list[str] = field(default_factory=list[str])
    name = "letters"
    dimension = 26

    @property
    def fingerprint(self) -> Mapping[str, str]:
        return {"embedder": self.weights}

    def embed(self, texts: Sequence[str]) -> Vector:
        self.embedded += texts
        counts = [[text.lower().count(chr(97 + i)) + 1e-3 for i in range(26)] for text in texts]
        made = np.asarray(counts, np.float32).reshape(-1, 26)
        return made / np.linalg.norm(made, axis=1, keepdims=True)

    def embed_query(self, text: str) -> Vector:
        return self.embed([text])[0]


def page(key: str, text: str, **meta: Scalar) -> Document:
    return Document(id=key, text=text, title=key.title(), source=f"{key}.md", meta=meta)


PAGES = (
    page("returns", "# Returns\n\nItems come back within 30 days.\n\n## Cards\n\nGift cards stay.", team="shop"),
    page("cancel", "# Cancel\n\nA pending order can be cancelled.", team="shop"),
    page("fraud", "# Fraud\n\nHow we find stolen cards.", team="risk"),
    page("blank", ""),
)


class Desk:
    """One index in a folder, and what its tests do with it."""

    def __init__(self, root: Path) -> None:
        self.engine = open_engine("sqlite", root=root)
        self.embedder = LetterEmbedder()

    def build(self, documents: Sequence[Document] = PAGES, *, force: bool = False) -> IndexReport:
        self.embedder.embedded.clear()
        return build_index("handbook", documents, self.engine, embedder=self.embedder, force=force)

    def open(self) -> IndexRetriever:
        return IndexRetriever.open("handbook", self.engine, self.embedder)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_both_legs_find_and_say_how(desk: Desk) -> None:
    desk.build()
    found = desk.open().search("gift cards", top_k=2)
    best = found.passages[0]
    assert (best.doc_id, best.heading, best.rank, best.score) == ("returns", "Returns > Cards", 1, 1.0)
    assert set(best.scores) == {"lexical", "dense"}
    assert (found.degraded, found.mode, len(found.passages)) == ((), "hybrid", 2)
    assert best.source_version
    assert best.indexed_at
    assert best.to_json()["text"] == "Gift cards stay."


@pytest.mark.parametrize("mode", ["lexical", "dense"])
def test_one_leg_alone_keeps_its_own_scores(desk: Desk, mode: SearchMode) -> None:
    desk.build()
    found = desk.open().search("pending order", mode=mode)
    assert found.mode == mode
    assert all(p.scores == {mode: p.score} for p in found.passages)
    assert found.passages[0].doc_id == "cancel"


def test_every_span_points_into_the_stored_source(desk: Desk) -> None:
    desk.build()
    retriever = desk.open()
    passages = retriever.search("a", mode="dense", top_k=50).passages
    assert len(passages) == 4
    for each in passages:
        assert retriever.source(each.doc_id)[each.start : each.end] == each.text
    with pytest.raises(DataError, match="no document 'nobody'"):
        retriever.source("nobody")


def test_a_missing_leg_is_reported(desk: Desk) -> None:
    build_index("handbook", PAGES, desk.engine)
    lexical = desk.open().search("gift cards")
    assert (lexical.mode, lexical.degraded) == ("lexical", ("dense: the index has no vectors",))
    desk.build()
    without = IndexRetriever.open("handbook", desk.engine)
    assert without.search("gift cards").degraded == ("dense: no embedder is installed",)
    assert without.search("gift cards", mode="dense").passages[0].doc_id == "returns"
    assert without.search("gift cards", mode="lexical").degraded == ()


def test_another_fingerprint_is_refused_and_built_anew(desk: Desk) -> None:
    desk.build()
    desk.embedder.weights = "letters/2"
    with pytest.raises(ConnectorError, match="letters/1") as caught:
        desk.open()
    assert caught.value.code == "retrieval.fingerprint"
    report = desk.build()
    assert (report.is_new, report.embedded, report.added) == (True, 4, 0)
    assert desk.open().search("order").passages


def test_a_sync_embeds_only_what_changed(desk: Desk) -> None:
    first = desk.build()
    assert (first.added, first.embedded, first.manifest.documents, first.manifest.passages) == (4, 4, 4, 4)
    same = desk.build()
    assert (same.is_new, same.embedded, same.manifest.version) == (False, 0, first.manifest.version)
    edited = (*PAGES[:2], page("fraud", "# Fraud\n\nAsk the risk team.", team="risk"), page("new", "Hello."), PAGES[3])
    report = desk.build(edited)
    assert (report.added, report.changed, report.deleted, report.embedded) == (1, 1, 0, 2)
    retriever = desk.open()
    assert retriever.verify().ok
    assert retriever.search("gift cards", mode="dense").passages[0].heading == "Returns > Cards"
    assert retriever.source("fraud").endswith("risk team.")
    moved = desk.build([page("zero", "Comes first."), *edited])
    assert moved.embedded == 1
    assert desk.open().search("pending order cancelled").passages[0].doc_id == "cancel"


def test_metadata_alone_is_a_change(desk: Desk) -> None:
    desk.build()
    report = desk.build((page("returns", PAGES[0].text, team="risk"), *PAGES[1:]))
    assert (report.changed, report.is_new) == (1, True)
    found = desk.open().search("gift cards", where={"team": "risk"})
    assert {p.doc_id for p in found.passages} == {"returns", "fraud"}


def test_many_deletions_need_force(desk: Desk) -> None:
    desk.build()
    assert desk.build(PAGES[:3]).deleted == 1
    with pytest.raises(ConflictError, match="2 of 3") as caught:
        desk.build(PAGES[:1])
    assert caught.value.code == "retrieval.many-deletions"
    assert len(desk.open().store.digests()) == 3
    assert desk.build(PAGES[:1], force=True).manifest.documents == 1


def test_another_engine_in_the_same_folder_builds_anew(desk: Desk, tmp_path: Path) -> None:
    desk.build()
    report = build_index("handbook", PAGES, tmp_path, embedder=desk.embedder)
    assert (report.is_new, report.manifest.kind) == (True, "edge")
    retriever = IndexRetriever.open("handbook", tmp_path, desk.embedder)
    assert retriever.search("gift cards").passages[0].doc_id == "returns"
    retriever.close()


BAD = (
    (page("", "x"), "id is empty"),
    (page("returns", "x"), "id is used twice"),
    (page("half", "\ud800"), "not valid Unicode"),
    (Document(id="m", text="x", meta={"a b": 1}), "'a b'"),
    (Document(id="m", text="x", meta={"doc_id": 1}), "'doc_id'"),
    (Document(id="m", text="x", meta={"price": 1.5}), "is a float"),  # pyright: ignore[reportArgumentType]
)


@pytest.mark.parametrize(("document", "said"), BAD, ids=[said for _, said in BAD])
def test_a_bad_document_is_named_and_nothing_is_published(desk: Desk, document: Document, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        desk.build((*PAGES, document))
    assert caught.value.code == "retrieval.bad-document"
    assert desk.engine.current("handbook") == ""


class TeamPolicy:
    def filter_for(self, principal: Mapping[str, object]) -> Filter:
        return {"team": str(principal["team"])}


def test_a_caller_can_only_narrow(desk: Desk) -> None:
    desk.build()
    guarded = IndexRetriever.open("handbook", desk.engine, desk.embedder, policy=TeamPolicy())

    def seen(where: Filter | None) -> set[str]:
        found = guarded.search("cards order", top_k=10, where=where, principal={"team": "shop"})
        return {p.doc_id for p in found.passages}

    assert seen(None) == {"returns", "cancel"}
    assert seen({"doc_id": "cancel"}) == {"cancel"}
    assert seen({"team": "risk"}) == set()
    assert seen({"team": ["risk", "shop"]}) == {"returns", "cancel"}
    with pytest.raises(DataError) as caught:
        guarded.search("cards")
    assert caught.value.code == "retrieval.no-principal"


def test_wrong_questions_are_errors(desk: Desk) -> None:
    desk.build()
    with pytest.raises(ProjectError) as mode:
        desk.open().search("x", mode=cast("SearchMode", "fuzzy"))
    assert mode.value.code == "retrieval.unknown-mode"
    with pytest.raises(ConnectorError, match="did you mean 'team'") as where:
        desk.open().search("x", where={"taem": "shop"})
    assert where.value.code == "vector.unknown-filter"


@pytest.mark.parametrize("query", ["", "  \n", "!?", "\x00", "the", "a" * 1_000_000, "\u202e\ud83d", "word " * 50_000])
def test_any_text_can_be_asked(desk: Desk, query: str) -> None:
    desk.build()
    assert len(desk.open().search(query, top_k=3).passages) <= 3


def test_nothing_is_asked_of_an_empty_query_or_index(desk: Desk) -> None:
    desk.build()
    assert desk.open().search(" ").passages == ()
    assert desk.open().search("order", top_k=0).passages == ()
    build_index("nothing", [], desk.engine, embedder=desk.embedder)
    assert IndexRetriever.open("nothing", desk.engine, desk.embedder).search("order").passages == ()


class Backwards:
    def rerank(self, query: str, passages: Sequence[str]) -> Sequence[float]:
        return [-len(text) + 0 * len(query) for text in passages]


def test_a_reranker_orders_the_pool(desk: Desk) -> None:
    desk.build()
    retriever = IndexRetriever(desk.open().store, desk.embedder, reranker=Backwards())
    lengths = [len(p.text) for p in retriever.search("cards order", top_k=3).passages]
    assert lengths == sorted(lengths)
    assert len(lengths) == 3


def test_a_search_is_one_span_with_its_passages(desk: Desk, tmp_path: Path) -> None:
    desk.build()
    retriever = desk.open()
    store = MemoryStore()
    with Recorder(store).run(graph_name="g", graph_hash="h", run_id="r", thread_id="t"):
        found = asyncio.run(retriever.asearch("gift cards", top_k=2))
    rows = store.sql("select name, index_name, index_version, retrieved from spans where kind = 'retrieve'").rows
    assert len(rows) == 1
    name, index, version = rows[0][:3]
    retrieved = cast("list[dict[str, object]]", rows[0][3])
    assert (name, index, version) == ("retrieval handbook", "handbook", retriever.version)
    assert [each["id"] for each in retrieved] == [p.id for p in found.passages]
    assert retrieved[0]["doc_version"] == found.passages[0].source_version


def test_langchain_gets_documents_with_spans(desk: Desk) -> None:
    desk.build()
    wrapped = desk.open().to_langchain(top_k=2)
    found = wrapped.invoke("gift cards")
    assert found[0].page_content == "Gift cards stay."
    assert found[0].metadata["heading"] == "Returns > Cards"
    assert asyncio.run(wrapped.ainvoke("gift cards")) == found


def test_title_and_heading_are_searched(desk: Desk) -> None:
    build_index("whole", [page("warranty", "Two years.")], desk.engine, chunker=WholeChunker())
    assert IndexRetriever.open("whole", desk.engine).search("warranty").passages[0].text == "Two years."
    build_index("parts", [page("x", "# Warranty\n\nTwo years.")], desk.engine, chunker=MarkdownChunker())
    assert IndexRetriever.open("parts", desk.engine).search("warranty").passages[0].text == "Two years."


HITS = st.lists(st.tuples(st.integers(0, 30), st.floats(-5, 5)), unique_by=lambda pair: pair[0], max_size=20)


@given(HITS, HITS, st.floats(0, 1))
def test_fusion_keeps_every_hit_in_order_whatever_the_legs_order(
    one: list[tuple[int, float]], two: list[tuple[int, float]], alpha: float
) -> None:
    legs = {"dense": [Hit(*pair) for pair in one], "lexical": [Hit(*pair) for pair in two]}
    weights = {"dense": alpha, "lexical": 1 - alpha}
    fused = fuse(legs, weights)
    assert fused == fuse(dict(reversed(legs.items())), weights)
    assert {hit.row for hit in fused} == {row for row, _ in one + two}
    assert [(-hit.score, hit.row) for hit in fused] == sorted((-hit.score, hit.row) for hit in fused)
    assert all(-1e-9 <= hit.score <= 1 + 1e-9 for hit in fused)


@given(HITS, st.floats(0.1, 10), st.floats(-3, 3))
def test_fusion_does_not_care_for_a_legs_scale(pairs: list[tuple[int, float]], by: float, plus: float) -> None:
    rows = [Hit(row, round(score, 3)) for row, score in pairs]
    moved = [Hit(hit.row, hit.score * by + plus) for hit in rows]
    before = {hit.row: hit.score for hit in fuse({"dense": rows}, {"dense": 1.0})}
    after = {hit.row: hit.score for hit in fuse({"dense": moved}, {"dense": 1.0})}
    assert after == pytest.approx(before, abs=1e-6)
