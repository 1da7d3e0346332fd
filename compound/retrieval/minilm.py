"""MiniLM-L6-v2 in numpy: the published weights with an own forward pass, without torch."""

from __future__ import annotations

import importlib.util
import os
from collections import OrderedDict
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

import numpy as np

from compound.connector.vector import Vector
from compound.retrieval.minilm_net import PACKAGE, VOCAB_SHA256, WEIGHTS_SHA256, Network

if TYPE_CHECKING:
    from compound.retrieval.embed_process import EmbedProcess

_QUERIES_KEPT: Final = 1_024
_TOKENS_A_BATCH: Final = 1_024
_MOST_THREADS: Final = 8
QUERY_PIECES: Final = 128
PASSAGE_PIECES: Final = 256


class MiniLm:
    """Sentence embeddings: mean of the last layer's token vectors, normalised. English; 384 dimensions.

    Queries are cached, so that several searches of one item embed it once. Thread-safe. The weights are read on first
    use (`ConnectorError`, `retrieval.weights`: not the published ones).

    Source: Wang et al., MiniLM, 2020; Reimers, Gurevych, Sentence-BERT, 2019; `all-MiniLM-L6-v2`.
    Cost: 90 MB of memory.

    Attributes:
        folder: Folder of the weights.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: EmbedProcess | None = None
        self._kept: OrderedDict[str, Vector] = OrderedDict()
        self._lock = Lock()

    @property
    def has_read_weights(self) -> bool:
        """Whether the weights are loaded."""
        return "_network" in self.__dict__

    @cached_property
    def _network(self) -> Network:
        return Network(self.folder)

    @property
    def name(self) -> str:
        """`minilm`."""
        return "minilm"

    @property
    def dimension(self) -> int:
        """384."""
        return 384

    @property
    def fingerprint(self) -> Mapping[str, str]:
        """Weights, tokenizer, pooling and normalisation."""
        return {
            "embedder": f"all-MiniLM-L6-v2/{WEIGHTS_SHA256[:16]}",
            "tokenizer": f"wordpiece/{VOCAB_SHA256[:16]}/{PASSAGE_PIECES}",
            "normalisation": "mean+l2/1",
        }

    def embed(self, texts: Sequence[str]) -> Vector:
        """See `Embedder.embed`; uses the first 256 word pieces of each text."""
        encoded = [self._network.encode(text, PASSAGE_PIECES) for text in texts]
        out = np.zeros((len(texts), self.dimension), np.float32)
        # Texts of similar length share a batch, to avoid padding.
        if not texts:
            return out
        order = sorted(range(len(texts)), key=lambda index: len(encoded[index]))
        batches: list[list[int]] = [[]]
        for row in order:
            if batches[-1] and len(encoded[row]) * (len(batches[-1]) + 1) > _TOKENS_A_BATCH:
                batches.append([])
            batches[-1].append(row)

        def fill(rows: Sequence[int]) -> None:
            out[rows] = self._network.forward([encoded[row] for row in rows])

        with self._lock, self._network.one_thread():
            if len(batches) == 1:
                fill(batches[0])
                return out
            # One batch per core: threads inside one matrix product block each other, most of all on a busy machine.
            with ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1)) as pool:
                list(pool.map(fill, batches))
        return out

    def embed_query(self, text: str) -> Vector:
        """See `Embedder.embed_query`; uses the first 128 word pieces."""
        # Held while embedding: concurrent searches with one query embed it once.
        with self._lock:
            kept = self._kept.get(text)
            if kept is not None:
                self._kept.move_to_end(text)
                return kept
            made = self._process.embed(text) if self._process else None
            if made is None:
                with self._network.one_thread():
                    made = self._network.forward([self._network.encode(text, QUERY_PIECES)])[0]
            made.flags.writeable = False
            self._kept[text] = made
            if len(self._kept) > _QUERIES_KEPT:
                self._kept.popitem(last=False)
            return made

    @contextmanager
    def beside(self) -> Generator[None]:
        """Embed queries in a child process inside the block; the vectors are the same.

        In a thread each of the many small steps waits for the GIL, and other threads that release it (SQLite, at each
        statement) wait to get it back: a batch on two cores ran at half speed.
        """
        from compound.retrieval.embed_process import EmbedProcess

        if self._process is not None or (os.cpu_count() or 1) < 2:
            yield
            return
        self._process = process = EmbedProcess(self.dimension)
        try:
            yield
        finally:
            self._process = None
            process.close()


def find_minilm() -> Path | None:
    """The folder of the installed weights; None if their package is not installed. Imports nothing."""
    spec = importlib.util.find_spec(PACKAGE)
    for place in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(place) / "model"
        if (folder / "model.safetensors").is_file() and (folder / "vocab.txt").is_file():
            return folder
    return None


@cache
def load_minilm() -> MiniLm | None:
    """The process's MiniLM; None if the weights are not installed."""
    folder = find_minilm()
    return None if folder is None else MiniLm(folder)
