"""SQL tools of either kind, read from their text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compound.tool._ask import AskTool
    from compound.tool._sql import SqlTool


def load_sql_tool(text: str, path: str) -> SqlTool | AskTool:
    """Read and guard a `.sql` file of either kind, without any data.

    Raises:
        ProjectError: ``tool.*``: the header; ``sql.*``: the statement or an example.
    """
    from compound.spec.sql_tool import parse_sql_tool

    if parse_sql_tool(text, path).spec.kind == "ask":
        from compound.tool._ask import AskTool

        return AskTool.load(text, path)
    from compound.tool._sql import SqlTool

    return SqlTool.load(text, path)
