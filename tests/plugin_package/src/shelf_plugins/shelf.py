"""A retriever over a list of sentences, and a reranker that likes short passages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from compound.retrieval import Passage, SearchMode, SearchResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compound import Setup


class Shelf:
    """Finds the sentences of its options that share a word with the query."""

    version = "1"

    def __init__(self, setup: Setup) -> None:
        sentences = setup.options.get("sentences")
        self._sentences = [str(one) for one in sentences] if isinstance(sentences, list) else []
        self._name = setup.name

    def search(
        self, query: str, *, top_k: int = 6, mode: SearchMode = "hybrid", where: Mapping[str, object] | None = None
    ) -> SearchResult:
        """By shared words, in the order of the list."""
        del where
        words = set(query.lower().split())
        found = [(at, one) for at, one in enumerate(self._sentences) if words & set(one.lower().split())]
        passages = tuple(self._passage(at, text, rank) for rank, (at, text) in enumerate(found[:top_k], 1))
        return SearchResult(passages=passages, degraded=(), mode=mode, index=self._name, version=self.version)

    def _passage(self, at: int, text: str, rank: int) -> Passage:
        return Passage(
            id=f"{at}#0",
            doc_id=str(at),
            text=text,
            start=0,
            end=len(text),
            title="",
            source="shelf",
            source_version=self.version,
            score=1.0 / rank,
            scores={},
            rank=rank,
            meta={},
        )


class Shortest:
    """Puts short passages first."""

    def rerank(self, query: str, passages: Sequence[str]) -> Sequence[float]:
        """One score per passage; higher is better."""
        del query
        return [-float(len(one)) for one in passages]


def open_shelf(setup: Setup) -> Shelf:
    """The entry point of the retriever."""
    return Shelf(setup)


def open_shortest(setup: Setup) -> Shortest:
    """The entry point of the reranker."""
    del setup
    return Shortest()
