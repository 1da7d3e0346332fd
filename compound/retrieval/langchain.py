"""A `Retriever` as a LangChain `BaseRetriever`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from langchain_core.documents import Document as LangChainDocument
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, SkipValidation

from compound.retrieval.types import Mode, SearchResult

if TYPE_CHECKING:
    from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun


class AsyncSearcher(Protocol):
    """The wrapped searches of a `Retriever`."""

    def search(self, query: str, *, top_k: int, mode: Mode) -> SearchResult:
        """The best passages."""
        ...

    async def asearch(self, query: str, *, top_k: int, mode: Mode) -> SearchResult:
        """Like `search`, without blocking."""
        ...


class CompoundRetriever(BaseRetriever):
    """Returns LangChain documents; `metadata` has id, span, title, source, version, score and rank."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: SkipValidation[AsyncSearcher]
    top_k: int
    mode: Mode

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[LangChainDocument]:
        del run_manager
        return _documents(self.retriever.search(query, top_k=self.top_k, mode=self.mode))

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[LangChainDocument]:
        del run_manager
        return _documents(await self.retriever.asearch(query, top_k=self.top_k, mode=self.mode))


def as_langchain(retriever: AsyncSearcher, *, top_k: int, mode: Mode) -> BaseRetriever:
    """Wrap a retriever."""
    return CompoundRetriever(retriever=retriever, top_k=top_k, mode=mode)


def _documents(result: SearchResult) -> list[LangChainDocument]:
    return [
        LangChainDocument(
            id=passage.id,
            page_content=passage.text,
            metadata={key: value for key, value in passage.to_json().items() if key not in {"text", "id"}},
        )
        for passage in result.passages
    ]
