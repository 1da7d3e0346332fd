"""LangChain tools, both ways."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from langchain_core.tools import BaseTool, StructuredTool
from pydantic import JsonValue, TypeAdapter
from pydantic_core import to_jsonable_python

from ._function import Function
from ._signature import Signature

if TYPE_CHECKING:
    JsonCall = Callable[[Mapping[str, JsonValue]], Awaitable[JsonValue]]


def to_langchain(function: Function[..., Any]) -> StructuredTool:
    """A LangChain tool that calls `function` with JSON."""

    def invoke_sync(**inputs: JsonValue) -> JsonValue:
        signature = function.signature
        return signature.dump(function.callable(**signature.arguments(inputs)))

    sync = None if function.is_async else invoke_sync
    return structured(
        function.name, function.description or function.name, function.params_schema, function.call, sync=sync
    )


def structured(
    name: str,
    description: str,
    params_schema: Mapping[str, JsonValue],
    call: JsonCall,
    *,
    sync: Callable[..., JsonValue] | None = None,
) -> StructuredTool:
    """A LangChain tool over a function of JSON."""

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
    return Function(invoke, name=langchain_tool.name, signature=signature, adapts=langchain_tool)


def _input_schema(langchain_tool: BaseTool) -> dict[str, JsonValue]:
    declared = langchain_tool.tool_call_schema
    if isinstance(declared, dict):
        return dict(declared)
    return cast("dict[str, JsonValue]", TypeAdapter[Any](declared).json_schema())
