"""Schemas, prices, waits, solvers, the models file, LangChain models."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from pydantic import BaseModel, Field, TypeAdapter

import compound.model
from compound.errors import ModelError, ProjectError
from compound.model import (
    Abstain,
    LangchainProvider,
    Message,
    ModelRequest,
    ModelResponse,
    NativeBlock,
    StreamEnd,
    TextBlock,
    ThinkingBlock,
    ToolCall,
    ToolResult,
    Usage,
    solver,
)
from compound.model.call.canonical import dump_response, load_response, request_hash
from compound.model.call.retry import RetryPolicy
from compound.model.gateway.opening import open_gateway
from compound.model.gateway.prices import cost_usd
from compound.model.provider.offline import OfflineProvider
from compound.model.typed.schema import is_closed
from compound.model.typed.schema import problems as schema_problems
from compound.spec.models_file import ModelsFile
from compound.spec.yaml.reading import read_yaml_file

if TYPE_CHECKING:
    from pydantic import JsonValue

ROOT = Path(__file__).resolve().parents[3]
HI = (Message(role="user", content="Hi"),)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: not number.is_integer())
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def models_file() -> ModelsFile:
    return ModelsFile.model_validate(read_yaml_file(ROOT / "connectors/models.yaml").data)


class Leaf(BaseModel):
    name: str
    size: int | None = None


class Tree(BaseModel):
    leaves: list[Leaf]
    by_name: dict[str, Leaf] = {}


@given(JSON)
def test_what_pydantic_refuses_the_schema_refuses_and_the_other_way_round(value: JsonValue) -> None:
    # JSON Schema counts 1.0 as an integer, pydantic does not: no such floats here.
    candidates: tuple[Any, ...] = (value, {"leaves": [value]}, {"leaves": [{"name": "a", "size": value}]})
    for candidate in candidates:
        adapter = TypeAdapter(Tree)
        try:
            adapter.validate_json(_text(candidate), strict=True)
            fits = True
        except ValueError:
            fits = False
        assert (schema_problems(candidate, Tree.model_json_schema()) == []) is fits


def _text(value: object) -> str:
    import json

    return json.dumps(value)


@pytest.mark.parametrize(
    ("value", "schema", "problem"),
    [
        (3, {"type": "string"}, "$: 3 is not string"),
        (True, {"type": "integer"}, "$: True is not integer"),
        ({"a": 1}, {"additionalProperties": False}, "$: 'a' is not a known property"),
        ({"a": 1}, {"additionalProperties": {"type": "string"}}, "$.a: 1 is not string"),
        ("x", {"enum": ["a", "b"]}, "$: 'x' is not one of ['a', 'b']"),
        ("x", {"const": 1}, "$: 'x' is not 1"),
        ("x", {"minLength": 2}, "$: has 1, fewer than 2"),
        ("xyz", {"maxLength": 2}, "$: has 3, more than 2"),
        ("x", {"pattern": "^#"}, "$: 'x' does not match ^#"),
        ([1, "a"], {"prefixItems": [{}, {"type": "integer"}]}, "$[1]: 'a' is not integer"),
        ([], {"minItems": 1}, "$: has 0, fewer than 1"),
        (5, {"maximum": 4}, "$: 5 breaks maximum 4"),
        (5, {"exclusiveMinimum": 5}, "$: 5 breaks exclusiveMinimum 5"),
        (5, {"oneOf": [{"type": "integer"}, {"minimum": 1}]}, "$: fits 2 of the choices, not one"),
        (5, {"allOf": [{"type": "integer"}, {"minimum": 9}]}, "$: 5 breaks minimum 9"),
        ({"a": 1}, {"properties": {"a": False}}, "$.a: nothing is allowed here"),
    ],
)
def test_a_problem_names_the_place_and_the_value(value: JsonValue, schema: dict[str, JsonValue], problem: str) -> None:
    assert schema_problems(value, schema) == [problem]


def test_a_bad_answer_is_not_listed_without_end() -> None:
    assert len(schema_problems(list(range(100)), {"items": {"type": "string"}})) == 8


def test_a_schema_is_closed_when_every_object_names_its_properties() -> None:
    assert is_closed(Leaf.model_json_schema())
    assert not is_closed(Tree.model_json_schema())
    assert not is_closed({"type": "object"})
    assert not is_closed({"type": "array"})
    assert not is_closed({})


blocks = st.one_of(
    st.builds(TextBlock, text=st.text(), cache=st.booleans()),
    st.builds(ThinkingBlock, text=st.text(), signature=st.text()),
    st.builds(ToolCall, id=st.text(), name=st.text(), arguments=st.dictionaries(st.text(), JSON, max_size=2)),
    st.builds(ToolResult, call_id=st.text(), content=st.text(), is_error=st.booleans()),
    st.builds(NativeBlock, data=st.dictionaries(st.text(), JSON, max_size=2)),
)


@given(st.lists(blocks, max_size=4), JSON, st.one_of(st.none(), st.floats(0, 9)))
def test_a_response_is_read_back_as_it_was(content: list[Any], data: JsonValue, cost: float | None) -> None:
    made = ModelResponse(content=tuple(content), data=data, cost_usd=cost, cached=True)
    assert load_response(dump_response(made)) == made


@given(st.dictionaries(st.text(max_size=3), JSON, min_size=1, max_size=4))
def test_the_order_of_keys_does_not_change_the_hash(inputs: dict[str, JsonValue]) -> None:
    turned = dict(reversed(inputs.items()))
    one, two = (ModelRequest(model="m", messages=HI, inputs=each) for each in (inputs, turned))
    assert request_hash(one, "p", reads_inputs=True) == request_hash(two, "p", reads_inputs=True)
    assert request_hash(one, "p", reads_inputs=True) != request_hash(one, "q", reads_inputs=True)


def test_prices_are_of_fresh_cached_and_written_tokens() -> None:
    prices = models_file().prices
    usage = Usage(
        input_tokens=1_000_000,
        output_tokens=1000,
        cache_read_tokens=300_000,
        cache_write_tokens=200_000,
        cache_write_1h_tokens=50_000,
    )
    expected = (500_000 * 2 + 1000 * 10 + 300_000 * 0.2 + 150_000 * 2.5 + 50_000 * 4) / 1e6
    assert cost_usd(prices, "claude-sonnet-5-5", usage) == pytest.approx(expected)
    assert cost_usd(prices, "claude-sonnet-4-5-20250929", Usage(input_tokens=1_000_000)) == 3.0
    assert cost_usd(prices, "claude-haiku-5-5", Usage(input_tokens=100_000)) == pytest.approx(0.01)
    assert cost_usd(prices, "claude-haiku-5-5", Usage(input_tokens=100_001)) == pytest.approx(0.0500005)
    assert cost_usd(prices, "gpt-99", Usage(input_tokens=1)) is None
    assert cost_usd(prices, "claude-sonnet-5-5", Usage(is_complete=False)) is None
    assert cost_usd(None, "claude-sonnet-5-5", Usage()) is None


@given(st.floats(0, 0.999), st.integers(1, 4))
def test_waits_grow_within_their_ceiling_and_never_undercut_the_provider(jitter: float, failures: int) -> None:
    policy = RetryPolicy(attempts=5, first_wait_s=1, longest_wait_s=4, sleep=asyncio.sleep, jitter=lambda: jitter)
    waited = policy.wait_s(ModelError("model.overloaded", "", retryable=True), failures)
    mean = min(2.0 ** (failures - 1), 4)
    assert waited is not None
    assert 0.5 * mean <= waited < 1.5 * mean
    told = policy.wait_s(ModelError("model.rate-limit", "", retryable=True, retry_after_s=9), failures)
    assert told is not None
    assert 9 <= told < 10


def solve(inputs: Mapping[str, JsonValue]) -> JsonValue | Abstain:
    what = inputs.get("do")
    if what == "abstain":
        return Abstain("no order is named")
    if what == "raise":
        raise KeyError("order")
    return cast("JsonValue", object()) if what == "object" else {"plan": what}


def offline(do: JsonValue) -> ModelResponse:
    solver("unit_test_solver")(solve)
    return asyncio.run(
        OfflineProvider().complete(ModelRequest(model="unit_test_solver", messages=HI, inputs={"do": do}))
    )


def test_a_solver_answers_and_says_that_it_is_no_model() -> None:
    response = offline("cancel")
    assert (response.data, response.text) == ({"plan": "cancel"}, '{"plan":"cancel"}')
    assert (response.provider, response.model, response.cost_usd) == ("offline", "solver:unit_test_solver", 0.0)
    assert (response.usage.input_tokens, response.usage.output_tokens) == (0, 0)


def test_a_solver_may_abstain() -> None:
    response = offline("abstain")
    assert (response.abstained, response.reason, response.data) == (True, "no order is named", None)


@pytest.mark.parametrize("do", ["raise", "object"])
def test_a_solver_that_fails_is_named(do: str) -> None:
    with pytest.raises(ModelError, match="solver 'unit_test_solver'") as caught:
        offline(do)
    assert (caught.value.code, caught.value.retryable) == ("model.solver-failed", False)


def test_an_unknown_solver_names_the_known_ones() -> None:
    solver("unit_test_solver")(solve)
    with pytest.raises(ProjectError, match="unit_test_solver"):
        asyncio.run(OfflineProvider().complete(ModelRequest(model="unit_test_solvr", messages=HI)))


def test_a_solver_s_misfit_abstains_at_once() -> None:
    calls: list[int] = []
    solver("retail_plan")(lambda _: calls.append(1) or "text")
    request = ModelRequest(model="planner", messages=HI, output_schema={"type": "object"})
    response = asyncio.run(open_gateway(models_file()).call(request))
    assert (response.abstained, len(calls)) == (True, 1)


def test_the_project_s_models_open_offline_without_a_key() -> None:
    door = open_gateway(models_file(), environment={})
    assert door.route("planner").provider.name == "offline"
    assert door.route("writer").model == "retail_reply"


def test_one_flag_opens_a_real_model() -> None:
    door = open_gateway(models_file(), provider="anthropic", environment={"ANTHROPIC_API_KEY": "k"})
    route = door.route("planner")
    assert (route.provider.name, route.model, route.max_tokens) == ("anthropic", "claude-sonnet-5-5", 8192)
    assert route.apply(ModelRequest(model="planner", messages=HI)).max_tokens == 8192
    assert route.apply(ModelRequest(model="planner", messages=HI, max_tokens=5)).max_tokens == 5


@pytest.mark.parametrize(
    ("provider", "code"),
    [("anthropic", "model.no-key"), ("anthropc", "model.unknown-provider"), ("langchain", "model.no-route")],
)
def test_a_provider_that_cannot_answer_is_refused_at_once(provider: str, code: str) -> None:
    with pytest.raises(ProjectError) as caught:
        open_gateway(models_file(), provider=provider, environment={})
    assert caught.value.code == code


class Recording(GenericFakeChatModel):
    """LangChain's own fake, which keeps what it was sent."""

    sent: list[Any] = Field(default_factory=list[Any])

    def _generate(self, messages: list[Any], *args: Any, **kwargs: Any) -> Any:
        self.sent.extend(messages)
        return super()._generate(messages, *args, **kwargs)


