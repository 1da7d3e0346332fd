"""Serves graphs to other programs: MCP, and langgraph's server."""
