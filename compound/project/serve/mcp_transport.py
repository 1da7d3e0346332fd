"""Transports of the graph server: standard input and output, and HTTP on this machine."""

from __future__ import annotations

import hmac
import os
import socket
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from compound.errors import ProjectError
from compound.project.serve.mcp_server import graph_server

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.project.running.opened import OpenedProject

HOST: Final = "127.0.0.1"
PATH: Final = "/mcp"
TOKEN: Final = "COMPOUND_MCP_TOKEN"
"""Environment variable with the bearer token that every HTTP request needs."""

_Message = MutableMapping[str, Any]
_App = Callable[[_Message, Callable[[], Awaitable[_Message]], Callable[[_Message], Awaitable[None]]], Awaitable[None]]


async def serve_stdio(
    project: OpenedProject, names: Sequence[str], *, context: Mapping[str, JsonValue] | None = None
) -> None:
    """Serve graphs over this process's standard input and output, until the input closes."""
    async with graph_server(project, names, context=context) as server:
        from mcp.server.stdio import stdio_server

        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())


async def serve_http(
    project: OpenedProject,
    names: Sequence[str],
    *,
    port: int,
    context: Mapping[str, JsonValue] | None = None,
    needs_token: bool = True,
    on_ready: Callable[[str], None] = lambda address: None,
) -> None:
    """Serve graphs over streamable HTTP on 127.0.0.1, until the process is stopped.

    Requests with another Host, or an Origin with another host or port, are refused, so that web pages cannot reach it.

    Args:
        project: Project of the graphs.
        names: Graphs; default all.
        port: 0 picks a free port.
        context: The `context` of every run.
        needs_token: Whether requests need the bearer token of `COMPOUND_MCP_TOKEN`; False accepts every program on this
            machine.
        on_ready: Called with the address once the port is open.

    Raises:
        ProjectError: ``mcp.no-token``: it is required but not set; ``mcp.port``: the port is in use; as `graph_server`.
    """
    token = os.environ.get(TOKEN, "")
    if needs_token and not token:
        raise ProjectError(
            "mcp.no-token",
            f"the HTTP server needs a token, and {TOKEN} is not set",
            fix=f"set {TOKEN}, or pass --no-token to accept every program on this machine",
        )
    async with graph_server(project, names, context=context) as server:
        import uvicorn

        app: _App = server.streamable_http_app(streamable_http_path=PATH, host=HOST)
        listening = _listen(port)
        guarded = _guarded(app, token, listening.getsockname()[1])
        config = uvicorn.Config(guarded, log_level="warning", timeout_graceful_shutdown=5)
        on_ready(f"http://{HOST}:{listening.getsockname()[1]}{PATH}")
        await uvicorn.Server(config).serve([listening])


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        what = f"cannot listen on {HOST}:{port}: {error.strerror or error}"
        raise ProjectError("mcp.port", what, fix="use another --port, or 0 for a free one") from error


def _guarded(app: _App, token: str, port: int) -> _App:
    """Wrap the app: refuse other origins, and callers without the token."""
    wanted = f"Bearer {token}".encode()
    ours = {f"http://{host}:{port}".encode() for host in (HOST, "localhost")}

    async def guard(
        scope: _Message, receive: Callable[[], Awaitable[_Message]], send: Callable[[_Message], Awaitable[None]]
    ) -> None:
        if scope["type"] == "http":
            headers: Sequence[tuple[bytes, bytes]] = scope.get("headers", ())
            if any(value.lower() not in ours for name, value in headers if name == b"origin"):
                await _refuse(send, 403, b"pages of another origin are refused")
                return
            given = dict(headers).get(b"authorization", b"")
            if token and not hmac.compare_digest(given, wanted):
                await _refuse(send, 401, b"a bearer token is required", (b"www-authenticate", b"Bearer"))
                return
        await app(scope, receive, send)

    return guard


async def _refuse(
    send: Callable[[_Message], Awaitable[None]], status: int, why: bytes, *headers: tuple[bytes, bytes]
) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": why})
