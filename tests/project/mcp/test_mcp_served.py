"""Graphs served over MCP: real processes, a real client, over standard input and output and over HTTP."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult

from compound.errors import ConnectorError
from compound.project import Project
from tests.support.programs import running
from tests.support.projects import write_project

ADD = """\
compound: graph/v1
name: add
description: Add two numbers, and say so.
types: {Sum: {total: int, words: str?}}
input: {a: int, b: int, words: str?}
output: {sum: $sum}
nodes:
  sum: {use: tool, tool: add, in: {a: $input.a, b: $input.b, words: $input.words?}, out: Sum}
"""
FAIL = """\
compound: graph/v1
name: fail
input: {text: str}
output: {never: $never}
nodes:
  never: {use: tool, tool: never, in: {text: $input.text}, out: str}
"""
SLOW = """\
compound: graph/v1
name: slow
input: {seconds: float, mark: str}
output: {done: $marked}
nodes:
  waited: {use: tool, tool: wait, in: {seconds: $input.seconds, mark: $input.mark}, out: str}
  marked: {use: tool, tool: mark, in: {path: $waited}, out: str}
"""
ASK = """\
compound: graph/v1
name: ask
input: {ticket: {id: str, body: str}}
context: {tenant: str}
output: {action: $review.action, tenant: $context.tenant}
nodes:
  draft: {use: tool, tool: shout, in: {text: $input.ticket.body}, out: {text: str}}
  review: {use: review, queue: support, show: [$draft]}
