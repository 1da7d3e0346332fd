"""LangChain chat models as providers: streams, tool calls in pieces, hanging up, errors with a status."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field

from compound.errors import ModelError
from compound.model import (
    LangchainProvider,
    Message,
    ModelRequest,
    StreamEnd,
    StreamEvent,
    TextDelta,
    ToolCall,
    ToolDelta,
    ToolSchema,
)

LOOK = ToolSchema(
    name="look",
    description="Look something up.",
    parameters={"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]},
)
ASK = ModelRequest(model="x", messages=(Message(role="user", content="Hi"),), tools=(LOOK,), max_tokens=64)


class Model(BaseChatModel):
    """A chat model as partners write them: `_agenerate`, `_astream`, `bind_tools`."""

    pieces: list[AIMessageChunk] = Field(default_factory=list[AIMessageChunk])
    fails: Exception | None = None
    bound: list[Any] = Field(default_factory=list[Any])
    seen: dict[str, Any] = Field(default_factory=dict[str, Any])
    closed: list[bool] = Field(default_factory=list[bool])

    @property
    def _llm_type(self) -> str:
        return "test"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        self.bound.extend(tools)
        return self.bind(**kwargs)

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        self.seen.update(kwargs)
        if self.fails is not None:
            raise self.fails
        whole = self.pieces[0]
        for piece in self.pieces[1:]:
            whole += piece
        message = AIMessage(whole.content, tool_calls=whole.tool_calls)
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _astream(
        self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        self.seen.update(kwargs)
        if self.fails is not None:
            raise self.fails
        try:
            for piece in self.pieces:
                await asyncio.sleep(0)
                yield ChatGenerationChunk(message=piece)
        finally:
            self.closed.append(True)


def part(text: str = "", **call: Any) -> AIMessageChunk:
    return AIMessageChunk(content=text, tool_call_chunks=[{"type": "tool_call_chunk", **call}] if call else [])  # pyright: ignore[reportArgumentType]


PIECES = [
    part("Let me "),
    part("look."),
    part(name="look", args='{"q": ', id="c1", index=0),
    part(name=None, args='"rain"}', id=None, index=0),
]


async def read(model: Model) -> list[StreamEvent]:
    return [event async for event in LangchainProvider(model).stream(ASK)]


def test_text_and_tool_calls_come_in_pieces_and_end_whole() -> None:
    model = Model(pieces=PIECES)
    *pieces, end = asyncio.run(read(model))
    assert [piece.text for piece in pieces if isinstance(piece, TextDelta)] == ["Let me ", "look."]
    assert "".join(piece.json_text for piece in pieces if isinstance(piece, ToolDelta)) == '{"q": "rain"}'
    assert isinstance(end, StreamEnd)
    assert end.response.text == "Let me look."
    assert end.response.tool_calls == (ToolCall(id="c1", name="look", arguments={"q": "rain"}),)
    assert model.bound[0]["function"]["parameters"] == LOOK.parameters
    assert model.seen["max_tokens"] == 64


def test_a_stream_and_a_call_give_the_same_answer() -> None:
    whole = asyncio.run(LangchainProvider(Model(pieces=PIECES)).complete(ASK))
    *_, end = asyncio.run(read(Model(pieces=PIECES)))
    assert isinstance(end, StreamEnd)
    assert (whole.text, whole.tool_calls) == (end.response.text, end.response.tool_calls)


def test_whoever_stops_reading_hangs_up() -> None:
    model = Model(pieces=PIECES)

    async def play() -> None:
        events: Any = LangchainProvider(model).stream(ASK)
        assert isinstance(await anext(events), TextDelta)
        assert model.closed == []
        await events.aclose()
        for _ in range(5):  # LangChain leaves the inner generator to the event loop
            await asyncio.sleep(0)
        assert model.closed == [True]

    asyncio.run(play())


class Status(Exception):
    def __init__(self, status_code: int) -> None:
        super().__init__(f"HTTP {status_code}")
        self.status_code = status_code


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        (Status(429), "model.rate-limit", True),
        (Status(529), "model.overloaded", True),
        (Status(503), "model.server", True),
        (Status(408), "model.timeout", True),
        (TimeoutError("slow"), "model.timeout", True),
        (ConnectionResetError("gone"), "model.connection", True),
        (Status(400), "model.bad-request", False),
        (ValueError("odd"), "model.langchain-failed", False),
    ],
    ids=str,
)
def test_errors_are_told_apart_by_what_another_try_can_do(error: Exception, code: str, retryable: bool) -> None:
    for work in (LangchainProvider(Model(fails=error)).complete(ASK), read(Model(fails=error))):
        with pytest.raises(ModelError) as caught:
            asyncio.run(work)  # pyright: ignore[reportArgumentType]
        assert (caught.value.code, caught.value.retryable) == (code, retryable)
