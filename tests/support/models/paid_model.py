"""A chat model of LangChain that answers at once and says what it used."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult


class PaidModel(BaseChatModel):
    """Ten tokens in, five out, whatever is asked."""

    @property
    def _llm_type(self) -> str:
        return "paid"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> ChatResult:
        answer = AIMessage(
            '{"text": "four"}',
            usage_metadata={"input_tokens": 10, "output_tokens": 5, "total_tokens": 15},
            response_metadata={"model_name": self.name},
        )
        return ChatResult(generations=[ChatGeneration(message=answer)])
