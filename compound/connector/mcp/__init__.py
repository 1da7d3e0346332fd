"""MCP servers: connect, read their tools, check them against pins, call a tool."""

from __future__ import annotations

from compound.connector.mcp._connection import McpConnection
from compound.connector.mcp._offer import Offer
from compound.connector.mcp._pins import PinReport, ToolChange, compare, pinned, read_lock
from compound.connector.mcp._transport import require_mcp

__all__ = ["McpConnection", "Offer", "PinReport", "ToolChange", "compare", "pinned", "read_lock", "require_mcp"]
