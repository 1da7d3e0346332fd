"""MCP servers: connect, read their tools, check them against pins, call a tool."""

from __future__ import annotations

from compound.connector.mcp.pins import PinReport, ToolChange

__all__ = ["PinReport", "ToolChange"]
