"""Converts messages to and from LangChain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from compound.errors import ModelError
from compound.language.json_text import read_json, whole_characters, whole_text
from compound.model.call.types import (
    ContentBlock,
    Message,
    ModelRequest,
    ModelResponse,
    NativeBlock,
    StopReason,
    TextBlock,
    ThinkingBlock,
    ToolCall,
    ToolResult,
    Usage,
)
from compound.model.provider.anthropic_wire import NOTHING, ask_for_json

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, BaseMessage
    from pydantic import JsonValue

_STOPS: Final[dict[str, StopReason]] = {
    **dict.fromkeys(("stop", "end_turn", "complete", "completed", "eos", "eos_token"), "end_turn"),
    "stop_sequence": "stop_sequence",
    **dict.fromkeys(("length", "max_tokens", "max_output_tokens", "incomplete", "max_length"), "max_tokens"),
    **dict.fromkeys(("model_length", "model_context_window_exceeded", "context_window_exceeded"), "context_window"),
    **dict.fromkeys(("tool_calls", "tool_call", "tool_use", "function_call"), "tool_use"),
    "pause_turn": "pause_turn",
    **dict.fromkeys(
        ("content_filter", "refusal", "safety", "recitation", "blocklist", "prohibited_content"), "refusal"
    ),
    **dict.fromkeys(("spii", "image_safety", "guardrail_intervened", "content_filtered", "error_toxic"), "refusal"),
}
_SAID_ELSEWHERE: Final = frozenset({"tool_use", "tool_call", "function_call", "input_json_delta", "tool_call_chunk"})
_STANDARD_TIERS: Final = frozenset({"", "standard", "default", "auto", "on_demand"})


def to_messages(request: ModelRequest, *, asks_in_words: bool) -> list[BaseMessage]:
    """The conversation; with `asks_in_words` the system prompt contains the schema of the answer."""
    from langchain_core.messages import SystemMessage

    system = request.system
    if request.output_schema is not None and asks_in_words:
        system = f"{system}\n\n{ask_for_json(request.output_schema)}".strip()
    first: list[BaseMessage] = [SystemMessage(whole_characters(system))] if system else []
    return first + [part for message in request.messages for part in _turn(message)]


def _turn(message: Message) -> list[BaseMessage]:
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

    kinds = {"user": HumanMessage, "assistant": AIMessage, "system": SystemMessage}
    if isinstance(message.content, str):
        is_nothing = message.role == "assistant" and not message.content.strip()
        return [kinds[message.role](NOTHING if is_nothing else whole_characters(message.content))]
    results: list[BaseMessage] = []
    calls: list[ToolCall] = []
    parts: list[str | dict[str, Any]] = []
    for block in message.content:
        match block:
            case TextBlock():
                # Providers reject empty texts in a conversation.
                parts += [{"type": "text", "text": whole_characters(block.text)}] if block.text else []
            case ToolCall():
                calls.append(block)
            case ToolResult():
                content = block.content if isinstance(block.content, str) else list(map(dict, block.content))
                status = "error" if block.is_error else "success"
                results.append(ToolMessage(cast("Any", content), tool_call_id=block.call_id, status=status))
            case ThinkingBlock():
                pass
            case _:
                parts.append(dict(block.data))
    if calls:
        made = [{"id": call.id, "name": call.name, "args": dict(call.arguments)} for call in calls]
        return [AIMessage(cast("Any", parts or ""), tool_calls=cast("Any", made))]
    if message.role == "assistant" and not parts:
        return [AIMessage(NOTHING)]
    return results + ([kinds[message.role](cast("Any", parts))] if parts else [])


def to_response(message: AIMessage, *, provider: str, model: str) -> ModelResponse:
    """Convert an answer of a chat model.

    Args:
        message: Its message.
        provider: Name in spans.
        model: The requested model, if the answer does not name one.

    Raises:
        ModelError: ``model.bad-answer``: the arguments of a tool are not JSON.
    """
    about = cast("dict[str, Any]", message.response_metadata)
    stop = _stop(message, about)
    calls = tuple(_calls(message, is_cut=stop == "max_tokens"))
    text = whole_characters(str(message.text))
    refusal = _refusal(message)
    return ModelResponse(
        text=text,
        tool_calls=calls,
        stop_reason="refusal" if refusal else stop,
        content=(*_content(message, text), *calls),
        usage=_usage(message, about),
        provider=provider,
        model=str(about.get("model_name") or about.get("model") or about.get("model_id") or model),
        raw_id=message.id or "",
        reason=refusal or ("the model refused" if stop == "refusal" else ""),
    )


def _stop(message: AIMessage, about: Mapping[str, Any]) -> StopReason:
    told = about.get("stop_reason") or about.get("finish_reason") or about.get("stopReason") or about.get("done_reason")
    incomplete = about.get("incomplete_details")
    if isinstance(incomplete, Mapping):
        told = cast("Mapping[str, Any]", incomplete).get("reason") or told
    if told is None:
        return "tool_use" if message.tool_calls else "end_turn"
    return _STOPS.get(str(getattr(told, "name", told)).lower(), "other")


def _calls(message: AIMessage, *, is_cut: bool) -> Iterator[ToolCall]:
    for call in message.tool_calls:
        arguments = cast("dict[str, JsonValue]", whole_text(cast("JsonValue", call["args"])))
        yield ToolCall(id=call["id"] or "", name=call["name"], arguments=arguments)
    for broken in () if is_cut else message.invalid_tool_calls:
        try:
            arguments = read_json(broken["args"] or "{}")
        except ValueError:
            arguments = None
        if not isinstance(arguments, dict):
            what = f"langchain: arguments of tool {broken['name']!r} are not a JSON object: {broken['args']!r:.200}"
            raise ModelError("model.bad-answer", what, retryable=True)
        yield ToolCall(id=broken["id"] or "", name=broken["name"] or "", arguments=arguments)


def _content(message: AIMessage, text: str) -> Iterator[ContentBlock]:
    if isinstance(message.content, str):
        if text:
            yield TextBlock(text=text)
        return
    for part in message.content:
        if isinstance(part, str):
            yield TextBlock(text=whole_characters(part))
        elif part.get("type") == "text" and part.keys() <= {"type", "text", "index", "id"}:
            yield TextBlock(text=whole_characters(str(part["text"])))
        elif part.get("type") not in _SAID_ELSEWHERE:
            # Thinking is sent back unchanged, or the provider rejects the next turn.
            yield NativeBlock(data=cast("Mapping[str, JsonValue]", part))


def _refusal(message: AIMessage) -> str:
    told: Any = message.additional_kwargs.get("refusal")
    if not told and not isinstance(message.content, str):
        parts = [part for part in message.content if isinstance(part, dict) and part.get("type") == "refusal"]
        told = " ".join(str(part.get("refusal") or "the model refused") for part in parts)
    return whole_characters(str(told or ""))


def _usage(message: AIMessage, about: Mapping[str, Any]) -> Usage:
    tier = str(about.get("service_tier") or "")
    modes = () if tier in _STANDARD_TIERS else (f"service_tier={tier}",)
    usage = message.usage_metadata
    if usage is None:
        return Usage(is_complete=False, modes=modes)
    read = cast("dict[str, int]", usage.get("input_token_details", {}))
    written = cast("dict[str, int]", usage.get("output_token_details", {}))
    hour, minutes = read.get("ephemeral_1h_input_tokens") or 0, read.get("ephemeral_5m_input_tokens") or 0
    return Usage(
        input_tokens=usage["input_tokens"],
        output_tokens=usage["output_tokens"],
        cache_read_tokens=read.get("cache_read") or 0,
        cache_write_tokens=max(read.get("cache_creation") or 0, hour + minutes),
        cache_write_1h_tokens=hour,
        reasoning_tokens=written.get("reasoning"),
        modes=modes,
        # Audio tokens have their own price.
        is_complete=not (read.get("audio") or written.get("audio")),
    )
