"""Connects the SDK's client to a declared server; secrets are resolved only here."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compound.errors import ConnectorError
from compound.language.environment import Environment
from compound.spec.words import parse_duration

if TYPE_CHECKING:
    from mcp import Client, StdioServerParameters

    from compound.spec.mcp_file import McpServer


def require_mcp() -> None:
    """Raise unless the SDK is installed.

    Raises:
        ConnectorError: ``mcp.driver``.
    """
    if find_spec("mcp") is None:
        raise ConnectorError("mcp.driver", "the MCP SDK is not installed", fix="install compound[mcp]")


@asynccontextmanager
async def connect(
    server: McpServer,
    *,
    root: Path,
    log: Path | None = None,
    on_change: Callable[[], None] = lambda: None,
    environment: Mapping[str, str] | None = None,
) -> AsyncGenerator[Client]:
    """Open a client of a server; the server's standard error goes to `log`.

    Raises:
        ConnectorError: ``mcp.driver``.
        ProjectError: ``project.no-secret``.
        Exception: The SDK's error if the server does not start.
    """
    require_mcp()
    from mcp import Client
    from mcp.client.stdio import stdio_client
    from mcp.client.streamable_http import streamable_http_client
    from mcp.types import Implementation

    from compound.version import VERSION

    env = Environment(os.environ if environment is None else environment)
    options: dict[str, Any] = {
        "client_info": Implementation(name="compound", version=VERSION),
        "message_handler": _listener(on_change),
        "read_timeout_seconds": parse_duration(server.timeout),
    }
    async with AsyncExitStack() as exits:
        if server.command is not None:
            log_file = exits.enter_context(_log_file(log))
            transport = stdio_client(_process(server, root, env), errlog=log_file)
        else:
            http = await exits.enter_async_context(_http(server, env))
            transport = streamable_http_client(env.text(server.url or "", "url"), http_client=http)
        yield await exits.enter_async_context(Client(transport, **options))


def _process(server: McpServer, root: Path, env: Environment) -> StdioServerParameters:
    from mcp import StdioServerParameters

    return StdioServerParameters(
        command=server.command or "",
        args=[env.text(arg, "args") for arg in server.args],
        env={name: env.text(value, f"env.{name}") for name, value in server.env.items()},
        cwd=root / (server.cwd or "."),
    )


def _http(server: McpServer, env: Environment) -> Any:  # noqa: ANN401 - a client of the SDK's own HTTP library
    import httpx2

    # An answer may take as long as the call; the SDK's timeouts bound the total.
    timeout = httpx2.Timeout(30.0, read=parse_duration(server.timeout) + 5.0)
    return httpx2.AsyncClient(
        headers={name: env.text(value, f"headers.{name}") for name, value in server.headers.items()}, timeout=timeout
    )


def _log_file(path: Path | None) -> Any:  # noqa: ANN401 - a text file
    if path is None:
        return Path(os.devnull).open("w", encoding="utf-8")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("a", encoding="utf-8")


def _listener(on_change: Callable[[], None]) -> Callable[[object], Awaitable[None]]:
    from mcp.types import ToolListChangedNotification

    async def listen(message: object) -> None:
        if isinstance(message, ToolListChangedNotification):
            on_change()

    return listen
