"""Events over HTTP: a real server, a real client, and what happens when the client hangs up."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route as Path

from compound.graph import MEDIA_TYPE, SSE_HEADERS, Engine, RunEvent, Token, sse
from compound.graph.port.services import Gateway as GatewayPort
from compound.model import ModelRequest, ScriptedProvider, StreamEvent
from compound.model.call.retry import RetryPolicy
from compound.model.gateway.gateway import Gateway
from compound.model.gateway.route import Route
from compound.spec import load_graph
from compound.testing.fakes import FakeServices

WRITE = """\
compound: graph/v1
name: write
input: {text: str}
output: {answer: $answer}
nodes:
  answer: {use: llm, model: writer, prompt: "answer {{ text }}", in: {text: $input.text}}
"""


class Services(FakeServices):
    def __init__(self, provider: Any) -> None:
        super().__init__()
        self.door = Gateway({"writer": Route(provider=provider, model="w")}, retry=RetryPolicy(sleep=anyio.sleep))

    @property
    def gateway(self) -> GatewayPort:
        return self.door


class Patient(ScriptedProvider):
    """Waits between its words, and knows when it was hung up on."""

    def __init__(self, text: str, pause_s: float) -> None:
        super().__init__([text])
        self.pause_s = pause_s
        self.hung_up = asyncio.Event()

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        try:
            async for event in super().stream(request):
                yield event
                await asyncio.sleep(self.pause_s)
        finally:
            self.hung_up.set()


async def served(provider: Any, work: Callable[[str], Awaitable[None]], *, heartbeat_s: float = 15.0) -> None:
    """One graph behind `GET /run?text=...` of a real HTTP server."""
    async with Engine(load_graph(WRITE, "g"), Services(provider)) as engine:

        async def run(request: Request) -> StreamingResponse:
            given = {key: value for key, value in request.query_params.items() if key != "id"}
            events = engine.stream(given, run_id=request.query_params.get("id", "r"))
            return StreamingResponse(sse(events, heartbeat_s=heartbeat_s), media_type=MEDIA_TYPE, headers=SSE_HEADERS)

        app = Starlette(routes=[Path("/run", run)])
        listening = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=2))
        task = asyncio.ensure_future(server.serve([listening]))
        try:
            await work(f"http://127.0.0.1:{listening.getsockname()[1]}/run")
        finally:
            server.should_exit = True
            await task
            listening.close()


def blocks(text: str) -> list[dict[str, str]]:
    return [
        dict(line.split(": ", 1) for line in block.splitlines())
        for block in text.split("\n\n")
        if block and not block.startswith(":")
    ]


def test_a_run_over_http_is_events_with_ids_names_and_json() -> None:
    async def work(url: str) -> None:
        async with httpx.AsyncClient() as client:
            answer = await client.get(url, params={"text": "x"})
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        retry, *events = blocks(answer.text)
        assert retry == {"retry": "3000"}
        assert [event["id"] for event in events] == [str(n) for n in range(1, len(events) + 1)]
        assert [event["event"] for event in events] == [
            "run_started", "node_started", "token", "token", "node_finished", "run_finished",
        ]  # fmt: skip
        assert "".join(json.loads(event["data"])["text"] for event in events[2:4]) == "two\n\nlines"
        assert json.loads(events[-1]["data"])["output"] == {"answer": "two\n\nlines"}

    asyncio.run(served(ScriptedProvider(["two\n\nlines"]), work))


def test_silence_is_filled_with_comments() -> None:
    async def work(url: str) -> None:
        async with httpx.AsyncClient() as client:
            answer = await client.get(url, params={"text": "x"})
        assert ": still here" in answer.text
        assert blocks(answer.text)[-1]["event"] == "run_finished"

    asyncio.run(served(Patient("one two", 0.2), work, heartbeat_s=0.05))


def test_a_run_that_cannot_start_is_an_event_with_our_code() -> None:
    async def work(url: str) -> None:
        async with httpx.AsyncClient() as client:
            answer = await client.get(url, params={"txt": "x"})
        error = blocks(answer.text)[-1]
        assert (error["event"], json.loads(error["data"])["code"]) == ("error", "graph.bad-input")

    asyncio.run(served(ScriptedProvider([]), work))


def test_a_client_that_hangs_up_stops_the_model() -> None:
    async def play() -> None:
        provider = Patient(" ".join(["word"] * 2000), 0.01)

        async def work(url: str) -> None:
            async with httpx.AsyncClient() as client, client.stream("GET", url, params={"text": "x"}) as answer:
                async for line in answer.aiter_lines():
                    if line == "event: token":
                        break
            with anyio.fail_after(10):
                await provider.hung_up.wait()
            assert provider.told < 2000

        await served(provider, work)

    asyncio.run(play())


def test_closing_the_bytes_closes_the_events() -> None:
    async def play() -> None:
        closed: list[str] = []

        async def events() -> AsyncGenerator[RunEvent]:
            try:
                yield Token(node="n", text="a")
                await asyncio.sleep(3600)
            finally:
                closed.append("yes")

        lines = sse(events(), heartbeat_s=0.01, first_id=8)
        assert await anext(lines) == b"retry: 3000\n\n"
        assert (await anext(lines)).startswith(b"id: 8\nevent: token\ndata: {")
        assert await anext(lines) == b": still here\n\n"
        await lines.aclose()
        assert closed == ["yes"]

    asyncio.run(play())
