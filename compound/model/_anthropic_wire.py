"""The Messages API as JSON: requests out, messages and stream events in. Knows nothing of HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import orjson

from compound.model._canonical import to_json
from compound.model._schema import is_closed
from compound.model._types import (
    Block,
    Message,
    ModelRequest,
    ModelResponse,
    NativeBlock,
    StopReason,
    StreamEvent,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolCall,
    ToolDelta,
    ToolResult,
    Usage,
)

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


def to_body(request: ModelRequest) -> Json:
    """The request as the body of `POST /v1/messages`, without `stream`.

    A typed answer is asked for with `output_config.format` where the provider can constrain it: when
    every object of the schema names its properties. Otherwise the schema is written into the system
    prompt, and what comes back is validated and repaired like any other answer.
    """
    body: Json = {
        "model": request.model,
        "max_tokens": request.max_tokens or DEFAULT_MAX_TOKENS,
        "messages": [_message(message) for message in request.messages],
    }
    system = request.system
    if request.tools:
        body["tools"] = [
            {"name": tool.name, "description": tool.description, "input_schema": dict(tool.parameters)}
            for tool in request.tools
        ]
    if request.temperature is not None:
        body["temperature"] = request.temperature
    options = dict(request.options)
    if request.output_schema is not None:
        if is_closed(request.output_schema):
            given = options.pop("output_config", {})
            body["output_config"] = {**cast("Json", given), "format": _format(request.output_schema)}
        else:
            system = f"{system}\n\n{ask_for_json(request.output_schema)}".strip()
    if system:
        body["system"] = system
    return {**body, **options}


def ask_for_json(schema: Mapping[str, JsonValue]) -> str:
    """The sentence that asks a model for a typed answer which its provider cannot constrain."""
    text = to_json(schema).decode()
    return f"Answer with one JSON value that fits this JSON Schema, and with nothing else:\n{text}"


def _format(schema: Mapping[str, JsonValue]) -> Json:
    from anthropic import transform_schema

    return {"type": "json_schema", "schema": cast("Json", transform_schema(dict(schema)))}


def _message(message: Message) -> Json:
    if isinstance(message.content, str):
        return {"role": message.role, "content": message.content}
    return {"role": message.role, "content": [_block(block) for block in message.content]}


def _block(block: Block) -> Json:
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


def parse_message(message: Json, provider: str) -> ModelResponse:
    """Read one message of the API; content of an unknown type is kept as it came."""
    parts = cast("list[Json]", message.get("content") or [])
    content = tuple(map(_parse_block, parts))
    stop = message.get("stop_reason")
    details = message.get("stop_details")
    explained = details.get("explanation") if isinstance(details, dict) else None
    reason = str(explained or "the model refused") if stop == "refusal" else ""
    return ModelResponse(
        text="".join(str(part["text"]) for part in parts if part.get("type") == "text"),
        tool_calls=tuple(block for block in content if isinstance(block, ToolCall)),
        stop_reason=_STOPS.get(str(stop), "other"),
        content=content,
        usage=_usage(cast("Json", message.get("usage") or {})),
        provider=provider,
        model=str(message.get("model") or ""),
        raw_id=str(message.get("id") or ""),
        reason=reason,
    )


def _parse_block(part: Json) -> Block:
    match part.get("type"):
        case "text" if not part.get("citations"):
            return TextBlock(text=cast("str", part["text"]))
        case "thinking":
            return ThinkingBlock(text=cast("str", part["thinking"]), signature=str(part.get("signature") or ""))
        case "tool_use":
            return ToolCall(
                id=cast("str", part["id"]),
                name=cast("str", part["name"]),
                arguments=cast("Json", part.get("input") or {}),
            )
        case _:
            return NativeBlock(data=part)


def _usage(usage: Json) -> Usage:
    def count(record: Json, name: str) -> int:
        value = record.get(name)
        return value if isinstance(value, int) else 0

    created = usage.get("cache_creation")
    details = usage.get("output_tokens_details")
    server = usage.get("server_tool_use")
    read, written = count(usage, "cache_read_input_tokens"), count(usage, "cache_creation_input_tokens")
    extra = usage.get("speed") == "fast" or (isinstance(server, dict) and any(server.values()))
    return Usage(
        input_tokens=count(usage, "input_tokens") + read + written,
        output_tokens=count(usage, "output_tokens"),
        cache_read_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=count(created, "ephemeral_1h_input_tokens") if isinstance(created, dict) else 0,
        reasoning_tokens=count(details, "thinking_tokens") if isinstance(details, dict) else None,
        is_complete=not extra,
    )


class MessageBuilder:
    """Puts the events of one stream together to the message that the same call would have returned whole.

    The SDK's own accumulator is not used: it reads a stream that stops early as a finished message.
    """

    def __init__(self) -> None:
        self.message: Json = {}
        self.is_finished = False
        self._json: dict[int, str] = {}

    def add(self, event: Json) -> StreamEvent | None:
        """Take one event; returns what of it a reader of the answer wants to see."""
        match event.get("type"):
            case "message_start":
                self.message = {**cast("Json", event["message"]), "content": []}
            case "content_block_start":
                self._blocks().append(dict(cast("Json", event["content_block"])))
            case "content_block_delta":
                return self._delta(cast("int", event["index"]), cast("Json", event["delta"]))
            case "message_delta":
                self._finish_blocks()
                self.message.update(cast("Json", event["delta"]))
                usage = {**cast("Json", self.message.get("usage") or {})}
                changed = cast("Json", event.get("usage") or {})
                usage.update({name: value for name, value in changed.items() if value is not None})
                self.message["usage"] = usage
            case "message_stop":
                self._finish_blocks()
                self.is_finished = True
            case _:
                pass
        return None

    def _blocks(self) -> list[Json]:
        return cast("list[Json]", self.message.setdefault("content", []))

    def _delta(self, index: int, delta: Json) -> StreamEvent | None:
        block = self._blocks()[index]
        match delta.get("type"):
            case "text_delta":
                block["text"] = f"{block.get('text') or ''}{delta['text']}"
                return TextDelta(text=cast("str", delta["text"]))
            case "thinking_delta":
                block["thinking"] = f"{block.get('thinking') or ''}{delta['thinking']}"
                return ThinkingDelta(text=cast("str", delta["thinking"]))
            case "signature_delta":
                block["signature"] = delta["signature"]
            case "input_json_delta":
                piece = cast("str", delta["partial_json"])
                self._json[index] = self._json.get(index, "") + piece
                return ToolDelta(index=index, json_text=piece)
            case "citations_delta":
                block["citations"] = [
                    *cast("list[JsonValue]", block.get("citations") or []),
                    delta["citation"],
                ]
            case _:
                block.update({name: value for name, value in delta.items() if name != "type"})
        return None

    def _finish_blocks(self) -> None:
        for index, text in self._json.items():
            # An answer cut at max_tokens ends in the middle of the arguments: there are none then.
            try:
                self._blocks()[index]["input"] = orjson.loads(text or "{}")
            except orjson.JSONDecodeError:
                self._blocks()[index]["input"] = {}
        self._json.clear()
