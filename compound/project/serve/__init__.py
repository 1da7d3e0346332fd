"""Graphs for other programs: MCP servers, and the server of langgraph."""
