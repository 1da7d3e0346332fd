"""Names of the OpenTelemetry GenAI conventions (v0.1.0, status Development), in one place.

The stored spans have short column names (`input_tokens`); these are the
attribute names for export to other backends, and the accepted spellings on input.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

SpanKind: TypeAlias = Literal["workflow", "node", "chat", "embeddings", "retrieval", "tool", "sql", "agent"]

WORKFLOW: Final = "invoke_workflow"
NODE: Final = "node"
CHAT: Final = "chat"
EMBEDDINGS: Final = "embeddings"
RETRIEVAL: Final = "retrieval"
EXECUTE_TOOL: Final = "execute_tool"
INVOKE_AGENT: Final = "invoke_agent"

OTEL_NAME: Final[dict[str, str]] = {
    "cache_read_tokens": "gen_ai.usage.cache_read.input_tokens",
    "cache_write_tokens": "gen_ai.usage.cache_creation.input_tokens",
    "error_type": "error.type",
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "prompt_name": "gen_ai.prompt.name",
    "prompt_version": "gen_ai.prompt.version",
    "provider": "gen_ai.provider.name",
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
    "request_model": "gen_ai.request.model",
    "response_model": "gen_ai.response.model",
    "sql_rows": "db.response.returned_rows",
    "sql_text": "db.query.text",
    "thread_id": "gen_ai.conversation.id",
    "ttft_s": "gen_ai.response.time_to_first_chunk",
}
"""Column to attribute name; other columns are exported as `compound.<column>`."""

LEGACY: Final[dict[str, str]] = {
    "cache_creation": "cache_write_tokens",
    "cache_creation_input_tokens": "cache_write_tokens",
    "cache_creation_tokens": "cache_write_tokens",
    "cache_read_input_tokens": "cache_read_tokens",
    "gen_ai.usage.cache_creation_input_tokens": "cache_write_tokens",
    "gen_ai.usage.cache_read_input_tokens": "cache_read_tokens",
    "gen_ai.system": "provider",
}
"""Deprecated or foreign spelling to column."""


def otel_name(column: str) -> str:
    """The exported attribute name of a column."""
    return OTEL_NAME.get(column, f"compound.{column}")


def column_of(name: str) -> str:
    """The column of a field name; unknown spellings are returned unchanged."""
    return LEGACY.get(name, name)
