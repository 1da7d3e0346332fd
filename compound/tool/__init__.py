"""Tools: Python functions and reviewed SQL that a graph calls with JSON.

`@tool` and `@check` declare Python functions; `SqlTool` is a `.sql` file with typed parameters; `AskTool` runs SQL
written by a model within its grants; `RemoteFunction` is a pinned tool of an MCP server. LangChain tools can be used
directly. A tool stores a file for people with `keep`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compound.language.marks import CALLER, PROVEN, RECIPIENT, SQL_TEXT
from compound.tool._artifacts import Artifact, keep, keeping
from compound.tool._function import Function, check, tool
from compound.tool._module import functions_in
from compound.tool._verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from langchain_core.tools import BaseTool
    from pydantic import JsonValue

    from compound.tool._ask import AskAnswer, AskTool, BoundAsk
    from compound.tool._remote import RemoteFunction
    from compound.tool._sql import BoundSqlTool, SqlResult, SqlTool


def from_langchain(langchain_tool: BaseTool) -> Function[..., Awaitable[JsonValue]]:
    """A LangChain tool as a `Function`."""
    from compound.tool._langchain import from_langchain as convert

    return convert(langchain_tool)


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


def __getattr__(name: str) -> object:
    """Import what SQL tools need (YAML, the lakehouse) on first use."""
    if name in {"BoundSqlTool", "SqlResult", "SqlTool"}:
        from compound.tool import _sql

        return getattr(_sql, name)
    if name in {"AskAnswer", "AskTool", "BoundAsk"}:
        from compound.tool import _ask

        return getattr(_ask, name)
    if name == "RemoteFunction":
        from compound.tool import _remote

        return _remote.RemoteFunction
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "CALLER",
    "PROVEN",
    "RECIPIENT",
    "SQL_TEXT",
    "Artifact",
    "AskAnswer",
    "AskTool",
    "BoundAsk",
    "BoundSqlTool",
    "Function",
    "RemoteFunction",
    "SqlResult",
    "SqlTool",
    "Verdict",
    "check",
    "from_langchain",
    "functions_in",
    "keep",
    "keeping",
    "load_sql_tool",
    "tool",
]
