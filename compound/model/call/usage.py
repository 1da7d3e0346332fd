"""Billed usage of the Messages API: tokens of one or several samplings, service modes and server tools."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, cast

from compound.model.call.types import BilledStep, Usage

if TYPE_CHECKING:
    from pydantic import JsonValue

    Record = Mapping[str, JsonValue]

_STANDARD: Final = {
    "service_tier": frozenset({"standard"}),
    "inference_geo": frozenset({"global", "not_available"}),
    "speed": frozenset({"standard"}),
}
"""Modes billed at the list price; others have their own price."""
_UNCOUNTED: Final = frozenset({"code_execution", "bash_code_execution", "text_editor_code_execution"})
"""Server tools billed by time, which the API does not report."""


def read_usage(usage: Record, content: Sequence[Record]) -> Usage:
    """Read `usage` of a message; `content` shows server tools that `usage` does not count."""
    details = usage.get("output_tokens_details")
    whole = _step(usage)
    return Usage(
        input_tokens=whole.input_tokens,
        output_tokens=whole.output_tokens,
        cache_read_tokens=whole.cache_read_tokens,
        cache_write_tokens=whole.cache_write_tokens,
        cache_write_1h_tokens=whole.cache_write_1h_tokens,
        reasoning_tokens=_count(details, "thinking_tokens") if isinstance(details, dict) else None,
        steps=_steps(usage),
        modes=tuple(
            f"{name}={usage[name]}" for name, usual in _STANDARD.items() if (usage.get(name) or "") not in usual | {""}
        ),
        server_tools=_server_tools(usage, content),
        is_complete=isinstance(usage.get("input_tokens"), int) and isinstance(usage.get("output_tokens"), int),
    )


def _steps(usage: Record) -> tuple[BilledStep, ...]:
    listed = usage.get("iterations")
    return tuple(_step(one) for one in listed if isinstance(one, dict)) if isinstance(listed, list) else ()


def _step(record: Record) -> BilledStep:
    created = record.get("cache_creation")
    read, written = _count(record, "cache_read_input_tokens"), _count(record, "cache_creation_input_tokens")
    return BilledStep(
        # Only advisors and fallbacks name a model; the message's own step has the price of the answer.
        model=str(record.get("model") or ""),
        input_tokens=_count(record, "input_tokens") + read + written,
        output_tokens=_count(record, "output_tokens"),
        cache_read_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=_count(created, "ephemeral_1h_input_tokens") if isinstance(created, dict) else 0,
    )


def _server_tools(usage: Record, content: Sequence[Record]) -> dict[str, int]:
    told = usage.get("server_tool_use")
    counted = {name: _count(told, name) for name in told} if isinstance(told, dict) else {}
    ran = Counter(str(part.get("name")) for part in content if part.get("type") == "server_tool_use")
    uncounted = {name: times for name, times in ran.items() if name in _UNCOUNTED}
    return {**{name: times for name, times in counted.items() if times}, **uncounted}


def _count(record: Record, name: str) -> int:
    value = record.get(name)
    return value if isinstance(value, int) and value > 0 else 0


def server_tools_of(options: Record) -> list[str]:
    """Names, as in `usage`, of billed server tools in `options.tools`."""
    listed = options.get("tools")
    kinds = (
        [str(tool.get("type") or "") for tool in listed if isinstance(tool, dict)] if isinstance(listed, list) else []
    )
    names = {
        "web_search_": "web_search_requests",
        "web_fetch_": "web_fetch_requests",
        "code_execution_": "code_execution",
    }
    return sorted({name for kind in kinds for prefix, name in names.items() if kind.startswith(prefix)})


def modes_of(options: Record) -> tuple[str, ...]:
    """`Usage.modes` that follow from these options."""
    wanted = {name: options.get(name) for name in ("inference_geo", "speed")}
    return tuple(f"{name}={value}" for name, value in wanted.items() if value and value not in _STANDARD[name])


def other_models_of(options: Record) -> list[str]:
    """Further models of a request: those of advisor tools."""
    listed = options.get("tools")
    tools = cast("list[JsonValue]", listed) if isinstance(listed, list) else []
    return [str(tool["model"]) for tool in tools if isinstance(tool, dict) and tool.get("model")]
