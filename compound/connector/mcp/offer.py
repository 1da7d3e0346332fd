"""The tools of a server, independent of the SDK."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from compound.spec.mcp_file import PinnedTool

if TYPE_CHECKING:
    from mcp import Client, Tool

_MAX_PAGES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A server's current name, version and tools."""

    name: str
    version: str
    tools: Mapping[str, PinnedTool]


async def read_offer(client: Client) -> Offer:
    """Read all tools of a server."""
    from compound.errors import ConnectorError

    found: dict[str, PinnedTool] = {}
    cursor: str | None = None
    for _ in range(_MAX_PAGES):
        page = await client.list_tools(cursor=cursor, cache_mode="refresh")
        found.update((tool.name, _said(tool)) for tool in page.tools)
        cursor = page.next_cursor
        if cursor is None:
            about = client.server_info
            name, version = (about.name, about.version) if about else ("", "")
            return Offer(name=name, version=version, tools=found)
    raise ConnectorError("mcp.endless-list", f"the list of tools has more than {_MAX_PAGES} pages")


def _said(tool: Tool) -> PinnedTool:
    hints: dict[str, Any] = {}
    if tool.annotations is not None:
        hints = tool.annotations.model_dump(mode="json", by_alias=True, exclude_none=True)
    return PinnedTool(
        title=tool.title,
        description=tool.description or "",
        input_schema=tool.input_schema,
        output_schema=tool.output_schema,
        annotations=hints,
    ).sealed()
