"""A public MCP server's recorded answers over HTTP: an older protocol, event streams, a real list of tools."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from compound.connector.mcp.connection import McpConnection
from compound.connector.mcp.offer import Offer
from compound.connector.mcp.pins import pinned
from compound.spec.mcp_file import McpServer

FILE = (
    Path(__file__).resolve().parents[4]
    / "shared/data/api_cassettes/mcp/pydantic-ai/test_temporal__test_mcptoolset_in_temporal_workflow.yaml"
)


@pytest.fixture(scope="module")
def recorded() -> dict[str, dict[str, Any]]:
    """Method to the response that was recorded for it."""
    if not FILE.is_file():
        if os.environ.get("CI"):
            pytest.fail(f"the reference data is missing: {FILE}")
        pytest.skip("the reference data is not beside the project")
    found: dict[str, dict[str, Any]] = {}
    for exchange in yaml.safe_load(FILE.read_text(encoding="utf-8"))["interactions"]:
        request, response = exchange["request"], exchange["response"]
        if "mcp" in str(request["uri"]) and "parsed_body" in request:
            found[str(request["parsed_body"]["method"])] = response
    return found


@pytest.fixture
def server(recorded: dict[str, dict[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    """Address of the recorded server, and the methods it was asked. Its refusal of what it does not know is synthetic."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("content-length", "0"))))
            asked.append(str(body["method"]))
            found = recorded.get(asked[-1])
            if found is None:
                error = {"code": -32601, "message": "Method not found"}
                self.answer(200, "application/json", json.dumps({"jsonrpc": "2.0", "id": body["id"], "error": error}))
                return
            text = str((found.get("body") or {}).get("string") or "")
            if text:
                lead, _, data = text.partition("data: ")
                text = f"{lead}data: {json.dumps({**json.loads(data), 'id': body['id']})}\r\n\r\n"
            self.answer(found["status"]["code"], found["headers"]["content-type"][0], text)

        def do_GET(self) -> None:
            self.answer(405, "text/plain", "")

        def answer(self, status: int, kind: str, text: str) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}/mcp", asked
    http.shutdown()
    http.server_close()
    thread.join()


def test_tools_of_a_recorded_server_are_read_and_pinned(server: tuple[str, list[str]]) -> None:
    url, asked = server
    declared = McpServer(url=url, tools=("ask_question",))

    async def look() -> Offer:
        connection = McpConnection("wiki", declared, root=Path.cwd())
        try:
            return await connection.offer()
        finally:
            await connection.aclose()

    offer = asyncio.run(look())
    assert (offer.name, bool(offer.version)) == ("DeepWiki", True)
    assert {"ask_question", "read_wiki_structure"} <= set(offer.tools)
    assert asked[-2:] == ["notifications/initialized", "tools/list"]
    pin = pinned("wiki", declared, offer).tools["ask_question"]
    assert pin.sha256 == pin.digest
    assert "question" in str(pin.input_schema["properties"])
