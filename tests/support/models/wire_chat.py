"""A LangChain chat model as partners write them: OpenAI's wire format over httpx, errors of its own, no retries off."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, convert_to_openai_messages
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import Field, SecretStr


class WireError(Exception):
    """What a partner raises for a status."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"Error code: {response.status_code} - {response.text[:200]}")
        self.response = response
        self.status_code = response.status_code


class APIConnectionError(Exception):
    """What a partner raises where no answer came."""


class WireChat(BaseChatModel):
    """A chat model behind an address."""

    model: str = "gpt-wire"
    api_key: SecretStr
    base_url: str
    default_headers: dict[str, str] = Field(default_factory=dict[str, str])
    max_tokens: int | None = None
    temperature: float | None = None
    max_retries: int = 2
    timeout: float | None = None
    stream_usage: bool = False

    @property
    def _llm_type(self) -> str:
        return "wire"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self.bind(tools=list(tools), **kwargs)

    def with_structured_output(self, schema: Any, *, include_raw: bool = False, **_: Any) -> Any:
        asked = {"type": "json_schema", "json_schema": {"name": schema["title"], "schema": schema}}
        bound: Runnable[Any, Any] = self.bind(response_format=asked)

        def read(message: AIMessage) -> dict[str, Any]:
            try:
                return {"raw": message, "parsed": json.loads(str(message.text)), "parsing_error": None}
            except ValueError as error:
                return {"raw": message, "parsed": None, "parsing_error": error}

        assert include_raw
        return bound | RunnableLambda(read)

    def _body(self, messages: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
        own = {"model": self.model, "max_tokens": self.max_tokens, "temperature": self.temperature}
        return {"messages": convert_to_openai_messages(messages), **own, **kwargs, "retries": self.max_retries}

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        raise NotImplementedError

    async def _agenerate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        kwargs.pop("ls_structured_output_format", None)
        headers = {"authorization": f"Bearer {self.api_key.get_secret_value()}", **self.default_headers}
        async with httpx.AsyncClient(timeout=self.timeout) as client:
            try:
                answer = await client.post(self.base_url, json=self._body(messages, kwargs), headers=headers)
            except httpx.HTTPError as error:
                raise APIConnectionError("Connection error.") from error
        if answer.status_code >= 400:
            raise WireError(answer)
        told = answer.json()
        said = told["choices"][0]
        about = {"finish_reason": said["finish_reason"], "model_name": told["model"]}
        usage = told.get("usage")
        message = AIMessage(
            said["message"]["content"] or "",
            response_metadata=about,
            usage_metadata=_usage(usage) if usage else None,
            additional_kwargs={"refusal": said["message"]["refusal"]} if said["message"].get("refusal") else {},
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _astream(
        self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        whole = (await self._agenerate(messages, **kwargs)).generations[0].message
        assert isinstance(whole, AIMessage)
        for word in str(whole.text).split(" "):
            yield ChatGenerationChunk(message=AIMessageChunk(content=f"{word} "))
        yield ChatGenerationChunk(message=AIMessageChunk(content="", response_metadata=whole.response_metadata))
        if self.stream_usage:
            yield ChatGenerationChunk(message=AIMessageChunk(content="", usage_metadata=whole.usage_metadata))


def _usage(told: dict[str, int]) -> UsageMetadata:
    return UsageMetadata(
        input_tokens=told["prompt_tokens"],
        output_tokens=told["completion_tokens"],
        total_tokens=told["prompt_tokens"] + told["completion_tokens"],
    )
