"""The two ways in which the graph server talks: standard input and output, and HTTP on this machine."""

from __future__ import annotations

import hmac
import os
import socket
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from compound.errors import ProjectError
from compound.project._mcp_server import graph_server

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.project._project import Project

HOST: Final = "127.0.0.1"
PATH: Final = "/mcp"
TOKEN: Final = "COMPOUND_MCP_TOKEN"
"""Environment variable; where it is set, every HTTP request must carry it as a bearer token."""

_Message = MutableMapping[str, Any]
_App = Callable[[_Message, Callable[[], Awaitable[_Message]], Callable[[_Message], Awaitable[None]]], Awaitable[None]]


async def serve_stdio(
    project: Project, names: Sequence[str], *, context: Mapping[str, JsonValue] | None = None
) -> None:
    """Serve graphs over this process's standard input and output, until the input ends."""
    async with graph_server(project, names, context=context) as server:
        from mcp.server.stdio import stdio_server

        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())


async def serve_http(
    project: Project,
    names: Sequence[str],
    *,
    port: int,
    context: Mapping[str, JsonValue] | None = None,
    on_ready: Callable[[str], None] = lambda address: None,
) -> None:
    """Serve graphs over streamable HTTP on 127.0.0.1, until the process is told to stop.

    Requests whose Host or Origin is not this machine are refused, so that no page in a browser reaches it.

    Args:
        project: Whose graphs.
        names: Which; all when none is named.
        port: 0 takes a free one.
        context: The `context` of every run.
        on_ready: Told the address once the port is open.

    Raises:
        ProjectError: ``mcp.port``: it is in use; as `graph_server`.
    """
    async with graph_server(project, names, context=context) as server:
        import uvicorn

        app: _App = server.streamable_http_app(streamable_http_path=PATH, host=HOST)
        token = os.environ.get(TOKEN)
        config = uvicorn.Config(
            _guarded(app, token) if token else app, log_level="warning", timeout_graceful_shutdown=5
        )
        listening = _listen(port)
        on_ready(f"http://{HOST}:{listening.getsockname()[1]}{PATH}")
        await uvicorn.Server(config).serve([listening])


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        what = f"cannot listen on {HOST}:{port}: {error.strerror or error}"
        raise ProjectError("mcp.port", what, fix="name another --port, or 0 for a free one") from error


def _guarded(app: _App, token: str) -> _App:
    wanted = f"Bearer {token}".encode()

    async def guard(
        scope: _Message, receive: Callable[[], Awaitable[_Message]], send: Callable[[_Message], Awaitable[None]]
    ) -> None:
        given = dict(scope.get("headers", ())).get(b"authorization", b"")
        if scope["type"] == "http" and not hmac.compare_digest(given, wanted):
            await send({"type": "http.response.start", "status": 401, "headers": [(b"www-authenticate", b"Bearer")]})
            await send({"type": "http.response.body", "body": b"a bearer token is needed"})
            return
        await app(scope, receive, send)

    return guard
