"""LangChain tools as functions that graphs can call."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, cast

from langchain_core.tools import BaseTool
from pydantic import JsonValue, TypeAdapter
from pydantic_core import to_jsonable_python

from compound.language.schema import SchemaPart
from compound.tool.function import Function
from compound.tool.signature import Signature


def from_langchain(langchain_tool: BaseTool) -> Function[..., Awaitable[JsonValue]]:
    """A LangChain tool as a `Function`; its result becomes JSON, other values become text.

    The tool validates its inputs; only unknown and missing keys are refused here.
    """

    async def invoke(**inputs: JsonValue) -> JsonValue:
        result: JsonValue = to_jsonable_python(await langchain_tool.ainvoke(dict(inputs)), fallback=str)
        return result

    invoke.__doc__ = langchain_tool.description
    schema = _input_schema(langchain_tool)
    whole = SchemaPart.of(schema)
    anything = TypeAdapter[Any](Any)
    signature = Signature(
        name=langchain_tool.name,
        params=dict.fromkeys(whole.properties, anything),
        required=frozenset(whole.required),
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
