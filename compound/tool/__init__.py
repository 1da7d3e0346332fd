"""Tools: Python functions and reviewed SQL that a graph calls with JSON.

`@tool` and `@check` declare Python functions; `SqlTool` is a `.sql` file with typed parameters; `RemoteFunction` is a
pinned tool of an MCP server. LangChain tools are tools as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compound.spec.marks import CALLER, PROVEN, RECIPIENT, SQL_TEXT

from ._function import Function, check, functions_in, tool
from ._verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from langchain_core.tools import BaseTool
    from pydantic import JsonValue

    from ._remote import RemoteFunction
    from ._sql import BoundSqlTool, SqlResult, SqlTool


def from_langchain(langchain_tool: BaseTool) -> Function[..., Awaitable[JsonValue]]:
    """A LangChain tool as a `Function`."""
    from ._langchain import from_langchain as convert

    return convert(langchain_tool)


def __getattr__(name: str) -> object:
    """Load what SQL tools need (YAML, the lakehouse) only where one is used."""
    if name in {"BoundSqlTool", "SqlResult", "SqlTool"}:
        from . import _sql

        return getattr(_sql, name)
    if name == "RemoteFunction":
        from . import _remote

        return _remote.RemoteFunction
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "CALLER",
    "PROVEN",
    "RECIPIENT",
    "SQL_TEXT",
    "BoundSqlTool",
    "Function",
    "RemoteFunction",
    "SqlResult",
    "SqlTool",
    "Verdict",
    "check",
    "from_langchain",
    "functions_in",
    "tool",
]
