"""MCP servers as connections: open one, read what its tools say, hold that against the pins, call a tool."""

from __future__ import annotations

from compound.connector.mcp._pins import PinReport, ToolChange

__all__ = ["PinReport", "ToolChange"]
