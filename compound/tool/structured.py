"""Wrap a JSON function as a LangChain tool."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from langchain_core.tools import StructuredTool
from pydantic import JsonValue

JsonCall: TypeAlias = "Callable[[Mapping[str, JsonValue]], Awaitable[JsonValue]]"


def structured(
    name: str,
    description: str,
    params_schema: Mapping[str, JsonValue],
    call: JsonCall,
    *,
    sync: Callable[..., JsonValue] | None = None,
) -> StructuredTool:
    """Wrap a JSON function as a LangChain tool."""

    async def invoke(**inputs: JsonValue) -> JsonValue:
        return await call(inputs)

    return StructuredTool.from_function(
        func=sync,
        coroutine=invoke,
        name=name,
        description=description,
        args_schema=dict(params_schema),
        infer_schema=False,
    )
