"""The Messages API as JSON: requests out, messages and stream events in. Knows nothing of HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from compound.errors import ModelError
from compound.language.json_text import read_json, whole_text
from compound.model.call.canonical import to_json
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
)
from compound.model.call.usage import read_usage
from compound.model.typed.schema import is_closed

if TYPE_CHECKING:
    from pydantic import JsonValue

    Json = dict[str, JsonValue]

_STOPS: dict[str, StopReason] = {
    "end_turn": "end_turn",
    "max_tokens": "max_tokens",
    "stop_sequence": "stop_sequence",
    "tool_use": "tool_use",
    "pause_turn": "pause_turn",
    "refusal": "refusal",
    "model_context_window_exceeded": "context_window",
}
DEFAULT_MAX_TOKENS = 1024
NOTHING = "(nothing)"
"""Placeholder for an empty turn of the model."""


def to_body(request: ModelRequest) -> Json:
    """The request as the body of `POST /v1/messages`, without `stream`.

    A typed answer uses `output_config.format` if the provider can constrain it: if every object of the schema lists its
    properties. Otherwise the schema is part of the system prompt, and the answer is validated and repaired.
    """
    body: Json = {
        "model": request.model,
        "max_tokens": request.max_tokens or DEFAULT_MAX_TOKENS,
        "messages": [_message(message) for message in request.messages],
    }
    system = request.system
    options = dict(request.options)
    tools: list[JsonValue] = [
        {"name": tool.name, "description": tool.description, "input_schema": dict(tool.parameters)}
        for tool in request.tools
    ]
    # Server tools are added to the tools of the request.
    tools += cast("list[JsonValue]", options.pop("tools", None) or [])
    if tools:
        body["tools"] = tools
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.output_schema is not None:
        if is_closed(request.output_schema):
            given = options.pop("output_config", {})
            body["output_config"] = {**cast("Json", given), "format": _format(request.output_schema)}
        else:
            system = f"{system}\n\n{ask_for_json(request.output_schema)}".strip()
    if system:
        body["system"] = system
    return cast("Json", whole_text({**body, **options}))


def ask_for_json(schema: Mapping[str, JsonValue]) -> str:
    """The instruction for a typed answer that the provider cannot constrain."""
    text = to_json(schema).decode()
    return f"Answer with one JSON value that fits this JSON Schema, and with nothing else:\n{text}"


def _format(schema: Mapping[str, JsonValue]) -> Json:
    from anthropic import transform_schema

    return {"type": "json_schema", "schema": cast("Json", transform_schema(dict(schema)))}


def _message(message: Message) -> Json:
    # The API rejects empty texts in a conversation, but models return them.
    is_model = message.role == "assistant"
    if isinstance(message.content, str):
        return {
            "role": message.role,
            "content": NOTHING if is_model and not message.content.strip() else message.content,
        }
    kept = [block for block in message.content if _text(block) != ""]
    if is_model and all(_text(block) is not None and not str(_text(block)).strip() for block in kept):
        return {"role": message.role, "content": NOTHING}
    return {"role": message.role, "content": [_block(block) for block in kept]}


def _text(block: ContentBlock) -> str | None:
    """The text of a text block; None for other blocks."""
    if isinstance(block, NativeBlock):
        return str(block.data.get("text") or "") if block.data.get("type") == "text" else None
    return block.text if isinstance(block, TextBlock) else None


def _block(block: ContentBlock) -> Json:
    match block:
        case TextBlock():
            out: Json = {"type": "text", "text": block.text}
            return {**out, "cache_control": {"type": "ephemeral"}} if block.cache else out
        case ThinkingBlock():
            return {"type": "thinking", "thinking": block.text, "signature": block.signature}
        case ToolCall():
            return {"type": "tool_use", "id": block.id, "name": block.name, "input": dict(block.arguments)}
        case ToolResult():
            content = block.content if isinstance(block.content, str) else [dict(part) for part in block.content]
            out = {"type": "tool_result", "tool_use_id": block.call_id, "content": cast("JsonValue", content)}
            return {**out, "is_error": True} if block.is_error else out
        case NativeBlock():
            return dict(block.data)


def parse_message(message: JsonValue, provider: str) -> ModelResponse:
    """Read a message of the API; content of an unknown type is kept unchanged.

    Raises:
        ModelError: ``model.bad-answer``: it is not a message.
    """
    if not isinstance(message, dict) or not isinstance(message.get("content"), list):
        raise no_answer(f"the answer is not a message of the Messages API: {shown(message)}")
    try:
        return _parse(cast("Json", whole_text(message)), provider)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise no_answer(f"the answer has a block that cannot be read ({error!r}): {shown(message)}") from error


def no_answer(what: str) -> ModelError:
    """The error of an invalid answer: a proxy's page, truncated JSON, an unreadable event."""
    fix = "check base_url and proxies between here and the provider"
    return ModelError("model.bad-answer", f"anthropic: {what}", fix=fix, retryable=True)


def shown(answer: object) -> str:
    """The beginning of an answer, for a message."""
    text = answer if isinstance(answer, str) else to_json(answer).decode()
    return repr(text if len(text) <= 120 else f"{text[:117]}...")


def _parse(message: Json, provider: str) -> ModelResponse:
    parts = cast("list[Json]", message["content"])
    content = tuple(map(_parse_block, parts))
    stop = message.get("stop_reason")
    return ModelResponse(
        text="".join(str(part["text"]) for part in parts if part.get("type") == "text"),
        tool_calls=tuple(block for block in content if isinstance(block, ToolCall)),
        stop_reason=_STOPS.get(str(stop), "other"),
        content=content,
        usage=read_usage(cast("Json", message.get("usage") or {}), parts),
        provider=provider,
        model=str(message.get("model") or ""),
        raw_id=str(message.get("id") or ""),
        reason=_why(stop, message.get("stop_details")),
    )


def _why(stop: JsonValue, details: JsonValue) -> str:
    if stop == "refusal":
        told = details if isinstance(details, dict) else {}
        kind = f"the model refused ({told['category']})" if told.get("category") else "the model refused"
        return str(told.get("explanation") or kind)
    return "" if str(stop) in _STOPS else f"the provider stopped with {stop!r}, which may not be a complete answer"


def _parse_block(part: Json) -> ContentBlock:
    match part.get("type"):
        case "text" if not part.get("citations"):
            return TextBlock(text=str(part["text"]))
        case "thinking":
            return ThinkingBlock(text=str(part["thinking"]), signature=str(part.get("signature") or ""))
        case "tool_use":
            arguments = part.get("input") or {}
            if isinstance(arguments, str):
                arguments = read_json(arguments)
            if not isinstance(arguments, dict):
                raise TypeError(f"the input of {part.get('name')!r} is not an object")
            return ToolCall(id=str(part["id"]), name=str(part["name"]), arguments=arguments)
        case _:
            return NativeBlock(data=part)
