"""A tool's answer as one JSON value: its structured result, else its text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from compound.errors import ConnectorError, RunError

if TYPE_CHECKING:
    from mcp.types import CallToolResult, ContentBlock
    from pydantic import JsonValue

_MAX_WORDS: Final = 2000


def value_of(result: CallToolResult, name: str, *, is_structured: bool, max_bytes: int) -> JsonValue:
    """The value of a tool node.

    Args:
        result: The server's answer.
        name: Name of the tool in graphs, for errors.
        is_structured: Whether the tool is pinned with an output schema.
        max_bytes: Maximum size of the value in bytes.

    Raises:
        RunError: ``mcp.tool-error``: the tool reports a failure.
        ConnectorError: ``mcp.bad-answer``, ``mcp.too-large``, ``mcp.not-text``.
    """
    if result.is_error:
        words = "\n".join(_text(block, name, strict=False) for block in result.content).strip()
        raise RunError("mcp.tool-error", f"{name}: {words[:_MAX_WORDS] or 'the tool failed without a reason'}")
    text = "" if is_structured else "\n".join(_text(block, name) for block in result.content)
    value: JsonValue = result.structured_content if is_structured else text
    size = len(orjson.dumps(value))
    if size > max_bytes:
        what = f"{name}: the answer has {size:,} bytes, more than {max_bytes:,}"
        raise ConnectorError("mcp.too-large", what, fix="request less, or raise `max_bytes` of the server")
    return value


def _text(block: ContentBlock, name: str, *, strict: bool = True) -> str:
    match block.type:
        case "text":
            return block.text
        case "resource_link":
            return str(block.uri)
        case "resource" if hasattr(block.resource, "text"):
            return str(getattr(block.resource, "text", ""))
        case kind:
            if not strict:
                return f"({kind})"
            what = f"{name}: the answer holds {kind}, which nodes cannot use"
            raise ConnectorError("mcp.not-text", what, fix="call a tool that returns text or a structured result")
