"""SQL tools of either kind, read from their text. Importing it loads what they need."""

from __future__ import annotations

from compound.spec.sql_tool import parse_sql_tool
from compound.tool.ask import AskTool, BoundAsk
from compound.tool.sql import SqlTool

__all__ = ["AskTool", "BoundAsk", "SqlTool", "load_sql_tool"]


def load_sql_tool(text: str, path: str) -> SqlTool | AskTool:
    """Read and guard a `.sql` file of either kind, without any data.

    Raises:
        ProjectError: ``tool.*``: the header; ``sql.*``: the statement or an example.
    """
    if parse_sql_tool(text, path).spec.kind == "ask":
        return AskTool.load(text, path)
    return SqlTool.load(text, path)
