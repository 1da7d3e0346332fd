"""A chat model of LangChain that answers with what it was asked, after a while, at a price."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult


class EchoChat(BaseChatModel):
    """Says how it was called; 1000 tokens in, 100 out.

    Attributes:
        wait_s: Seconds until it answers.
    """

    wait_s: float = 0.0

    @property
    def _llm_type(self) -> str:
        return "echo"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self.bind(tools=list(tools), **kwargs)

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kw: Any
    ) -> ChatResult:
        asked = {
            "messages": [[message.type, message.text] for message in messages],
            "max_tokens": kw.get("max_tokens"),
            "temperature": kw.get("temperature"),
            "tools": [tool["function"] for tool in kw.get("tools", [])],
        }
        message = AIMessage(
            json.dumps(asked),
            usage_metadata={"input_tokens": 1000, "output_tokens": 100, "total_tokens": 1100},
            response_metadata={"model_name": "echo-1", "finish_reason": "stop"},
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _agenerate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kw: Any) -> ChatResult:
        await asyncio.sleep(self.wait_s)
        return self._generate(messages, stop, run_manager, **kw)
