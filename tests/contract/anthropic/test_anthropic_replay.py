"""Every recorded exchange, over a real socket, through the real SDK: what goes out and what comes back."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pytest

from compound.errors import ModelError
from compound.model import (
    AnthropicProvider,
    ModelResponse,
    StreamEnd,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
)
from tests.contract.anthropic.cassettes import Exchange, recorded
from tests.contract.anthropic.replay_server import ReplayServer, Reply, Seen
from tests.contract.anthropic.wire_request import model_request, plain

if TYPE_CHECKING:
    from pydantic import JsonValue

    Json = dict[str, JsonValue]

pytestmark = pytest.mark.shared

REPLAYED = {"message": 170, "stream": 46, "count_tokens": 4, "400": 2, "404": 1, "429": 4}
LEFT_OUT = {
    "another service: api.openai.com": 6,
    "another service: example-files.online-convert.com": 1,
    "another service: generativelanguage.googleapis.com": 7,
    "another service: pdfobject.com": 1,
    "not the Messages API: DELETE /v1/files": 4,
    "not the Messages API: POST /v1/complete": 1,
    "not the Messages API: POST /v1/files": 4,
}


@dataclass(frozen=True, kw_only=True)
class Replay:
    """What came of one exchange."""

    exchange: Exchange
    seen: list[Seen]
    result: ModelResponse | int | ModelError
    text: str = ""
    thinking: str = ""


@pytest.fixture(scope="module")
def replays() -> Iterator[list[Replay]]:
    exchanges = [exchange for exchange in recorded() if not exchange.refused]
    with ReplayServer() as server, warnings.catch_warnings():
        # The SDK warns of old models; the recordings are of old models.
        warnings.simplefilter("ignore")
        yield asyncio.run(_replay_all(server, exchanges))


async def _replay_all(server: ReplayServer, exchanges: list[Exchange]) -> list[Replay]:
    provider = AnthropicProvider(api_key="a-key-of-the-test", base_url=server.url, timeout_s=30)
    done = [await _replay(server, provider, exchange) for exchange in exchanges]
    await provider.aclose()
    return done


async def _replay(server: ReplayServer, provider: AnthropicProvider, exchange: Exchange) -> Replay:
    kept = ("content-type", "retry-after", "request-id", "x-should-retry")
    headers = {name: value for name, value in exchange.headers.items() if name in kept}
    server.play(Reply(status=exchange.status, headers=headers, body=exchange.answer))
    request = model_request(exchange.body)
    text = thinking = ""
    result: ModelResponse | int | ModelError
    try:
        if exchange.kind == "count_tokens":
            result = await provider.count_tokens(request)
        elif exchange.body.get("stream"):
            ends: list[ModelResponse] = []
            async for event in provider.stream(request):
                text += event.text if isinstance(event, TextDelta) else ""
                thinking += event.text if isinstance(event, ThinkingDelta) else ""
                ends += [event.response] if isinstance(event, StreamEnd) else []
            (result,) = ends
        else:
            result = await provider.complete(request)
    except ModelError as error:
        result = error
    return Replay(exchange=exchange, seen=server.seen, result=result, text=text, thinking=thinking)


def test_every_exchange_is_replayed_or_left_out_with_a_reason(replays: list[Replay]) -> None:
    kinds = Counter(replay.exchange.kind for replay in replays)
    left = Counter(exchange.refused for exchange in recorded() if exchange.refused)
    assert dict(kinds) == REPLAYED
    assert dict(left) == LEFT_OUT


def test_every_request_reaches_the_wire_as_it_was_recorded(replays: list[Replay]) -> None:
    for replay in replays:
        exchange = replay.exchange
        (seen,) = replay.seen
        assert seen.path == exchange.path, exchange.id
        assert seen.headers["authorization"] == "Bearer a-key-of-the-test"
        assert "anthropic-version" in seen.headers
        assert plain(seen.body) == plain(exchange.body), exchange.id


def _results(replays: list[Replay], kind: str) -> Iterator[tuple[Replay, ModelResponse]]:
    for replay in replays:
        if replay.exchange.kind == kind:
            assert isinstance(replay.result, ModelResponse), (replay.exchange.id, replay.result)
            yield replay, replay.result


def test_every_message_is_parsed(replays: list[Replay]) -> None:
    for replay, result in _results(replays, "message"):
        _assert_parsed(replay.exchange.id, result, json.loads(replay.exchange.answer))


def test_every_stream_is_parsed(replays: list[Replay]) -> None:
    for replay, result in _results(replays, "stream"):
        expected = _put_together(replay.exchange.answer)
        _assert_parsed(replay.exchange.id, result, expected)
        blocks = cast("list[Json]", expected["content"])
        assert replay.text == "".join(str(block["text"]) for block in blocks if block["type"] == "text")
        thoughts = "".join(str(block["thinking"]) for block in blocks if block["type"] == "thinking")
        assert replay.thinking == thoughts, replay.exchange.id


def _assert_parsed(name: str, result: ModelResponse, expected: Json) -> None:
    blocks = cast("list[Json]", expected["content"])
    usage = cast("dict[str, int | None]", expected["usage"])
    assert result.text == "".join(str(block["text"]) for block in blocks if block["type"] == "text"), name
    called = [(call.id, call.name, dict(call.arguments)) for call in result.tool_calls]
    assert called == [(b["id"], b["name"], b["input"]) for b in blocks if b["type"] == "tool_use"], name
    thoughts = [block.text for block in result.content if isinstance(block, ThinkingBlock)]
    assert thoughts == [block["thinking"] for block in blocks if block["type"] == "thinking"], name
    assert len(result.content) == len(blocks)
    assert result.stop_reason == expected["stop_reason"], name
    assert (result.raw_id, result.model) == (expected["id"], expected["model"])
    cached = [usage.get("cache_read_input_tokens") or 0, usage.get("cache_creation_input_tokens") or 0]
    assert [result.usage.cache_read_tokens, result.usage.cache_write_tokens] == cached
    assert result.usage.input_tokens == (usage["input_tokens"] or 0) + sum(cached), name
    assert result.usage.output_tokens == usage["output_tokens"], name


def _put_together(stream: bytes) -> Json:
    """The oracle: joins the pieces of each block by kind, without looking at their order."""
    lines = [line[5:] for line in stream.decode().splitlines() if line.startswith("data:")]
    events: list[Json] = [json.loads(line) for line in lines]

    def of(kind: str) -> list[Json]:
        return [event for event in events if event["type"] == kind]

    message = dict(cast("Json", of("message_start")[0]["message"]))
    for event in of("message_delta"):
        message.update(cast("Json", event["delta"]))
        message["usage"] = {**cast("Json", message["usage"]), **cast("Json", event["usage"])}
    blocks = {
        cast("int", event["index"]): dict(cast("Json", event["content_block"])) for event in of("content_block_start")
    }
    for index, block in blocks.items():
        deltas = [cast("Json", event["delta"]) for event in of("content_block_delta") if event["index"] == index]
        for field in ("text", "thinking"):
            if field in block:
                block[field] = str(block[field]) + "".join(str(delta.get(field, "")) for delta in deltas)
        if block["type"] == "tool_use":
            block["input"] = _arguments("".join(str(delta.get("partial_json", "")) for delta in deltas))
    return {**message, "content": [blocks[index] for index in sorted(blocks)]}


def _arguments(text: str) -> JsonValue:
    try:
        return json.loads(text or "{}")
    except json.JSONDecodeError:
        return {}


def test_token_counts_are_read(replays: list[Replay]) -> None:
    counted = [replay for replay in replays if replay.exchange.kind == "count_tokens"]
    for replay in counted:
        assert replay.result == json.loads(replay.exchange.answer)["input_tokens"]


def test_every_error_is_classified_and_keeps_the_provider_s_words(replays: list[Replay]) -> None:
    expected = {
        "400": ("model.bad-request", False),
        "404": ("model.not-found", False),
        "429": ("model.rate-limit", True),
    }
    for replay in replays:
        if replay.exchange.kind in expected:
            error = replay.result
            assert isinstance(error, ModelError)
            assert (error.code, error.retryable) == expected[replay.exchange.kind]
            assert json.loads(replay.exchange.answer)["error"]["message"] in error.what


def test_what_was_asked_for_is_among_the_recordings(replays: list[Replay]) -> None:
    def count(block: str) -> int:
        return sum(f'"type": "{block}"'.encode() in r.exchange.answer for r in replays if r.exchange.kind == "message")

    assert count("tool_use") >= 50
    assert count("thinking") >= 15
    assert count("server_tool_use") >= 10
