"""Wraps a plug-in's retriever with tracing and validation."""

from __future__ import annotations

from typing import cast

from compound.connector.vector import Filter
from compound.errors import ConnectorError
from compound.retrieval.types import Retriever, SearchMode, SearchResult
from compound.trace.active import child


class PluggedRetriever:
    """Searches an index through a plug-in.

    Args:
        name: Name of the index in graphs.
        adapter: Name of the plug-in's retriever.
        made: The retriever.
    """

    def __init__(self, name: str, adapter: str, made: Retriever) -> None:
        self.name = name
        self._adapter = adapter
        self._made = made

    @property
    def version(self) -> str:
        """Version reported by the plug-in."""
        return f"{self._adapter}:{self._made.version}"

    def search(
        self, query: str, *, top_k: int = 6, mode: SearchMode = "hybrid", where: Filter | None = None
    ) -> SearchResult:
        """Search through the plug-in.

        Raises:
            ConnectorError: ``plugin.wrong-answer``: not a `SearchResult` of at most `top_k` passages.
        """
        with child(f"retrieval {self.name}", kind="retrieve", index_name=self.name) as span:
            found = cast("object", self._made.search(query, top_k=top_k, mode=mode, where=where))
            if not isinstance(found, SearchResult) or len(found.passages) > top_k:
                got = f"{len(found.passages)} passages" if isinstance(found, SearchResult) else type(found).__name__
                what = f"retriever {self._adapter!r} returned {got}; expected a SearchResult of at most {top_k}"
                raise ConnectorError("plugin.wrong-answer", what, fix="correct the plug-in")
            span.set(
                index_version=found.version or None,
                mode=found.mode,
                degraded=list(found.degraded) or None,
                retrieved=[
                    {"id": p.id, "score": p.score, "rank": p.rank, "doc_version": p.source_version}
                    for p in found.passages
                ],
            )
            return found
