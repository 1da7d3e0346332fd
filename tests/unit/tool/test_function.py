from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Callable
from datetime import date
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, JsonValue

from compound.errors import DataError, ProjectError, RunError
from compound.tool import Function, Verdict, check, from_langchain, tool
from compound.tool.module import functions_in


class Ticket(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    received: date | None = None


@tool
def repeat_ticket(ticket: Ticket, n: int = 2) -> list[Ticket]:
    """Say it again.

    Args:
        ticket: What to say,
            on two lines.
        n: How often.
    """
    return [ticket] * n


@tool(name="slow", blocking=True)
def thread_name() -> str:
    return threading.current_thread().name


@tool
async def echo(value: JsonValue) -> JsonValue:
    return value


@tool
def lies() -> int:
    return "many"  # pyright: ignore[reportReturnType]


@check("provenance")
def provenance(claim: str) -> Verdict:
    return Verdict(ok=bool(claim), score=None, problems=[] if claim else ["no claim"])


def run(function: Function[..., Any], **inputs: JsonValue) -> JsonValue:
    return asyncio.run(function.call(inputs))


def test_json_in_and_out() -> None:
    got = run(repeat_ticket, ticket={"id": "a", "received": "2026-01-02"}, n=1)
    assert got == [{"id": "a", "received": "2026-01-02"}]


def test_stays_callable_as_written() -> None:
    assert repeat_ticket(Ticket(id="x")) == [Ticket(id="x")] * 2


def test_schema_names_types_defaults_and_words() -> None:
    schema = repeat_ticket.params_schema
    assert schema["required"] == ["ticket"]
    assert schema["additionalProperties"] is False
    properties: Any = schema["properties"]
    assert properties["n"] == {"type": "integer", "default": 2, "description": "How often."}
    assert properties["ticket"]["description"] == "What to say, on two lines."
    assert repeat_ticket.output_schema["type"] == "array"
    assert repeat_ticket.description == "Say it again."


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ({}, "ticket: missing"),
        ({"ticket": {"id": "a", "color": 1}}, "ticket.color"),
        ({"ticket": {"id": "a"}, "m": 1}, "unknown input 'm'"),
        ({"ticket": {"id": "a"}, "n": "many"}, "n: Input should be a valid integer"),
    ],
)
def test_bad_input_is_named(inputs: dict[str, JsonValue], says: str) -> None:
    with pytest.raises(DataError, match="repeat_ticket") as caught:
        run(repeat_ticket, **inputs)
    assert says in caught.value.what
    assert caught.value.code == "tool.bad-input"


def test_bad_output_is_an_error() -> None:
    with pytest.raises(RunError) as caught:
        run(lies)
    assert caught.value.code == "tool.bad-output"


def test_blocking_runs_elsewhere() -> None:
    assert thread_name.name == "slow"
    assert run(thread_name) != threading.current_thread().name


def test_check_returns_a_verdict() -> None:
    assert provenance.name == "provenance"
    assert provenance.kind == "check"
    assert run(provenance, claim="") == {
        "ok": False,
        "score": None,
        "problems": ["no claim"],
        "details": None,
    }


def test_check_must_return_a_verdict() -> None:
    def wrong(claim: str) -> bool:
        return bool(claim)

    with pytest.raises(ProjectError, match="not a Verdict"):
        check("x")(wrong)  # pyright: ignore[reportArgumentType]


def untyped(x) -> int:  # noqa: ANN001  # pyright: ignore[reportMissingParameterType, reportUnknownParameterType]
    return 1


def no_result(x: int):  # noqa: ANN201
    return x


def variadic(*x: int) -> int:
    return len(x)


@pytest.mark.parametrize("function", [untyped, no_result, variadic])
def test_untyped_signature_is_refused_with_its_place(function: Callable[..., Any]) -> None:
    with pytest.raises(ProjectError) as caught:
        tool(function)
    assert caught.value.code == "tool.signature"
    assert caught.value.where is not None
    assert caught.value.where.file.endswith("test_function.py")


def test_unresolvable_annotation_is_refused_at_first_use() -> None:
    def odd(x: Nowhere) -> int:  # noqa: F821  # pyright: ignore[reportUndefinedVariable, reportUnknownParameterType]
        return 1

    with pytest.raises(ProjectError, match="Nowhere"):
        _ = tool(odd).params_schema


def test_module_lists_what_it_defines() -> None:
    names = {function.name for function in functions_in(sys.modules[__name__])}
    assert names == {"repeat_ticket", "slow", "echo", "lies", "provenance"}


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**53), 2**53)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    )
)
def test_json_goes_through_unchanged(value: JsonValue) -> None:
    assert run(echo, value=value) == value


def test_langchain_both_ways() -> None:
    langchain_tool = repeat_ticket.to_langchain()
    assert langchain_tool.invoke({"ticket": {"id": "a"}, "n": 1}) == [{"id": "a", "received": None}]
    back = from_langchain(langchain_tool)
    assert back.name == "repeat_ticket"
    assert run(back, ticket={"id": "b"}, n=1) == [{"id": "b", "received": None}]
    with pytest.raises(DataError, match="unknown input"):
        run(back, ticket={"id": "b"}, many=1)


def test_langchain_tools_of_a_module_are_tools_wherever_they_were_made() -> None:
    from langchain_core.tools import StructuredTool
    from langchain_core.tools import tool as langchain_tool

    @langchain_tool
    def multiply(a: int, b: int) -> int:
        """Multiply two numbers."""
        return a * b

    def shout(text: str) -> str:
        """Say it loudly."""
        return text.upper()

    module = ModuleType("shop_tools")
    vars(module).update(
        multiply=multiply,
        louder=from_langchain(StructuredTool.from_function(shout)),
        ours=repeat_ticket,
        anything=StructuredTool,
    )
    found = {one.name: one for one in functions_in(module)}
    assert set(found) == {"multiply", "shout"}, "what another module declared with @tool belongs there"
    assert run(found["multiply"], a=6, b=7) == 42
    assert run(found["shout"], text="hi") == "HI"
    assert found["multiply"].description == "Multiply two numbers."
    with pytest.raises(DataError, match="c"):
        run(found["multiply"], a=6, b=7, c=8)


def test_a_tool_given_to_langchain_is_called_by_a_model_and_answers_as_a_message() -> None:
    wrapped = repeat_ticket.to_langchain()
    call = {"type": "tool_call", "id": "c1", "name": wrapped.name, "args": {"ticket": {"id": "a"}, "n": 1}}
    message = asyncio.run(wrapped.ainvoke(call))
    assert (message.tool_call_id, message.status) == ("c1", "success")
    assert json.loads(message.content) == [{"id": "a", "received": None}]
    assert wrapped.args.keys() == {"ticket", "n"}
    assert asyncio.run(echo.to_langchain().ainvoke({"value": [1, None]})) == [1, None]
