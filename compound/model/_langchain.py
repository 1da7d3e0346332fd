"""Provider `langchain`: any `BaseChatModel`, through its public interface only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from compound.errors import CompoundError, ModelError, ProjectError
from compound.model._anthropic_wire import ask_for_json
from compound.model._types import (
    Message,
    ModelRequest,
    ModelResponse,
    StopReason,
    StreamEnd,
    StreamEvent,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ToolCall,
    ToolDelta,
    ToolResult,
    Usage,
)

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage
    from pydantic import JsonValue

_STOPS: dict[str, StopReason] = {
    "stop": "end_turn",
    "end_turn": "end_turn",
    "length": "max_tokens",
    "max_tokens": "max_tokens",
    "tool_calls": "tool_use",
    "tool_use": "tool_use",
    "content_filter": "refusal",
    "refusal": "refusal",
}


class LangchainProvider:
    """Calls a LangChain chat model. A typed answer is asked for in words and validated by the gateway.

    Args:
        model: The chat model; its own retries should be off.
        name: As it is written in spans.
    """

    def __init__(self, model: BaseChatModel, *, name: str = "langchain") -> None:
        self.name = name
        self._model = model

    @classmethod
    def from_factory(cls, factory: str, options: Mapping[str, JsonValue]) -> LangchainProvider:
        """Make the chat model that `package.module:Class` names.

        Raises:
            ProjectError: `model.langchain`: it cannot be imported or made.
        """
        module, _, name = factory.partition(":")
        try:
            made = getattr(import_module(module), name)(**options)
        except Exception as error:
            what = f"cannot make {factory!r}: {type(error).__name__}: {error}"
            fix = "install its package, and write it as package.module:Class"
            raise ProjectError("model.langchain", what, fix=fix) from error
        return cls(cast("BaseChatModel", made))

    async def complete(self, request: ModelRequest) -> ModelResponse:
        """Answer one request. A failure with no HTTP status that helps is `model.langchain-failed`, not retried."""
        try:
            answer = await self._bound(request).ainvoke(_messages(request))
        except CompoundError:
            raise
        except Exception as error:
            raise _failed(error) from error
        return self._response(cast("AIMessage", answer), request)

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """Answer one request piece by piece."""
        whole: Any = None
        try:
            async with aclosing(self._bound(request).astream(_messages(request))) as pieces:
                async for piece in pieces:
                    whole = piece if whole is None else whole + piece
                    if piece.text:
                        yield TextDelta(text=str(piece.text))
                    for part in getattr(piece, "tool_call_chunks", ()):
                        yield ToolDelta(index=part.get("index") or 0, json_text=part.get("args") or "")
        except CompoundError:
            raise
        except Exception as error:
            raise _failed(error) from error
        if whole is None:
            raise ModelError("model.broken-stream", "langchain: the stream was empty", retryable=True)
        yield StreamEnd(response=self._response(cast("AIMessage", whole), request))

    def _bound(self, request: ModelRequest) -> Any:  # noqa: ANN401 LangChain has no name for a bound model
        bound: Any = self._model
        if request.tools:
            bound = self._model.bind_tools(
                [
                    {
                        "type": "function",
                        "function": {
                            "name": tool.name,
                            "description": tool.description,
                            "parameters": dict(tool.parameters),
                        },
                    }
                    for tool in request.tools
                ]
            )
        settings = dict(request.options)
        if request.max_tokens:
            settings["max_tokens"] = request.max_tokens
        if request.temperature is not None:
            settings["temperature"] = request.temperature
        return bound.bind(**settings) if settings else bound

    def _response(self, message: AIMessage, request: ModelRequest) -> ModelResponse:
        calls = tuple(
            ToolCall(id=call["id"] or "", name=call["name"], arguments=cast("dict[str, JsonValue]", call["args"]))
            for call in message.tool_calls
        )
        text = str(message.text)
        about = cast("dict[str, Any]", message.response_metadata)
        stop = str(about.get("stop_reason") or about.get("finish_reason") or "end_turn").lower()
        return ModelResponse(
            text=text,
            tool_calls=calls,
            stop_reason=_STOPS.get(stop, "other"),
            content=(*([TextBlock(text=text)] if text else []), *calls),
            usage=_usage(message),
            provider=self.name,
            model=str(about.get("model_name") or about.get("model") or request.model),
            raw_id=message.id or "",
        )


def _usage(message: AIMessage) -> Usage:
    usage = message.usage_metadata
    if usage is None:
        return Usage(is_complete=False)
    read = usage.get("input_token_details", {})
    written = usage.get("output_token_details", {})
    return Usage(
        input_tokens=usage["input_tokens"],
        output_tokens=usage["output_tokens"],
        cache_read_tokens=read.get("cache_read", 0),
        cache_write_tokens=read.get("cache_creation", 0),
        reasoning_tokens=written.get("reasoning"),
    )


def _messages(request: ModelRequest) -> list[BaseMessage]:
    from langchain_core.messages import SystemMessage

    system = request.system
    if request.output_schema is not None:
        system = f"{system}\n\n{ask_for_json(request.output_schema)}".strip()
    first: list[BaseMessage] = [SystemMessage(system)] if system else []
    return first + [part for message in request.messages for part in _turn(message)]


def _turn(message: Message) -> list[BaseMessage]:
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

    kinds = {"user": HumanMessage, "assistant": AIMessage, "system": SystemMessage}
    if isinstance(message.content, str):
        return [kinds[message.role](message.content)]
    results: list[BaseMessage] = []
    calls: list[ToolCall] = []
    parts: list[str | dict[str, Any]] = []
    for block in message.content:
        match block:
            case TextBlock():
                parts.append({"type": "text", "text": block.text})
            case ToolCall():
                calls.append(block)
            case ToolResult():
                content = block.content if isinstance(block.content, str) else list(map(dict, block.content))
                results.append(ToolMessage(cast("Any", content), tool_call_id=block.call_id))
            case ThinkingBlock():
                pass
            case _:
                parts.append(dict(block.data))
    if calls:
        made = [{"id": call.id, "name": call.name, "args": dict(call.arguments)} for call in calls]
        return [AIMessage(cast("Any", parts), tool_calls=cast("Any", made))]
    return results + ([kinds[message.role](cast("Any", parts))] if parts else [])


def _failed(error: Exception) -> ModelError:
    """What LangChain's partners raise has no common type; nearly all carry the HTTP status."""
    what = f"{type(error).__name__}: {error}"
    status = getattr(error, "status_code", None)
    if isinstance(error, TimeoutError) or status == 408:
        return ModelError("model.timeout", what, retryable=True)
    if isinstance(error, ConnectionError):
        return ModelError("model.connection", what, retryable=True)
    if status == 429:
        return ModelError("model.rate-limit", what, retryable=True)
    if isinstance(status, int) and status >= 500:
        return ModelError("model.overloaded" if status == 529 else "model.server", what, retryable=True)
    return ModelError("model.langchain-failed", what)
