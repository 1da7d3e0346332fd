"""A retriever as a LangChain `BaseRetriever`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from langchain_core.documents import Document as LangChainDocument
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, SkipValidation

from compound.retrieval.types import SearchMode, SearchResult

if TYPE_CHECKING:
    from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun


class AsyncRetriever(Protocol):
    """The wrapped searches of a retriever."""

    def search(self, query: str, *, top_k: int, mode: SearchMode) -> SearchResult:
        """The best passages."""
        ...

    async def asearch(self, query: str, *, top_k: int, mode: SearchMode) -> SearchResult:
        """Like `search`, without blocking."""
        ...


class CompoundRetriever(BaseRetriever):
    """Returns LangChain documents; `metadata` has id, span, title, source, version, score and rank."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: SkipValidation[AsyncRetriever]
    top_k: int
    mode: SearchMode

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


def as_langchain(retriever: AsyncRetriever, *, top_k: int, mode: SearchMode) -> BaseRetriever:
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
