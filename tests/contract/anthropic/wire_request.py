"""From a recorded request body back to the `ModelRequest` that must give it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from compound.model import (
    Message,
    ModelRequest,
    NativeBlock,
    TextBlock,
    ThinkingBlock,
    ToolCall,
    ToolResult,
    ToolSchema,
)
from compound.model.call.types import ContentBlock

if TYPE_CHECKING:
    from pydantic import JsonValue

    Json = dict[str, JsonValue]

_OURS = {"model", "messages", "max_tokens", "stream", "system", "tools", "temperature"}
_TOOL = {"name", "description", "input_schema"}


def model_request(body: Json) -> ModelRequest:
    """Say it in the adapter's own words where it has them, in the provider's where it has none."""
    options: Json = {name: value for name, value in body.items() if name not in _OURS}
    system, tools = body.get("system", ""), cast("list[Json]", body.get("tools", []))
    if not isinstance(system, str):
        options["system"] = system
    if not all(set(tool) == _TOOL for tool in tools):
        options["tools"] = cast("JsonValue", tools)
        tools = []
    return ModelRequest(
        model=cast("str", body["model"]),
        messages=tuple(_message(message) for message in cast("list[Json]", body["messages"])),
        system=system if isinstance(system, str) else "",
        tools=tuple(_tool(tool) for tool in tools),
        max_tokens=cast("int", body.get("max_tokens", 0)),
        temperature=cast("float | None", body.get("temperature")),
        options=options,
    )


def plain(body: Json) -> Json:
    """A body without what says nothing: `stream: false`, `is_error: false`."""
    cleaned = {name: value for name, value in body.items() if not (name == "stream" and value is False)}
    return cast("Json", _without_false_errors(cleaned))


def _without_false_errors(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {
            name: _without_false_errors(part)
            for name, part in value.items()
            if not (name == "is_error" and part is False)
        }
    return [_without_false_errors(part) for part in value] if isinstance(value, list) else value


def _tool(tool: Json) -> ToolSchema:
    return ToolSchema(
        name=cast("str", tool["name"]),
        description=cast("str", tool["description"]),
        parameters=cast("Json", tool["input_schema"]),
    )


def _message(message: Json) -> Message:
    content = message["content"]
    role = cast("Literal['user', 'assistant', 'system']", message["role"])
    if isinstance(content, str):
        return Message(role=role, content=content)
    return Message(role=role, content=tuple(_block(block) for block in cast("list[Json]", content)))


def _block(block: Json) -> ContentBlock:
    names = set(block) - {"type"}
    match block["type"]:
        case "text" if names == {"text"}:
            return TextBlock(text=cast("str", block["text"]))
        case "text" if names == {"text", "cache_control"} and block["cache_control"] == {"type": "ephemeral"}:
            return TextBlock(text=cast("str", block["text"]), cache=True)
        case "thinking" if names == {"thinking", "signature"}:
            return ThinkingBlock(text=cast("str", block["thinking"]), signature=cast("str", block["signature"]))
        case "tool_use" if names == {"id", "name", "input"}:
            return ToolCall(
                id=cast("str", block["id"]),
                name=cast("str", block["name"]),
                arguments=cast("Json", block["input"]),
            )
        case "tool_result" if names <= {"tool_use_id", "content", "is_error"} and "content" in names:
            content = block["content"]
            return ToolResult(
                call_id=cast("str", block["tool_use_id"]),
                content=content if isinstance(content, str) else tuple(cast("list[Json]", content)),
                is_error=bool(block.get("is_error")),
            )
        case _:
            return NativeBlock(data=block)
