"""Our forward pass gives the published model's numbers."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from compound.errors import ConnectorError
from compound.retrieval.embed_process import EmbedProcess
from compound.retrieval.embedders import open_embedder
from compound.retrieval.minilm import MiniLm, find_minilm
from compound.retrieval.wordpiece import WordPiece


@pytest.fixture(scope="module")
def model() -> MiniLm:
    found = open_embedder("auto")
    if not isinstance(found, MiniLm):
        if "CI" in os.environ:
            pytest.fail("the MiniLM weights are not installed")
        pytest.skip("the MiniLM weights are not installed")
    return found


def test_the_numbers_are_the_published_ones(model: MiniLm) -> None:
    # From the model card of sentence-transformers/all-MiniLM-L6-v2 run with its own library.
    found = model.embed_query("This is an example sentence")
    assert found[:5] == pytest.approx([0.06765691, 0.06349581, 0.0487131, 0.07930496, 0.03744796], abs=2e-5)
    eating, bread = model.embed(["A man is eating food.", "A man is eating a piece of bread."])
    assert float(eating @ bread) == pytest.approx(0.7553, abs=2e-4)


def test_a_batch_gives_what_each_text_alone_gives(model: MiniLm) -> None:
    texts = ["Where is my order?", "", "return " * 400, "I want to exchange the boots for a smaller size please"]
    together = model.embed(texts)
    alone = np.concatenate([model.embed([text]) for text in texts])
    assert together.dtype == np.float32
    assert np.abs(together - alone).max() < 1e-5
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_a_query_is_embedded_once_even_by_threads_at_the_same_moment(model: MiniLm) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(model.embed_query, ["cancel my order, thanks"] * 8))
    assert all(each is found[0] for each in found)
    assert not found[0].flags.writeable


def test_only_the_start_of_a_long_query_counts(model: MiniLm) -> None:
    start = "refund " * 126
    assert np.array_equal(model.embed_query(start), model.embed_query(start + "banana " * 50_000))


VOCABULARY = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "refund",
    "##s",
    "re",
    "##fund",
    "naive",
    "中",
    "文",
    ",",
    "'",
    "n",
    "##o",
]


def test_words_become_the_longest_known_pieces() -> None:
    words = WordPiece({piece: index for index, piece in enumerate(VOCABULARY)})
    pieces = [VOCABULARY[index] for index in words.encode("Refunds, NAÏVE 中文 no zebra' \x00", 50)]
    assert pieces == [
        "[CLS]", "refund", "##s", ",", "naive", "中", "文", "n", "##o", "[UNK]", "'", "[SEP]",
    ]  # fmt: skip
    assert words.encode("refund " * 10, 4) == [2, 4, 4, 3]
    assert words.encode("a" * 101, 5) == [2, 1, 3]


def test_other_weights_are_refused(tmp_path: Path) -> None:
    for name in ("model.safetensors", "vocab.txt"):
        (tmp_path / name).write_bytes(b"other")
    with pytest.raises(ConnectorError) as caught:
        MiniLm(tmp_path).embed_query("anything")
    assert caught.value.code == "retrieval.weights"


def test_absent_weights_are_none_or_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    import compound.retrieval.minilm as room

    monkeypatch.setattr(room, "PACKAGE", "no_such_package")
    room.load_minilm.cache_clear()
    try:
        assert find_minilm() is None
        assert open_embedder("auto").name == "none"
        with pytest.raises(ConnectorError) as caught:
            open_embedder("minilm")
        assert caught.value.code == "retrieval.no-weights"
    finally:
        room.load_minilm.cache_clear()


def test_a_process_beside_gives_the_same_numbers(model: MiniLm) -> None:
    texts = ["Where is my parcel?", "two\nlines", "half a character \ud83d", ""]
    here = [MiniLm(model.folder).embed_query(text) for text in texts]
    other = MiniLm(model.folder)
    with other.beside(), other.beside():
        assert all((other.embed_query(text) == vector).all() for text, vector in zip(texts, here, strict=True))
        assert not other.has_read_weights


def test_a_query_is_embedded_here_when_the_process_beside_is_killed(
    model: MiniLm, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[EmbedProcess] = []

    class Watched(EmbedProcess):
        def __init__(self, dimension: int) -> None:
            super().__init__(dimension)
            started.append(self)

    monkeypatch.setattr("compound.retrieval.embed_process.EmbedProcess", Watched)
    other = MiniLm(model.folder)
    with other.beside():
        other.embed_query("the first")
        started[0].kill()
        with capture_logs() as said:
            assert (other.embed_query("the second") == model.embed_query("the second")).all()
            assert (other.embed_query("the third") == model.embed_query("the third")).all()
        assert [line["event"] for line in said] == ["retrieval.embed_process_gone"], "it is said once"
