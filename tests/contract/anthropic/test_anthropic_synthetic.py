"""Failures that were never recorded: synthetic answers in the documented shapes, through the gateway."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from compound.errors import ModelError
from compound.model import AnthropicProvider, Message, ModelRequest, ModelResponse, StreamEnd, StreamRestart, TextDelta
from compound.model.call.retry import RetryPolicy
from compound.model.call.types import CallKey
from compound.model.gateway.gateway import Gateway
from compound.model.gateway.journal import MemoryJournal
from compound.model.gateway.route import Route
from tests.contract.anthropic.replay_server import ReplayServer, Reply

if TYPE_CHECKING:
    from pydantic import JsonValue

REQUEST = ModelRequest(model="writer", messages=(Message(role="user", content="Hi"),))
MESSAGE: dict[str, JsonValue] = {
    "id": "msg_synthetic",
    "type": "message",
    "role": "assistant",
    "model": "claude-haiku-5-5",
    "content": [{"type": "text", "text": "Hello"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 3, "output_tokens": 1},
}
SCHEMA: dict[str, JsonValue] = {
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "required": ["text"],
}


def synthetic_ok(text: str = "Hello") -> Reply:
    return Reply(body=json.dumps({**MESSAGE, "content": [{"type": "text", "text": text}]}).encode())


def synthetic_error(
    status: int, kind: str, words: str, *, code: str | None = None, headers: dict[str, str] | None = None
) -> Reply:
    error: dict[str, JsonValue] = {"type": kind, "message": words}
    if code:
        error["details"] = {"error_code": code}
    body = json.dumps({"type": "error", "error": error, "request_id": "req_synthetic"}).encode()
    return Reply(status=status, headers={"content-type": "application/json", **(headers or {})}, body=body)


def synthetic_stream(*, cut: str = "", error: str = "", declared: int | None = None) -> Reply:
    events: list[dict[str, JsonValue]] = [
        {"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hel"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "lo"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
        {"type": "message_stop"},
    ]
    if error:
        events[3:] = [{"type": "error", "error": {"type": error, "message": "synthetic"}}]
    if cut:
        events = events[: next(i for i, event in enumerate(events) if event["type"] == cut)]
    body = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    return Reply(headers={"content-type": "text/event-stream"}, body=body.encode(), declared=declared)


@dataclass
class Waits:
    """Stands in for the clock: remembers how long it was asked to sleep."""

    seconds: list[float] = field(default_factory=list[float])

    async def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture(scope="module")
def server() -> Iterator[ReplayServer]:
    with ReplayServer() as started:
        yield started


@pytest.fixture
def waits() -> Waits:
    return Waits()


Ask = Callable[..., ModelResponse]


@pytest.fixture
def ask(server: ReplayServer, waits: Waits) -> Ask:
    """Make one call through a fresh gateway; the policy has three attempts."""

    def run(
        *replies: Reply,
        request: ModelRequest = REQUEST,
        is_streamed: bool = False,
        journal: MemoryJournal | None = None,
        timeout_s: float = 30.0,
    ) -> ModelResponse:
        server.play(*replies)

        async def call() -> ModelResponse:
            provider = AnthropicProvider(api_key="k", base_url=server.url, timeout_s=timeout_s)
            route = Route(provider=provider, model="claude-haiku-5-5", max_tokens=64, is_streamed=is_streamed)
            policy = RetryPolicy(attempts=3, sleep=waits.sleep, jitter=lambda: 0.5)
            gateway = Gateway({"writer": route}, retry=policy, journal=journal)
            try:
                return await gateway.call(request, call=CallKey(run_id="run", node="draft") if journal else None)
            finally:
                await gateway.aclose()

        return asyncio.run(call())

    return run


@dataclass(frozen=True, kw_only=True)
class Retried:
    id: str
    first: Reply
    is_streamed: bool = False
    waited: list[float]


RETRIED = (
    Retried(
        id="429 waits as long as retry-after says",
        first=synthetic_error(429, "rate_limit_error", "too many requests", headers={"retry-after": "7"}),
        waited=[7.35],
    ),
    Retried(id="529 overloaded", first=synthetic_error(529, "overloaded_error", "Overloaded"), waited=[0.5]),
    Retried(id="500", first=synthetic_error(500, "api_error", "Internal server error"), waited=[0.5]),
    Retried(
        id="529 in the middle of a stream",
        first=synthetic_stream(error="overloaded_error"),
        is_streamed=True,
        waited=[0.5],
    ),
    Retried(
        id="an error of no known type in the middle of a stream",
        first=synthetic_stream(error="surprise_error"),
        is_streamed=True,
        waited=[0.5],
    ),
    Retried(
        id="a stream that ends before message_stop",
        first=synthetic_stream(cut="message_delta"),
        is_streamed=True,
        waited=[0.5],
    ),
    Retried(
        id="a stream whose connection drops",
        first=synthetic_stream(cut="content_block_stop", declared=100_000),
        is_streamed=True,
        waited=[0.5],
    ),
    Retried(
        id="an answer whose connection drops",
        first=Reply(body=b'{"id": "msg', declared=500),
        waited=[0.5],
    ),
)


@pytest.mark.parametrize("case", RETRIED, ids=lambda case: case.id)
def test_synthetic_failure_that_may_pass_is_tried_again(
    case: Retried, ask: Ask, server: ReplayServer, waits: Waits
) -> None:
    second = synthetic_stream() if case.is_streamed else synthetic_ok()
    assert ask(case.first, second, is_streamed=case.is_streamed).text == "Hello"
    assert len(server.seen) == 2
    assert waits.seconds == pytest.approx(case.waited)


@dataclass(frozen=True, kw_only=True)
class Final:
    id: str
    reply: Reply
    code: str


FINAL = (
    Final(
        id="429 with the code of a spend limit",
        reply=synthetic_error(
            429,
            "rate_limit_error",
            "no",
            code="enforced_spend_limit_reached",
            headers={"retry-after": "60", "x-should-retry": "true"},
        ),
        code="model.spend-limit",
    ),
    Final(
        id="429 with the words of a spend limit",
        reply=synthetic_error(
            429,
            "rate_limit_error",
            "This request would exceed your account's monthly spend limit. Please try again later.",
        ),
        code="model.spend-limit",
    ),
    Final(
        id="400 with the words of a usage limit",
        reply=synthetic_error(400, "invalid_request_error", "You have reached your specified API usage limits."),
        code="model.spend-limit",
    ),
    Final(
        id="400 of an empty account",
        reply=synthetic_error(400, "invalid_request_error", "Your credit balance is too low"),
        code="model.spend-limit",
    ),
    Final(id="402", reply=synthetic_error(402, "billing_error", "pay"), code="model.spend-limit"),
    Final(id="401", reply=synthetic_error(401, "authentication_error", "who?"), code="model.auth"),
    Final(id="413", reply=synthetic_error(413, "request_too_large", "big"), code="model.bad-request"),
    Final(
        id="429 that asks for longer than anybody waits",
        reply=synthetic_error(429, "rate_limit_error", "later", headers={"retry-after": "3600"}),
        code="model.rate-limit",
    ),
)


@pytest.mark.parametrize("case", FINAL, ids=lambda case: case.id)
def test_synthetic_failure_that_cannot_pass_is_never_tried_again(
    case: Final, ask: Ask, server: ReplayServer, waits: Waits
) -> None:
    with pytest.raises(ModelError) as caught:
        ask(case.reply)
    assert caught.value.code == case.code
    assert len(server.seen) == 1
    assert waits.seconds == []


def test_synthetic_overload_ends_after_the_attempts(ask: Ask, server: ReplayServer, waits: Waits) -> None:
    overloaded = synthetic_error(529, "overloaded_error", "Overloaded")
    with pytest.raises(ModelError, match="Overloaded"):
        ask(overloaded, overloaded, overloaded)
    assert len(server.seen) == 3
    assert waits.seconds == pytest.approx([0.5, 1.0])


def test_synthetic_broken_stream_is_tried_once_more_only(ask: Ask, server: ReplayServer) -> None:
    broken = synthetic_stream(cut="message_delta")
    with pytest.raises(ModelError) as caught:
        ask(broken, broken, broken, is_streamed=True)
    assert caught.value.code == "model.broken-stream"
    assert len(server.seen) == 2


def test_an_answer_is_paid_once(ask: Ask, server: ReplayServer) -> None:
    journal = MemoryJournal()
    first = ask(synthetic_ok(), journal=journal)
    again = ask(journal=journal)
    assert (first.cached, again.cached) == (False, True)
    assert again.text == "Hello"
    assert server.seen == []


def test_synthetic_answer_that_does_not_fit_is_repaired_once(ask: Ask, server: ReplayServer) -> None:
    request = ModelRequest(model="writer", messages=REQUEST.messages, output_schema=SCHEMA)
    response = ask(synthetic_ok('{"txt": 1}'), synthetic_ok('{"text": "Hello"}'), request=request)
    assert response.data == {"text": "Hello"}
    assert response.usage.input_tokens == 6
    first, second = server.seen
    form: JsonValue = {"type": "json_schema", "schema": {**SCHEMA, "additionalProperties": False}}
    assert first.body["output_config"] == {"format": form}
    messages = second.body["messages"]
    assert isinstance(messages, list)
    assert len(messages) == 3
    assert "'text' is missing" in str(messages[2])


def test_an_open_schema_is_asked_for_in_words(ask: Ask, server: ReplayServer) -> None:
    schema: dict[str, JsonValue] = {"type": "object", "properties": {"arguments": {"type": "object"}}}
    request = ModelRequest(model="writer", messages=REQUEST.messages, system="Plan.", output_schema=schema)
    response = ask(synthetic_ok('```json\n{"arguments": {"a": 1}}\n```'), request=request)
    assert response.data == {"arguments": {"a": 1}}
    (seen,) = server.seen
    assert "output_config" not in seen.body
    assert str(seen.body["system"]).startswith("Plan.\n\nAnswer with one JSON value")


def test_a_reader_of_a_broken_stream_is_told_to_begin_again(server: ReplayServer, waits: Waits) -> None:
    server.play(synthetic_stream(error="overloaded_error"), synthetic_stream())

    async def read() -> list[str]:
        provider = AnthropicProvider(api_key="k", base_url=server.url)
        policy = RetryPolicy(attempts=3, sleep=waits.sleep)
        gateway = Gateway({"writer": Route(provider=provider, model="m")}, retry=policy)
        shown: list[str] = []
        async for event in gateway.stream(REQUEST):
            if isinstance(event, TextDelta):
                shown.append(event.text)
            elif isinstance(event, StreamRestart):
                shown.clear()
            elif isinstance(event, StreamEnd):
                shown.append(f"={event.response.text}")
        await gateway.aclose()
        return shown

    assert asyncio.run(read()) == ["Hel", "lo", "=Hello"]
