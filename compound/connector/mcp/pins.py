"""Pins: accepted tool definitions and their changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from compound.errors import Location, ProjectError, choices
from compound.spec.mcp_file import McpLock, PinnedServer

if TYPE_CHECKING:
    from pathlib import Path

    from compound.connector.mcp.offer import Offer
    from compound.spec.mcp_file import McpServer, PinnedTool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolChange:
    """A tool compared with its pin.

    Attributes:
        status: `gone`: pinned, but no longer offered or no longer allowed.
        what: What changed, as text; empty unless `changed`.
        description: The tool's current description, to read before accepting.
    """

    tool: str
    status: Literal["new", "changed", "same", "gone"]
    what: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PinReport:
    """The result, or preview, of pinning a server.

    Attributes:
        server: Its name in connectors/mcp.yaml.
        changes: Every allowed or pinned tool.
        others: Offered tools that are not allowed.
        is_moved: Whether the declared program or address changed since it was pinned.
    """

    server: str
    changes: Sequence[ToolChange]
    others: Sequence[str] = ()
    is_moved: bool = False

    @property
    def is_same(self) -> bool:
        """Whether nothing was added, changed or removed."""
        return not self.is_moved and all(change.status == "same" for change in self.changes)


def read_lock(path: Path, shown: str) -> McpLock:
    """Read the lock file; a missing file is empty.

    Raises:
        ProjectError: ``mcp.bad-lock``: it is not a lock file, or was edited by hand.
    """
    from pydantic import ValidationError

    if not path.is_file():
        return McpLock()
    fix = "restore it from version control, or delete it and run: compound tools pin"
    try:
        lock = McpLock.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ProjectError("mcp.bad-lock", f"{place}: {first['msg']}", where=Location(shown), fix=fix) from error
    for name, server in lock.servers.items():
        for tool, pin in server.tools.items():
            if pin.sha256 != pin.digest:
                what = f"{name}.{tool} differs from its pin: its sha256 does not match"
                raise ProjectError("mcp.bad-lock", what, where=Location(shown), fix=fix)
    return lock


def pinned(name: str, server: McpServer, offer: Offer) -> PinnedServer:
    """The pin of a server's allowed tools, as currently offered.

    Raises:
        ProjectError: ``mcp.unknown-tool``: an allowed tool is not offered; ``mcp.destructive-tool``: a tool is
            marked as destructive.
    """
    tools: dict[str, PinnedTool] = {}
    for tool in server.tools:
        found = offer.tools.get(tool)
        if found is None:
            what = f"MCP server {name} has no tool {tool!r}; {choices(list(offer.tools), tool)}"
            raise ProjectError("mcp.unknown-tool", what, where=Location("connectors/mcp.yaml"), fix="correct `tools:`")
        if found.annotations.get("destructiveHint") is True and found.annotations.get("readOnlyHint") is not True:
            what = f"{tool} of MCP server {name} is marked as destructive"
            fix = "a `tool` node cannot have effects: call it in an @effect in tools/, behind the outbox"
            raise ProjectError("mcp.destructive-tool", what, where=Location("connectors/mcp.yaml"), fix=fix)
        tools[tool] = found
    return PinnedServer(target=server.target, name=offer.name, version=offer.version, tools=tools)


def compare(name: str, server: McpServer, offer: Offer, before: PinnedServer | None) -> PinReport:
    """Compare the offered tools with their pins; does not raise."""
    old = {} if before is None else before.tools
    changes: list[ToolChange] = []
    for tool in [*server.tools, *(one for one in old if one not in server.tools)]:
        now, pin = offer.tools.get(tool), old.get(tool)
        if now is None or tool not in server.tools:
            changes.append(ToolChange(tool=tool, status="gone"))
        elif pin is None:
            changes.append(ToolChange(tool=tool, status="new", description=now.description))
        else:
            what = tuple(pin.changes(now))
            status = "changed" if what else "same"
            changes.append(ToolChange(tool=tool, status=status, what=what, description=now.description))
    others = tuple(tool for tool in offer.tools if tool not in server.tools)
    return PinReport(
        server=name, changes=changes, others=others, is_moved=before is not None and before.target != server.target
    )


def drift(pins: PinnedServer | None, offer: Offer) -> dict[str, str]:
    """Pinned tool to what changed."""
    found: dict[str, str] = {}
    for tool, pin in (pins.tools if pins is not None else {}).items():
        now = offer.tools.get(tool)
        if now is None:
            found[tool] = "is no longer offered"
        elif what := pin.changes(now):
            found[tool] = f"has changed ({'; '.join(what)})"
    return found