def test_a_langchain_model_answers() -> None:
    metadata: Any = {"input_tokens": 7, "output_tokens": 2, "total_tokens": 9, "input_token_details": {"cache_read": 3}}
    said = AIMessage(
        "Looking",
        tool_calls=[{"id": "c", "name": "look", "args": {"q": 1}}],
        usage_metadata=metadata,
        response_metadata={"finish_reason": "tool_calls", "model_name": "x-1"},
        id="run-1",
    )
    model = Recording(messages=iter([said]))
    turns = (
        Message(role="user", content="Hi"),
        Message(role="assistant", content=(TextBlock(text="ok"), ToolCall(id="c", name="look", arguments={}))),
        Message(role="user", content=(ToolResult(call_id="c", content="found"), TextBlock(text="and?"))),
    )
    request = ModelRequest(model="x", messages=turns, system="Be brief.", output_schema={"type": "object"})
    response = asyncio.run(LangchainProvider(model).complete(request))
    assert (response.text, response.stop_reason, response.model) == ("Looking", "tool_use", "x-1")
    assert response.tool_calls == (ToolCall(id="c", name="look", arguments={"q": 1}),)
    assert (response.usage.input_tokens, response.usage.cache_read_tokens) == (7, 3)
    assert [type(message) for message in model.sent] == [
        SystemMessage,
        HumanMessage,
        AIMessage,
        ToolMessage,
        HumanMessage,
    ]
    assert "Answer with one JSON value" in str(model.sent[0].content)


def test_a_langchain_stream_ends_with_the_whole_answer() -> None:
    async def read() -> ModelResponse:
        provider = LangchainProvider(GenericFakeChatModel(messages=iter([AIMessage("Hello there")])))
        ends = [
            event
            async for event in provider.stream(ModelRequest(model="x", messages=HI))
            if isinstance(event, StreamEnd)
        ]
        return ends[0].response

    assert asyncio.run(read()).text == "Hello there"


def test_a_langchain_model_that_fails_or_is_not_there_says_so() -> None:
    with pytest.raises(ModelError, match=r"StopIteration|RuntimeError") as caught:
        asyncio.run(
            LangchainProvider(GenericFakeChatModel(messages=iter([]))).complete(ModelRequest(model="x", messages=HI))
        )
    assert caught.value.code == "model.langchain-failed"
    with pytest.raises(ProjectError) as refused:
        LangchainProvider.from_factory("no.such:Model", {})
    assert refused.value.code == "model.langchain"


def test_what_is_public_is_sorted_and_there() -> None:
    assert sorted(compound.model.__all__) == compound.model.__all__
    assert all(hasattr(compound.model, name) for name in compound.model.__all__)
