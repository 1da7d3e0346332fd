"""The tools and checks of a Python module."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, TypeGuard, cast

from compound.tool.function import Function

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool


def functions_in(module: ModuleType) -> list[Function[..., object]]:
    """The tools and checks that a module defines (imported ones belong to their own module).

    LangChain tools in a module are tools too, wherever they were created.
    """
    found: list[Function[..., object]] = []
    for value in vars(module).values():
        if isinstance(value, Function):
            function = cast("Function[..., object]", value)
            if function.is_adapter or function.callable.__module__ == module.__name__:
                found.append(function)
        elif _is_langchain_tool(value):
            from compound.tool.langchain import from_langchain

            found.append(cast("Function[..., object]", from_langchain(value)))
    return found


def _is_langchain_tool(value: object) -> TypeGuard[BaseTool]:
    # A module with such a tool has imported LangChain; others need not.
    module = sys.modules.get("langchain_core.tools.base")
    return module is not None and isinstance(value, module.BaseTool)
