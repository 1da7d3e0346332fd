"""A `Retriever` as a LangChain `BaseRetriever`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_core.documents import Document as LangChainDocument
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from compound.retrieval._types import Mode, SearchResult

if TYPE_CHECKING:
    from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun

    from compound.retrieval._retriever import Retriever


class CompoundRetriever(BaseRetriever):
    """Answers with LangChain documents; `metadata` holds id, span, title, source, version, score and rank."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: object
    top_k: int
    mode: Mode

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[LangChainDocument]:
        del run_manager
        return _documents(self._of().search(query, top_k=self.top_k, mode=self.mode))

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[LangChainDocument]:
        del run_manager
        return _documents(await self._of().asearch(query, top_k=self.top_k, mode=self.mode))

    def _of(self) -> Retriever:
        from compound.retrieval._retriever import Retriever

        if not isinstance(self.retriever, Retriever):
            raise TypeError(self.retriever)
        return self.retriever


def as_langchain(retriever: Retriever, *, top_k: int, mode: Mode) -> BaseRetriever:
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
