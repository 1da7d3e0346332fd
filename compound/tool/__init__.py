"""Tools: Python functions and reviewed SQL that a graph calls with JSON.

`@tool` and `@check` declare Python functions; `SqlTool` is a `.sql` file with typed parameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._function import Function, check, functions_in, tool
from ._verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from langchain_core.tools import BaseTool
    from pydantic import JsonValue


def from_langchain(langchain_tool: BaseTool) -> Function[..., Awaitable[JsonValue]]:
    """A LangChain tool as a `Function`."""
    from ._langchain import from_langchain as convert  # noqa: PLC0415  langchain costs 0.3 s to import

    return convert(langchain_tool)


__all__ = ["Function", "Verdict", "check", "from_langchain", "functions_in", "tool"]
