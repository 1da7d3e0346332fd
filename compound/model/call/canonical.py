"""JSON of requests and responses: canonical for hashes, reversible for the call journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from compound.language.json_text import read_json, write_json
from compound.language.sha import sha
from compound.model.call.types import (
    BilledStep,
    ContentBlock,
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

if TYPE_CHECKING:
    from pydantic import JsonValue

    Record = Mapping[str, JsonValue]

_KINDS: dict[str, type[ContentBlock]] = {
    "text": TextBlock,
    "thinking": ThinkingBlock,
    "tool_call": ToolCall,
    "tool_result": ToolResult,
    "native": NativeBlock,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, object]", value))
    raise TypeError(f"{type(value).__name__} is not JSON")


def to_json(value: object) -> bytes:
    """Canonical JSON: sorted keys, no spaces, dataclasses as objects; equal values have equal bytes."""
    return write_json(value, default=_plain, is_sorted=True)


def request_hash(request: ModelRequest, provider: str, *, reads_inputs: bool) -> str:
    """Hash of a request to a provider, hex sha256.

    A language model sees the prompt and never `inputs`; an offline solver sees `inputs` and never the prompt. The hash
    covers only what is seen, so that nothing else causes another call.
    """
    if reads_inputs:
        seen = {"model": request.model, "inputs": request.inputs, "schema": request.output_schema}
    else:
        seen = {
            "model": request.model,
            "messages": request.messages,
            "system": request.system,
            "schema": request.output_schema,
            "tools": request.tools,
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "options": request.options,
        }
    return sha(to_json({"provider": provider, **seen}))


def params_hash(request: ModelRequest) -> str:
    """Hash of the request's parameters without its content: 16 hex digits of a sha256."""
    how = {
        "model": request.model,
        "schema": request.output_schema,
        "tools": request.tools,
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "options": request.options,
    }
    return sha(to_json(how), 16)


def dump_response(response: ModelResponse) -> str:
    """A response as JSON text for the journal; `cached` is not stored."""
    record = {name: getattr(response, name) for name in ModelResponse.__slots__ if name != "cached"}
    record["content"] = [{"kind": _NAMES[type(block)], "block": block} for block in response.content]
    return to_json(record).decode()


def load_response(text: str) -> ModelResponse:
    """The inverse of `dump_response`; the response is `cached`."""
    return restore_response(cast("dict[str, JsonValue]", read_json(text)))


def restore_response(record: Record) -> ModelResponse:
    """Like `load_response`, for a parsed text."""
    calls = cast("list[dict[str, JsonValue]]", record["tool_calls"])
    content = cast("list[dict[str, dict[str, JsonValue]]]", record["content"])
    return ModelResponse(
        text=cast("str", record["text"]),
        data=record["data"],
        tool_calls=tuple(_call(call) for call in calls),
        stop_reason=cast("StopReason", record["stop_reason"]),
        content=tuple(_block(cast("str", part["kind"]), part["block"]) for part in content),
        usage=_usage(cast("dict[str, Any]", record["usage"])),
        provider=cast("str", record["provider"]),
        model=cast("str", record["model"]),
        cost_usd=cast("float | None", record["cost_usd"]),
        known_usd=cast("float", record.get("known_usd", record["cost_usd"] or 0.0)),
        raw_id=cast("str", record["raw_id"]),
        cached=True,
        abstained=cast("bool", record["abstained"]),
        reason=cast("str", record["reason"]),
    )


def _usage(record: dict[str, Any]) -> Usage:
    steps = tuple(BilledStep(**step) for step in record.get("steps", ()))
    known: dict[str, Any] = {**record, "steps": steps, "modes": tuple(record.get("modes", ()))}
    return Usage(**known)


def _call(record: Record) -> ToolCall:
    return ToolCall(
        id=cast("str", record["id"]),
        name=cast("str", record["name"]),
        arguments=cast("Record", record["arguments"]),
    )


def _block(kind: str, record: Record) -> ContentBlock:
    if kind == "text":
        return TextBlock(text=cast("str", record["text"]), cache=cast("bool", record["cache"]))
    if kind == "thinking":
        return ThinkingBlock(text=cast("str", record["text"]), signature=cast("str", record["signature"]))
    if kind == "tool_call":
        return _call(record)
    if kind == "tool_result":
        content = record["content"]
        return ToolResult(
            call_id=cast("str", record["call_id"]),
            content=content if isinstance(content, str) else tuple(cast("list[Record]", content)),
            is_error=cast("bool", record["is_error"]),
        )
    return NativeBlock(data=cast("Record", record["data"]))