"""
TOOLS = '''\
import asyncio
from pathlib import Path
from typing import Any

from compound.errors import DataError
from compound.tool import tool


@tool
def add(a: int, b: int, words: str | None = None) -> dict[str, Any]:
    """Add."""
    print("noise on standard output")
    return {"total": a + b, "words": words}


@tool
def never(text: str) -> str:
    """Refuse."""
    raise DataError("desk.no", f"cannot do {text!r}", fix="ask for something else")


@tool
async def wait(seconds: float, mark: str) -> str:
    """Say that it began, then wait."""
    Path(mark + ".began").write_text("yes")
    await asyncio.sleep(seconds)
    return mark


@tool
def mark(path: str) -> str:
    """Leave a mark."""
    Path(path).write_text("yes")
    return path


@tool
def shout(text: str) -> dict[str, str]:
    """Loud."""
    return {"text": text.upper()}
'''
ROOT = Path(__file__).resolve().parents[3]
Connect = Callable[[], Any]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    graphs = {
        f"graphs/{name}.yaml": text for name, text in (("add", ADD), ("fail", FAIL), ("slow", SLOW), ("ask", ASK))
    }
    files = {"tools/all.py": TOOLS, **graphs}
    for name in ("shop.yaml", "desk.yaml", "lakehouse.yaml"):
        files[f"connectors/{name}"] = (ROOT / "connectors" / name).read_text(encoding="utf-8")
    return write_project(tmp_path, files)


@contextmanager
def http(root: Path, *more: str, **environment: str) -> Generator[str]:
    """`compound mcp --http` as a program; its address."""
    os.environ.update(environment)
    try:
        open_to_all = () if "COMPOUND_MCP_TOKEN" in environment else ("--no-token",)
        with running("-m", "compound", "mcp", "--http", "--port", "0", *open_to_all, *more, cwd=root) as process:
            assert process.stderr is not None
            line = process.stderr.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+/mcp", line)
            assert found, line + process.stderr.read()
            yield found[0]
    finally:
        for name in environment:
            os.environ.pop(name)


@pytest.fixture(params=["stdio", "http"])
def connect(request: pytest.FixtureRequest, root: Path) -> Iterator[Connect]:
    context = ("--context", '{"tenant": "acme"}')
    if request.param == "stdio":
        args = ["-m", "compound", "mcp", *context]
        yield lambda: Client(StdioServerParameters(command=sys.executable, args=args, cwd=root))
        return
    with http(root, *context) as address:
        yield lambda: Client(address)


def play(connect: Connect, work: Callable[[Client], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with connect() as client:
            await work(client)

    asyncio.run(whole())


def words(result: CallToolResult) -> str:
    return "\n".join(str(getattr(block, "text", "")) for block in result.content)


def test_a_graph_is_a_tool_with_its_declared_input_and_output(connect: Connect) -> None:
    async def work(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"add", "fail", "slow", "ask", "run-status"}
        add = tools["add"]
        assert add.description == "Add two numbers, and say so."
        assert add.input_schema["required"] == ["a", "b"]
        assert add.input_schema["additionalProperties"] is False
        assert add.output_schema is not None
        assert add.output_schema["properties"].keys() == {"sum"}
        assert add.annotations is not None
        assert add.annotations.read_only_hint
        result = await client.call_tool("add", {"a": 2, "b": 3})
        assert result.structured_content == {"sum": {"total": 5, "words": None}}
        assert result.content[0].type == "text"
        both = await asyncio.gather(*(client.call_tool("add", {"a": n, "b": n}) for n in range(6)))
        assert [one.structured_content["sum"]["total"] for one in both] == [0, 2, 4, 6, 8, 10]

    play(connect, work)


def test_errors_are_results_with_our_code_and_unknown_tools_are_refused(connect: Connect) -> None:
    async def work(client: Client) -> None:
        failed = await client.call_tool("fail", {"text": "magic"})
        assert failed.is_error
        assert "cannot do 'magic'" in words(failed)
        assert "[desk.no]" in words(failed)
        assert failed.meta is not None
        assert failed.meta["compound/error"]["code"] == "desk.no"
        wrong = await client.call_tool("add", {"a": "two", "b": 3, "c": 1})
        assert (wrong.is_error, "[graph.bad-input]" in words(wrong)) == (True, True)
        with pytest.raises(MCPError, match="did you mean 'add'"):
            await client.call_tool("addd", {})

    play(connect, work)


def test_a_review_does_not_keep_its_caller_waiting_and_its_end_is_told_later(connect: Connect, root: Path) -> None:
    async def work(client: Client) -> None:
        told = (await client.call_tool("ask", {"ticket": {"id": "t1", "body": "hi"}})).structured_content
        assert (told["status"], told["output"], len(told["review_ids"])) == ("waiting_review", None, 1)
        waiting = (await client.call_tool("run-status", {"run_id": told["run_id"]})).structured_content
        assert waiting == told
        await anyio.to_thread.run_sync(approve, root, told["review_ids"][0])
        done = (await client.call_tool("run-status", {"run_id": told["run_id"]})).structured_content
        assert (done["status"], done["review_ids"]) == ("done", [])
        assert done["output"] == {"action": "approve", "tenant": "acme"}, "the context is the server's to say"
        unknown = await client.call_tool("run-status", {"run_id": "another"})
        assert (unknown.is_error, "graph.unknown-run" in words(unknown)) == (True, True)

    play(connect, work)


def approve(root: Path, review_id: str) -> None:
    project = Project.open(root)
    try:
        project.reviews().decide(review_id, "approve", user="ann")
    finally:
        project.close()


def test_a_caller_that_gives_up_stops_the_run(connect: Connect, tmp_path: Path) -> None:
    mark = tmp_path / "mark"

    async def work(client: Client) -> None:
        with pytest.raises((TimeoutError, MCPError)):
            with anyio.fail_after(3):
                await client.call_tool("slow", {"seconds": 5, "mark": str(mark)})
        assert mark.with_suffix(".began").exists()
        await asyncio.sleep(4)
        assert not mark.exists(), "what was not begun when the caller left is never begun"

    play(connect, work)


def test_requests_for_another_host_or_from_a_page_are_refused(root: Path) -> None:
    async def status(address: str, **headers: str) -> int:
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        common = {"accept": "application/json, text/event-stream"}
        async with httpx2.AsyncClient() as client:
            return (await client.post(address, json=body, headers={**common, **headers})).status_code

    with http(root, "add") as address:
        assert asyncio.run(status(address, host="evil.example:80")) == 421
        own = address.removesuffix("/mcp")
        for origin in (
            "https://evil.example",
            "null",
            own + "1",
            "http://127.0.0.1",
            "http://localhost:1",
            f"{own}.evil.example",
        ):
            assert asyncio.run(status(address, origin=origin)) == 403, origin
        assert asyncio.run(status(address, origin=own)) != 403
        assert asyncio.run(status(address, origin=own.replace("127.0.0.1", "localhost"))) != 403


def test_without_a_token_nothing_is_served_over_http_unless_asked_for(root: Path) -> None:
    with running("-m", "compound", "mcp", "add", "--http", "--port", "0", cwd=root) as process:
        _, error = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "mcp.no-token" in error
    assert "--no-token" in error


def test_with_a_token_every_request_must_carry_it(root: Path) -> None:
    @asynccontextmanager
    async def with_token(address: str) -> AsyncGenerator[Client]:
        async with (
            httpx2.AsyncClient(headers={"authorization": "Bearer s3cret"}) as own,
            Client(streamable_http_client(address, http_client=own)) as client,
        ):
            yield client

    async def work(address: str) -> None:
        async with httpx2.AsyncClient() as client:
            assert (await client.post(address, json={})).status_code == 401
        async with with_token(address) as client:
            assert (await client.call_tool("add", {"a": 1, "b": 1})).structured_content["sum"]["total"] == 2

    with http(root, "add", COMPOUND_MCP_TOKEN="s3cret") as address:
        asyncio.run(work(address))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["nothing"], "project.unknown-graph"),
        (["ask"], "mcp.needs-context"),
        (["ask", "--context", "tenant=acme"], "mcp.bad-context"),
        (["broken"], "graph.unknown-tool"),
    ],
)
def test_what_cannot_be_served_is_said_before_anything_listens(root: Path, given: list[str], says: str) -> None:
    broken = FAIL.replace("name: fail", "name: broken").replace("tool: never", "tool: nevre")
    (root / "graphs/broken.yaml").write_text(broken, encoding="utf-8")
    with running("-m", "compound", "mcp", *given, cwd=root) as process:
        _, error = process.communicate(timeout=60)
    assert process.returncode == 2 or says == "mcp.bad-context"
    assert says in error


def test_a_port_in_use_is_an_error_with_a_fix(root: Path) -> None:
    with http(root, "add") as address:
        port = address.split(":")[2].split("/")[0]
        with running("-m", "compound", "mcp", "add", "--http", "--no-token", "--port", port, cwd=root) as process:
            _, error = process.communicate(timeout=60)
    assert "mcp.port" in error


def test_the_sdk_is_only_needed_here(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    from compound.project.serve.mcp_server import graph_server

    def nothing(_name: str) -> None:
        return None

    monkeypatch.setattr("compound.connector.mcp.transport.find_spec", nothing)

    async def work() -> None:
        async with graph_server(Project.open(root), ["add"]):
            pass

    with pytest.raises(ConnectorError, match="not installed") as caught:
        asyncio.run(work())
    assert caught.value.code == "mcp.driver"
