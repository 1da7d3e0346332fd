"""LangChain tools, both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.tools import BaseTool, StructuredTool
from pydantic import JsonValue, TypeAdapter
from pydantic_core import to_jsonable_python

from ._function import Function
from ._signature import Signature

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def to_langchain(function: Function[..., Any]) -> StructuredTool:
    """A LangChain tool that calls `function` with JSON."""

    async def invoke(**inputs: JsonValue) -> JsonValue:
        return await function.call(inputs)

    def invoke_sync(**inputs: JsonValue) -> JsonValue:
        signature = function.signature
        return signature.dump(function.callable(**signature.arguments(inputs)))

    sync: Callable[..., JsonValue] | None = None if function.is_async else invoke_sync
    return StructuredTool.from_function(
        func=sync,
        coroutine=invoke,
        name=function.name,
        description=function.description or function.name,
        args_schema=dict(function.params_schema),
        infer_schema=False,
    )


def from_langchain(langchain_tool: BaseTool) -> Function[..., Awaitable[JsonValue]]:
    """A LangChain tool as a `Function`; its result becomes JSON, what has no JSON form becomes text.

    The tool validates its own inputs; only unknown and missing keys are refused before.
    """

    async def invoke(**inputs: JsonValue) -> JsonValue:
        result: JsonValue = to_jsonable_python(await langchain_tool.ainvoke(dict(inputs)), fallback=str)
        return result

    invoke.__doc__ = langchain_tool.description
    schema = _input_schema(langchain_tool)
    properties = schema.get("properties")
    required = schema.get("required")
    anything = TypeAdapter[Any](Any)
    names = list(properties) if isinstance(properties, dict) else []
    signature = Signature(
        name=langchain_tool.name,
        params=dict.fromkeys(names, anything),
        required=frozenset(str(key) for key in required) if isinstance(required, list) else frozenset(),
        output=anything,
        params_schema=schema,
        output_schema={},
    )
    return Function(invoke, name=langchain_tool.name, signature=signature)


def _input_schema(langchain_tool: BaseTool) -> dict[str, JsonValue]:
    declared = langchain_tool.tool_call_schema
    if isinstance(declared, dict):
        return dict(declared)
    return TypeAdapter[Any](declared).json_schema()
