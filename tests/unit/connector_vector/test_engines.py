"""The three engines answer alike, keep what they were given, and publish whole versions."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from compound.connector.vector import (
    Filter,
    Hit,
    IndexEngine,
    IndexManifest,
    IndexStore,
    StoredDocument,
    StoredPassage,
    count_terms,
    digest_of,
    document_digest,
)
from compound.errors import ConnectorError, ProjectError
from tests.support.data.search import engine as open_engine

KINDS = ("edge", "sqlite", "qdrant")
ROOT = Path(__file__).resolve().parents[3]
WORDS = ("refund", "order", "boots", "jacket", "cancel", "paypal", "exchange", "address", "return", "card")


def engine_of(kind: str, root: Path) -> IndexEngine:
    return open_engine(kind, root=root, url=":memory:")


def document(key: str, text: str, **meta: str | int | bool) -> StoredDocument:
    made = StoredDocument(id=key, text=text, title=key, source="a.md", version="1", meta=meta)
    return replace(made, digest=document_digest(made))


def corpus(count: int) -> list[StoredDocument]:
    chance = np.random.default_rng(7)
    return [
        document(
            f"d{index:03}",
            " ".join(chance.choice(WORDS, size=int(chance.integers(1, 12)))),
            lang="de" if index % 3 else "en",
            year=2020 + index % 4,
            open=index % 2 == 0,
        )
        for index in range(count)
    ]


def build(
    engine: IndexEngine, documents: Sequence[StoredDocument], *, version: str = "1", dimension: int = 8
) -> IndexManifest:
    chance = np.random.default_rng(3)
    made = chance.normal(size=(len(documents), max(1, dimension))).astype(np.float32)
    vectors = made / np.linalg.norm(made, axis=1, keepdims=True)
    passages = [
        StoredPassage(
            row=row,
            id=f"{each.id}#0",
            document=each,
            text=each.text,
            start=0,
            end=len(each.text),
            terms=count_terms(each.text),
            vector=vectors[row] if dimension else None,
        )
        for row, each in enumerate(documents)
    ]
    manifest = IndexManifest(
        name="handbook",
        version=version,
        kind=engine.kind,
        fingerprint={"embedder": "random"},
        embedder="random",
        dimension=dimension,
        documents=len(documents),
        passages=len(passages),
        mean_terms=float(np.mean([sum(p.terms.values()) for p in passages])) if passages else 0.0,
        digest=digest_of({each.id: each.digest for each in documents}),
        indexed_at="2026-01-01T00:00:00+00:00",
        filters=tuple(sorted({key for each in documents for key in each.meta})),
    )
    engine.build(manifest, documents, passages)
    return manifest


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> IndexEngine:
    return engine_of(str(request.param), tmp_path)


@pytest.fixture
def store(engine: IndexEngine) -> Iterator[IndexStore]:
    build(engine, corpus(60))
    opened = engine.open("handbook")
    yield opened
    opened.close()


def rounded(hits: Sequence[Hit]) -> dict[int, float]:
    return {hit.row: round(hit.score, 3) for hit in hits}


QUERIES: tuple[Mapping[str, int], ...] = ({"refund": 1}, {"refund": 3, "order": 1}, {"boot": 1, "absent": 2})
FILTERS: tuple[tuple[Filter, ...], ...] = (
    (),
    ({"lang": "en"},),
    ({"open": True}, {"year": [2020, 2021]}),
    ({"doc_id": ["d001", "d004"]},),
    ({"lang": "en"}, {"lang": "de"}),
    ({"year": []},),
    ({"year": "2020"},),
    ({"open": 1},),
)


def test_every_engine_answers_as_the_reference_does(tmp_path: Path, store: IndexStore) -> None:
    reference = engine_of("sqlite", tmp_path / "reference")
    build(reference, corpus(60))
    exact = reference.open("handbook")
    vector = np.ones(8, np.float32) / np.sqrt(np.float32(8))
    for filters in FILTERS:
        for terms in QUERIES:
            found = store.search_lexical(terms, limit=60, filters=filters)
            wanted = exact.search_lexical(terms, limit=60, filters=filters)
            assert rounded(found) == pytest.approx(rounded(wanted), abs=2e-3), filters
            assert [h.score for h in found] == sorted((h.score for h in found), reverse=True)
        dense = rounded(store.search_dense(vector, limit=60, filters=filters))
        assert dense == pytest.approx(rounded(exact.search_dense(vector, limit=60, filters=filters)), abs=2e-3), filters
    assert len(store.search_dense(vector, limit=60, filters=FILTERS[2])) == 15
    assert store.search_dense(vector, limit=60, filters=FILTERS[-1]) == []
    exact.close()


def test_query_term_frequency_counts(store: IndexStore) -> None:
    once = store.search_lexical({"refund": 1}, limit=1)[0].score
    thrice = store.search_lexical({"refund": 3}, limit=1)[0].score
    assert thrice == pytest.approx(3 * once, rel=1e-3)


def test_a_filter_by_an_unknown_key_is_an_error(store: IndexStore) -> None:
    with pytest.raises(ConnectorError, match="did you mean 'lang'") as caught:
        store.search_lexical({"refund": 1}, limit=1, filters=[{"lamg": "en"}])
    assert caught.value.code == "vector.unknown-filter"


def test_what_was_given_is_kept(store: IndexStore) -> None:
    given = {each.id: each for each in corpus(60)}
    assert store.digests() == {key: each.digest for key, each in given.items()}
    assert store.document("d007") == given["d007"]
    assert store.document("nobody") is None
    passage = store.fetch([7])[7]
    assert (passage.text, passage.id, passage.document.meta) == (given["d007"].text, "d007#0", given["d007"].meta)
    assert store.spans()["d007"] == [(7, 0, len(passage.text), "")]
    assert np.allclose(np.linalg.norm(store.vectors([3, 59]), axis=1), 1, atol=1e-5)
    assert store.verify().ok


def test_a_second_version_replaces_the_first_for_new_readers_only(engine: IndexEngine) -> None:
    build(engine, corpus(10))
    old = engine.open("handbook")
    build(engine, corpus(20), version="2")
    assert engine.current("handbook") == "2"
    new = engine.open("handbook")
    assert (len(old.digests()), len(new.digests())) == (10, 20)
    assert (old.verify().ok, new.verify().ok) == (True, True)
    for opened in (old, new):
        opened.close()


def test_an_index_may_be_empty_or_without_vectors(engine: IndexEngine) -> None:
    build(engine, [document("blank", "")][:0])
    empty = engine.open("handbook")
    assert empty.search_lexical({"refund": 1}, limit=5) == []
    assert empty.search_dense(np.ones(8, np.float32), limit=5) == []
    empty.close()
    build(engine, corpus(5), version="2", dimension=0)
    lexical = engine.open("handbook")
    assert lexical.search_dense(np.ones(8, np.float32), limit=5) == []
    assert lexical.search_lexical({"order": 1}, limit=5)
    lexical.close()


def test_no_index_names_the_real_ones(engine: IndexEngine) -> None:
    build(engine, corpus(3))
    with pytest.raises(ConnectorError, match="did you mean 'handbook'") as caught:
        engine.open("handbok")
    assert caught.value.code == "vector.no-index"


def test_a_wrong_vector_publishes_nothing(engine: IndexEngine) -> None:
    first = build(engine, corpus(3))
    bad = [
        StoredPassage(
            row=row,
            id=f"{d.id}#0",
            document=d,
            text=d.text,
            start=0,
            end=len(d.text),
            vector=np.full(8, np.nan, np.float32),
        )
        for row, d in enumerate(corpus(2))
    ]
    manifest = replace(first, version="2", documents=2, passages=2)
    with pytest.raises(ConnectorError) as caught:
        engine.build(manifest, corpus(2), bad)
    assert caught.value.code == "vector.bad-vector"
    assert engine.current("handbook") == "1"


def test_lost_passages_publish_nothing(engine: IndexEngine) -> None:
    first = build(engine, corpus(3))
    with pytest.raises(ConnectorError) as caught:
        engine.build(replace(first, version="2"), corpus(3), [])
    assert caught.value.code == "vector.verify"
    assert engine.current("handbook") == "1"


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_edge_leaves_the_published_files_as_they_are(tmp_path: Path) -> None:
    engine = engine_of("edge", tmp_path)
    build(engine, corpus(40))
    before = hashes(tmp_path / "handbook" / "1")
    opened = [engine.open("handbook") for _ in range(3)]
    for each in opened:
        each.search_dense(np.ones(8, np.float32), limit=5)
        each.search_lexical({"refund": 1}, limit=5, filters=[{"lang": "en"}])
        assert each.verify().ok
    assert len(list((tmp_path / "handbook").glob(".open-*"))) == 3
    for each in opened:
        each.close()
        each.close()
    assert hashes(tmp_path / "handbook" / "1") == before
    assert list((tmp_path / "handbook").glob(".open-*")) == []


@pytest.mark.parametrize("kind", ["edge", "sqlite"])
def test_old_versions_and_leavings_of_the_dead_go(tmp_path: Path, kind: str) -> None:
    engine = engine_of(kind, tmp_path)
    home = tmp_path / "handbook"
    build(engine, corpus(3))
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    for name in (".building-", ".open-"):
        (home / f"{name}{int(gone.stdout)}-abc").mkdir()
    for version in ("2", "3", "4"):
        build(engine, corpus(3), version=version)
    engine.open("handbook").close()
    left = sorted(path.name for path in home.iterdir() if path.is_dir())
    assert [name for name in left if not name.startswith(".open-")] == ["3", "4"]
    if kind == "edge":
        assert left == ["3", "4"]


def test_a_killed_build_leaves_the_old_version(tmp_path: Path) -> None:
    engine = engine_of("edge", tmp_path)
    build(engine, corpus(3))
    program = textwrap.dedent("""
        import os, signal, sys
        from pathlib import Path
        from dataclasses import replace
        from compound.connector.vector import StoredPassage
        from tests.support.data.search import engine as open_engine
        from compound.connector.vector.versions import read_manifest
        root = Path(sys.argv[1])
        old = read_manifest(root / "handbook" / "1")
        def passages():
            os.kill(os.getpid(), signal.SIGKILL)
            yield
        open_engine("edge", root=root).build(replace(old, version="2"), [], passages())
    """)
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, cwd=ROOT)
    assert done.returncode == -signal.SIGKILL
    again = engine.open("handbook")
    assert again.manifest.version == "1"
    assert again.verify().ok
    again.close()
    build(engine, corpus(4), version="3")
    assert engine.current("handbook") == "3"
    assert not [path for path in (tmp_path / "handbook").iterdir() if path.name.startswith(".building-")]


@pytest.mark.parametrize("kind", ["edge", "sqlite"])
def test_stored_bytes_that_changed_are_found(tmp_path: Path, kind: str) -> None:
    import sqlite3

    engine = engine_of(kind, tmp_path)
    build(engine, corpus(5))
    with sqlite3.connect(tmp_path / "handbook" / "1" / "documents.db") as connection:
        connection.execute("update document set text = text || 'x' where id = 'd003'")
    connection.close()
    opened = engine.open("handbook")
    result = opened.verify()
    opened.close()
    assert not result.ok
    assert "d003" in result.problems[0]


def test_an_index_of_another_engine_says_so(tmp_path: Path) -> None:
    build(engine_of("sqlite", tmp_path), corpus(2))
    with pytest.raises(ConnectorError) as caught:
        engine_of("edge", tmp_path).open("handbook")
    assert caught.value.code == "vector.other-engine"


def test_a_damaged_shard_is_named(tmp_path: Path) -> None:
    engine = engine_of("edge", tmp_path)
    build(engine, corpus(2))
    (tmp_path / "handbook" / "1" / "shard" / "edge_config.json").write_text("{", "utf-8")
    with pytest.raises(ConnectorError) as caught:
        engine.open("handbook")
    assert caught.value.code == "vector.damaged"
    assert list((tmp_path / "handbook").glob(".open-*")) == []


def test_a_large_memory_fixture_warns(tmp_path: Path) -> None:
    engine = engine_of("qdrant", tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        build(engine, corpus(3), dimension=0)
    many = [document(f"x{index}", "") for index in range(3)]
    manifest = IndexManifest(
        name="big", version="1", kind="qdrant", fingerprint={}, embedder="none", dimension=0, documents=3,
        passages=5_001, mean_terms=0, digest="", indexed_at="",
    )  # fmt: skip
    with pytest.warns(UserWarning, match="test fixture"), pytest.raises(ConnectorError):
        engine.build(manifest, many, [])


def test_an_unknown_engine_names_the_real_ones(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="did you mean 'edge'"):
        open_engine("egde", root=tmp_path)
    with pytest.raises(ProjectError, match="needs a folder"):
        open_engine("edge")
    with pytest.raises(ProjectError, match="needs a url"):
        open_engine("qdrant")
    assert os.listdir(tmp_path) == []
