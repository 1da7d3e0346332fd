"""The door: journal, budget, repair, redaction, streams, and what its spans say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from compound.errors import ModelError, ProjectError
from compound.model import (
    Message,
    ModelRequest,
    ModelResponse,
    NativeBlock,
    ScriptedProvider,
    StreamEnd,
    StreamEvent,
    StreamRestart,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ToolCall,
    ToolResult,
    Usage,
)
from compound.model.call.retry import RetryPolicy
from compound.model.call.types import CallKey
from compound.model.gateway.budget import Budget
from compound.model.gateway.gateway import Gateway
from compound.model.gateway.journal import Journal, MemoryJournal, StateJournal
from compound.model.gateway.route import Route
from compound.spec.models_file import Price, PriceTable
from tests.support.data.state_stores import sqlite_store
from tests.support.tracing import in_memory

if TYPE_CHECKING:
    from pydantic import JsonValue

ASK = ModelRequest(model="writer", messages=(Message(role="user", content="Hi"),), max_tokens=1000)
SCHEMA: dict[str, JsonValue] = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
TYPED = replace(ASK, output_schema=SCHEMA)
PRICE = Price(input=1, output=10, cache_read=0.1, cache_write_5m=1.25, cache_write_1h=2)
PRICES = PriceTable(version="2026-01-01", usd_per_million_tokens={"m": PRICE})
KEY = CallKey(run_id="r1", node="draft")
OVERLOADED = ModelError("model.overloaded", "busy", retryable=True)
BROKEN = ModelError("model.broken-stream", "cut", retryable=True)


async def no_wait(_seconds: float) -> None:
    await anyio.lowlevel.checkpoint()


def answer(text: str = "Hello", *, tokens: int = 100) -> ModelResponse:
    usage = Usage(input_tokens=tokens, output_tokens=tokens)
    return ModelResponse(text=text, content=(TextBlock(text=text),), usage=usage)


def gateway(provider: ScriptedProvider, journal: Journal | None = None, **more: Any) -> Gateway:
    policy = RetryPolicy(attempts=3, sleep=no_wait)
    return Gateway(
        {"writer": Route(provider=provider, model="m")}, journal=journal, prices=PRICES, retry=policy, **more
    )


def call(door: Gateway, request: ModelRequest = ASK, key: CallKey | None = KEY, **more: Any) -> ModelResponse:
    return asyncio.run(door.call(request, call=key, **more))


@pytest.fixture(params=["memory", "state"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Journal:
    return MemoryJournal() if request.param == "memory" else StateJournal(sqlite_store(tmp_path))


def test_a_finished_call_is_never_made_again(journal: Journal) -> None:
    provider = ScriptedProvider([answer(), "another"])
    first = call(gateway(provider, journal))
    again = call(gateway(provider, journal))
    assert (first.cached, first.cost_usd) == (False, pytest.approx(0.0011))
    assert again == replace(first, cached=True)
    assert len(provider.requests) == 1
    assert journal.spent("r1").calls == 1
    assert journal.spent("r1").usd == pytest.approx(0.0011)


def test_another_question_or_another_key_is_another_call(journal: Journal) -> None:
    provider = ScriptedProvider(["a", "b", "c", "d"])
    door = gateway(provider, journal)
    keys = [KEY, replace(KEY, attempt=2), replace(KEY, node="plan")]
    assert [call(door, key=key).text for key in keys] == ["a", "b", "c"]
    assert call(door, replace(ASK, system="Be brief.")).text == "d"
    # A language model does not see the inputs: they make no other question.
    assert call(door, replace(ASK, inputs={"x": 1})).text == "a"
    assert len(provider.requests) == 4


def test_every_kind_of_answer_survives_the_journal(journal: Journal) -> None:
    made = ModelResponse(
        text="hé",
        data={"n": [1, None, {"a": 0.1}]},
        tool_calls=(ToolCall(id="t", name="look", arguments={"q": "x"}),),
        stop_reason="tool_use",
        content=(
            TextBlock(text="hé", cache=True),
            ThinkingBlock(text="hm", signature="s"),
            ToolCall(id="t", name="look", arguments={"q": "x"}),
            ToolResult(call_id="t", content=({"type": "text", "text": "r"},), is_error=True),
            ToolResult(call_id="u", content="plain"),
            NativeBlock(data={"type": "image", "source": {"a": 1}}),
        ),
        usage=Usage(input_tokens=9, reasoning_tokens=3, is_complete=False),
        raw_id="id",
        reason="why",
    )
    door = gateway(ScriptedProvider([made]), journal)
    assert call(door) == replace(call(door), cached=False)


def test_a_call_without_a_key_is_not_journalled(journal: Journal) -> None:
    provider = ScriptedProvider(["a", "b"])
    door = gateway(provider, journal)
    assert [call(door, key=None).text for _ in range(2)] == ["a", "b"]


def test_a_typed_answer_is_read_from_text_and_from_a_fence() -> None:
    for text in ('{"n": 1}', '```json\n{"n": 1}\n```', '\n```\n{"n": 1}```\n'):
        assert call(gateway(ScriptedProvider([text])), TYPED).data == {"n": 1}


def test_an_answer_that_does_not_fit_is_asked_for_once_more_and_both_are_paid(journal: Journal) -> None:
    provider = ScriptedProvider([answer('{"n": "one"}'), answer('{"n": 1}')])
    response = call(gateway(provider, journal), TYPED)
    assert response.data == {"n": 1}
    assert response.cost_usd == pytest.approx(0.0022)
    assert response.usage.input_tokens == 200
    assert "$.n: 'one' is not integer" in str(provider.requests[1].messages[-1].content)
    again = call(gateway(provider, journal), TYPED)
    assert (again.data, again.cached, len(provider.requests)) == ({"n": 1}, True, 2)


def test_two_answers_that_do_not_fit_abstain() -> None:
    response = call(gateway(ScriptedProvider(["no", '{"n": 1.5}'])), TYPED)
    assert (response.abstained, response.data) == (True, None)
    assert response.reason == "the answer does not match its schema: $.n: 1.5 is not integer"


@pytest.mark.parametrize("stop", ["refusal", "max_tokens", "context_window"])
def test_a_refusal_and_a_cut_answer_are_outcomes_and_not_repaired(stop: Any) -> None:
    provider = ScriptedProvider([ModelResponse(text='{"n": ', stop_reason=stop)] * 2)
    response = call(gateway(provider), TYPED)
    assert (response.abstained, response.data, response.stop_reason) == (True, None, stop)
    assert response.reason != ""
    free = call(gateway(provider), ASK)
    assert (free.abstained, free.stop_reason, free.reason) == (True, stop, response.reason)
    assert len(provider.requests) == 2


def test_a_model_that_asks_for_a_tool_first_is_not_repaired() -> None:
    asked = ModelResponse(tool_calls=(ToolCall(id="t", name="look", arguments={}),), stop_reason="tool_use")
    response = call(gateway(ScriptedProvider([asked])), TYPED)
    assert (response.abstained, response.data, len(response.tool_calls)) == (False, None, 1)


@pytest.mark.parametrize(("failures", "calls"), [([OVERLOADED, OVERLOADED], 3), ([BROKEN], 2)])
def test_a_passing_failure_is_tried_again(failures: Sequence[Exception], calls: int) -> None:
    provider = ScriptedProvider([*failures, "Hello"])
    assert call(gateway(provider)).text == "Hello"
    assert len(provider.requests) == calls


def test_a_provider_that_never_answers_times_out_twice() -> None:
    class Silent(ScriptedProvider):
        async def complete(self, request: ModelRequest) -> ModelResponse:
            self.requests.append(request)
            await anyio.sleep_forever()
            return answer()

    provider = Silent([])
    with pytest.raises(ModelError) as caught:
        call(gateway(provider, timeout_s=0.01))
    assert (caught.value.code, len(provider.requests)) == ("model.timeout", 2)


def test_a_run_stops_at_its_number_of_calls_also_after_a_restart(journal: Journal) -> None:
    provider = ScriptedProvider(["a", "b", "c"])
    limit = Budget(calls=2)
    door = gateway(provider, journal, budget=limit)
    for attempt in (1, 2):
        call(door, key=replace(KEY, attempt=attempt))
    for again in (door, gateway(provider, journal, budget=limit)):
        with pytest.raises(ModelError) as caught:
            call(again, key=replace(KEY, attempt=3))
        assert caught.value.code == "model.budget"
        assert call(again, key=KEY).cached
    assert call(door, key=CallKey(run_id="r2", node="n")).text == "c"


def test_a_call_that_could_pass_the_ceiling_is_not_made() -> None:
    provider = ScriptedProvider([answer()] * 5)
    # The highest bill of one call is about 0.01 USD: a thousand tokens out.
    door = gateway(provider, budget=Budget(usd=0.011))
    call(door)
    with pytest.raises(ModelError, match=r"of 0\.0110 USD"):
        call(door, key=replace(KEY, attempt=2))
    assert len(provider.requests) == 1


def test_a_failed_call_gives_its_reservation_back() -> None:
    provider = ScriptedProvider([ModelError("model.bad-request", "no"), answer()])
    door = gateway(provider, budget=Budget(usd=0.012, calls=1))
    with pytest.raises(ModelError, match="no"):
        call(door)
    assert call(door).text == "Hello"


def test_an_unknown_model_has_no_cost_and_not_zero() -> None:
    response = call(gateway(ScriptedProvider([replace(answer(), model="never-heard-of")])))
    assert response.cost_usd is None


def test_what_is_masked_never_leaves_and_is_restored(journal: Journal) -> None:
    def redact(request: ModelRequest) -> tuple[ModelRequest, Callable[[ModelResponse], ModelResponse]]:
        masked = tuple(replace(m, content=str(m.content).replace("Ann", "[1]")) for m in request.messages)
        return replace(request, messages=masked), lambda r: replace(r, text=r.text.replace("[1]", "Ann"))

    provider = ScriptedProvider(["Dear [1]"])
    door = gateway(provider, journal, redact=redact)
    request = replace(ASK, messages=(Message(role="user", content="I am Ann"),))
    assert [call(door, request).text for _ in range(2)] == ["Dear Ann", "Dear Ann"]
    assert provider.requests[0].messages[0].content == "I am [1]"


def test_a_model_that_is_not_declared_names_the_others() -> None:
    with pytest.raises(ProjectError, match="did you mean 'writer'"):
        call(gateway(ScriptedProvider([])), replace(ASK, model="writr"))


async def read(events: AsyncIterator[StreamEvent]) -> list[StreamEvent]:
    return [event async for event in events]


def test_a_stream_is_journalled_at_its_end(journal: Journal) -> None:
    door = gateway(ScriptedProvider(["Hello there"]), journal)
    first = asyncio.run(read(door.stream(ASK, call=KEY)))
    assert [event.text for event in first if isinstance(event, TextDelta)] == ["Hello", " there"]
    again = asyncio.run(read(door.stream(ASK, call=KEY)))
    assert [isinstance(event, StreamEnd) and event.response.cached for event in again] == [True]


def test_a_typed_stream_is_read_but_not_repaired() -> None:
    for text, data in (('{"n": 1}', {"n": 1}), ("no", None)):
        (*_, end) = asyncio.run(read(gateway(ScriptedProvider([text])).stream(TYPED)))
        assert isinstance(end, StreamEnd)
        assert (end.response.data, end.response.abstained) == (data, data is None)


def test_a_broken_stream_restarts_or_fails() -> None:
    events = asyncio.run(read(gateway(ScriptedProvider([BROKEN, "Hello"])).stream(ASK)))
    assert [type(event) for event in events] == [StreamRestart, TextDelta, StreamEnd]
    with pytest.raises(ModelError):
        asyncio.run(read(gateway(ScriptedProvider([BROKEN, BROKEN, "Hello"])).stream(ASK)))


async def heard(door: Gateway, request: ModelRequest = ASK, **more: Any) -> tuple[ModelResponse, list[str]]:
    pieces: list[str] = []

    async def told(event: StreamEvent) -> None:
        pieces.append(event.text if isinstance(event, TextDelta) else type(event).__name__)

    return await door.call(request, call=KEY, told=told, **more), pieces


def test_a_call_is_told_in_pieces_and_from_the_journal_in_one(journal: Journal) -> None:
    provider = ScriptedProvider(["Hello there"])
    response, pieces = asyncio.run(heard(gateway(provider, journal)))
    assert (response.text, pieces) == ("Hello there", ["Hello", " there"])
    again, whole = asyncio.run(heard(gateway(provider, journal)))
    assert (again.cached, whole) == (True, ["Hello there"])
    assert len(provider.requests) == 1


def test_what_is_tried_again_or_repaired_is_void() -> None:
    _, pieces = asyncio.run(heard(gateway(ScriptedProvider([OVERLOADED, "Hello"]))))
    assert pieces == ["StreamRestart", "Hello"]
    response, pieces = asyncio.run(heard(gateway(ScriptedProvider(["no", '{"n":1}'])), TYPED))
    assert (response.data, pieces) == ({"n": 1}, ["no", "StreamRestart", '{"n":1}'])


def test_a_gateway_that_redacts_tells_the_restored_answer_in_one_piece() -> None:
    def redact(request: ModelRequest) -> tuple[ModelRequest, Callable[[ModelResponse], ModelResponse]]:
        return request, lambda response: replace(response, text=response.text.replace("<name>", "Ann"))

    _, pieces = asyncio.run(heard(gateway(ScriptedProvider(["Dear <name> of <place>"]), redact=redact)))
    assert pieces == ["Dear Ann of <place>"]


def test_a_stream_that_falls_silent_times_out_and_a_slow_listener_does_not() -> None:
    class Silent(ScriptedProvider):
        async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
            async for event in super().stream(request):
                yield event
                await anyio.sleep(60 if len(self.requests) < 3 else 0)

    async def slowly() -> ModelResponse:
        async def told(_event: StreamEvent) -> None:
            await anyio.sleep(0.1)

        return await gateway(ScriptedProvider(["a b c"]), timeout_s=0.05).call(ASK, told=told)

    with pytest.raises(ModelError) as caught:
        asyncio.run(heard(gateway(Silent(["a b", "a b", "a b"]), timeout_s=0.02)))
    assert caught.value.code == "model.timeout"
    assert asyncio.run(slowly()).text == "a b c"


def test_spans_say_who_answered_for_how_much() -> None:
    store, recorder = in_memory()
    provider = ScriptedProvider([OVERLOADED, answer(), "plain"])
    door = gateway(provider, MemoryJournal())
    request = replace(ASK, prompt_name="reply", prompt_version="3")

    async def run() -> None:
        with recorder.run(graph_name="desk", graph_hash="h", run_id="r1", thread_id="t1"):
            await door.call(request, call=KEY)
            await door.call(request, call=KEY)

    asyncio.run(run())
    recorder.flush()
    recorder.close()
    paid, stored = [span for span in store.rows("spans") if span["kind"] == "chat"]
    assert (paid["name"], paid["provider"], paid["request_model"]) == ("chat m", "scripted", "m")
    assert (paid["prompt_name"], paid["prompt_version"]) == ("reply", "3")
    assert (paid["input_tokens"], paid["output_tokens"]) == (100, 100)
    assert paid["cost_usd"] == pytest.approx(0.0011)
    assert (paid["price_table_version"], paid["cached_result"]) == ("2026-01-01", False)
    assert "model.overloaded" in str(paid["attributes"])
    assert (stored["cached_result"], stored["cost_usd"], stored["input_tokens"]) == (True, 0.0, 0)
