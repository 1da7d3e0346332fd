"""Whoever stops reading a stream hangs up, so that the rest of the answer is not written and not paid for."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

import anyio

from compound.model import AnthropicProvider, StreamEvent, TextDelta
from compound.model.call.retry import RetryPolicy
from compound.model.gateway.gateway import Gateway
from compound.model.gateway.route import Route
from tests.contract.anthropic.test_anthropic_synthetic import MESSAGE, REQUEST


def event(kind: str, **data: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode()


START = event("message_start", message={**MESSAGE, "content": [], "stop_reason": None}) + event(
    "content_block_start", index=0, content_block={"type": "text", "text": ""}
)
MORE = event("content_block_delta", index=0, delta={"type": "text_delta", "text": "word "})


class Talker:
    """A synthetic server whose answer never ends; it knows when nobody reads it any more."""

    def __init__(self) -> None:
        self.left = asyncio.Event()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n" + START)
        gone = asyncio.ensure_future(reader.read())
        while not gone.done():
            writer.write(MORE)
            await asyncio.wait([gone], timeout=0.005)
        with suppress(ConnectionError):
            await gone
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        self.left.set()


class Enough(Exception):
    """The listener has heard enough."""


def test_a_listener_that_fails_or_is_cancelled_closes_the_connection() -> None:
    async def play(how: str) -> None:
        talker = Talker()
        server = await asyncio.start_server(talker.answer, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        provider = AnthropicProvider(api_key="test", base_url=url)
        door = Gateway(
            {"writer": Route(provider=provider, model="m", max_tokens=9)}, retry=RetryPolicy(sleep=anyio.sleep)
        )
        heard: list[str] = []

        async def told(piece: StreamEvent) -> None:
            if isinstance(piece, TextDelta):
                heard.append(piece.text)
            if len(heard) == 3:
                if how == "fails":
                    raise Enough
                scope.cancel()
                await asyncio.sleep(3600)

        with suppress(Enough), anyio.CancelScope() as scope:
            await door.call(REQUEST, told=told)
        with anyio.fail_after(10):
            await talker.left.wait()
        assert heard == ["word "] * 3
        await door.aclose()
        server.close()
        await server.wait_closed()

    for how in ("fails", "is cancelled"):
        asyncio.run(play(how))
