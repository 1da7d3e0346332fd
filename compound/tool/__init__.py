"""Tools: Python functions and reviewed SQL that a graph calls with JSON.

`@tool` and `@check` declare Python functions. LangChain tools can be used directly; `from_langchain` makes a `Function`
of one. A tool stores a file for people with `keep`. The room can be called: it is `@tool`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compound.language.marks import CALLER, PROVEN, SQL_TEXT
from compound.rooms import make_callable
from compound.tool.artifacts import Artifact, keep
from compound.tool.function import Function, check, tool
from compound.tool.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from langchain_core.tools import BaseTool
    from pydantic import JsonValue

    from compound.tool.ask import AskAnswer, AskProblem


def from_langchain(langchain_tool: BaseTool) -> Function[..., Awaitable[JsonValue]]:
    """A LangChain tool as a `Function`."""
    from compound.tool.langchain import from_langchain as convert

    return convert(langchain_tool)


def __getattr__(name: str) -> object:
    """Import what SQL tools need (YAML, the lakehouse) on first use."""
    if name in {"AskAnswer", "AskProblem"}:
        from compound.tool import ask as _ask

        return getattr(_ask, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "CALLER",
    "PROVEN",
    "SQL_TEXT",
    "Artifact",
    "AskAnswer",
    "AskProblem",
    "Function",
    "Verdict",
    "check",
    "from_langchain",
    "keep",
    "tool",
]

make_callable(__name__)
