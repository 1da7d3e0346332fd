"""All tools that the graphs of a project may name, for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from compound.language.schema import SchemaPart

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.project.open.resources import Resources
    from compound.spec.sql_tool import Verified


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolView:
    """A tool that graphs may name.

    Attributes:
        inputs: Names of its inputs; an optional one ends in `?`.
        description: Its description; of an MCP tool, the pinned one.
        verified: Of a SQL tool: who verified it, when, and for which question; empty if nobody did.
    """

    name: str
    kind: Literal["python", "sql", "mcp"]
    inputs: tuple[str, ...]
    description: str
    verified: str = ""


def tool_views(resources: Resources) -> list[ToolView]:
    """Python functions, then SQL, then the allowed tools of MCP servers."""
    found = [
        ToolView(name=one.name, kind="python", inputs=_inputs(one.params_schema), description=one.description)
        for one in resources.functions.values()
    ]
    found += [
        ToolView(
            name=one.name,
            kind="sql",
            inputs=_inputs(one.params_schema()),
            description=one.description,
            verified=_verified(one.spec.verified),
        )
        for one in resources.parts.sql_tools.values()
    ]
    for name in resources.mcp.names:
        pin = resources.mcp.pin_of(name)
        inputs = () if pin is None else _inputs(pin.input_schema)
        words = "(never pinned)" if pin is None else pin.description
        found.append(ToolView(name=name, kind="mcp", inputs=inputs, description=words))
    return found


def _verified(by: Verified | None) -> str:
    return "" if by is None else f"{by.by}, {by.at}{f': {by.question}' if by.question else ''}"


def _inputs(schema: Mapping[str, JsonValue]) -> tuple[str, ...]:
    whole = SchemaPart.of(schema)
    return tuple(name if name in whole.required else f"{name}?" for name in whole.properties)
