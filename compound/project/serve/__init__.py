"""Serving graphs to other programs: MCP servers and langgraph's server."""
