"""A declared server: opened on first use, checked against its pins, called."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Final, TypeVar

import anyio

from compound.connector.mcp.offer import Offer, read_offer
from compound.connector.mcp.pins import drift
from compound.connector.mcp.result import value_of
from compound.connector.mcp.session import Session
from compound.connector.mcp.transport import connect, require_mcp
from compound.errors import CompoundError, ConnectorError, RunError
from compound.spec.mcp_file import tool_name
from compound.spec.words import parse_duration

if TYPE_CHECKING:
    from pathlib import Path

    from mcp import Client, MCPError
    from pydantic import JsonValue

    from compound.spec.mcp_file import McpServer, PinnedServer

T = TypeVar("T")

RECHECK_S: Final = 300.0
"""Seconds after which a server's tools are read again before the next call."""


class McpConnection:
    """A connection to a server; concurrent calls share it.

    A connection belongs to the event loop that opened it and closes with it; another loop opens its own.

    Args:
        name: Name in connectors/mcp.yaml.
        server: Its declaration.
        root: Working directory of a program, unless it declares one.
        pins: Its pinned tools; None if nothing is pinned.
        log: File for a program's standard error; None discards it.
        environment: Source of `${env:NAME}`; None: the process's environment.
    """

    def __init__(
        self,
        name: str,
        server: McpServer,
        *,
        root: Path,
        pins: PinnedServer | None = None,
        log: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._server = server
        self._root = root
        self._pins = pins
        self._log = log
        self._environment = environment
        self._session: Session | None = None

    async def offer(self) -> Offer:
        """The server's current tools.

        Raises:
            ConnectorError: ``mcp.unreachable``, ``mcp.start-timeout``, ``mcp.driver``.
        """
        session = self._opened()
        client = await self._started(session)
        return await self._asked(session, lambda: read_offer(client), parse_duration(self._server.start_timeout))

    async def call(self, tool: str, arguments: Mapping[str, JsonValue]) -> JsonValue:
        """Call a pinned tool.

        Raises:
            RunError: ``mcp.not-pinned``, ``mcp.tool-changed``: nothing was called; ``mcp.tool-error``.
            ConnectorError: ``mcp.unreachable``, ``mcp.start-timeout``, ``mcp.timeout``, ``mcp.refused``,
                ``mcp.bad-answer``, ``mcp.too-large``, ``mcp.not-text``.
        """
        pinned = None if self._pins is None else self._pins.tools.get(tool)
        name = tool_name(self.name, tool)
        if pinned is None or tool not in self._server.tools:
            what = f"{name} is not pinned"
            raise RunError("mcp.not-pinned", what, fix=f"list it under `tools:`, then: compound tools pin {self.name}")
        session = self._opened()
        client = await self._started(session)
        await self._require_unchanged(session, client, tool)
        timeout_s = parse_duration(self._server.timeout)
        result = await self._asked(session, lambda: client.call_tool(tool, dict(arguments)), timeout_s)
        is_structured = pinned.output_schema is not None
        return value_of(result, name, is_structured=is_structured, max_bytes=self._server.max_bytes)

    async def aclose(self) -> None:
        """Close the connection of this event loop and wait until its process has ended."""
        session, self._session = self._session, None
        if session is not None and session.loop is asyncio.get_running_loop():
            await session.aclose()

    def _opened(self) -> Session:
        session = self._session
        if session is None or not session.is_open or session.loop is not asyncio.get_running_loop():
            require_mcp()
            session = self._session = Session(self._connect, self.name)
        return session

    def _connect(self, session: Session) -> AbstractAsyncContextManager[Client]:
        def changed() -> None:
            session.is_stale = True

        return connect(self._server, root=self._root, log=self._log, on_change=changed, environment=self._environment)

    async def _started(self, session: Session) -> Client:
        limit_s = parse_duration(self._server.start_timeout)
        try:
            with anyio.fail_after(limit_s):
                return await session.client()
        except TimeoutError:
            await session.aclose()
            what = f"MCP server {self.name} did not start in {limit_s:g} s"
            raise ConnectorError("mcp.start-timeout", what, fix=self._look()) from None
        except CompoundError:
            raise
        except Exception as error:
            what = f"MCP server {self.name} cannot be reached: {_words(error)}"
            raise ConnectorError("mcp.unreachable", what, fix=self._look()) from error

    async def _require_unchanged(self, session: Session, client: Client, tool: str) -> None:
        async with session.checking:
            if session.is_stale or time.monotonic() - session.checked_at > RECHECK_S:
                # A change that is announced during the read makes the tools stale again.
                session.is_stale = False
                try:
                    limit_s = parse_duration(self._server.start_timeout)
                    offer = await self._asked(session, lambda: read_offer(client), limit_s)
                except BaseException:
                    session.is_stale = True
                    raise
                session.problems = drift(self._pins, offer)
                session.checked_at = time.monotonic()
        if tool in session.problems:
            what = f"{tool_name(self.name, tool)} {session.problems[tool]} since it was pinned"
            fix = f"compare: compound tools pin --check {self.name}; accept the change: compound tools pin {self.name}"
            raise RunError("mcp.tool-changed", what, fix=fix)

    async def _asked(self, session: Session, ask: Callable[[], Awaitable[T]], limit_s: float) -> T:
        """A server's answer, or a `ConnectorError`."""
        from mcp import MCPError
        from pydantic import ValidationError

        try:
            with anyio.fail_after(limit_s):
                return await ask()
        except TimeoutError:
            what = f"MCP server {self.name} did not answer in {limit_s:g} s"
            raise ConnectorError("mcp.timeout", what, fix="raise `timeout` of the server, or request less") from None
        except MCPError as error:
            raise self._refused(session, error) from error
        except (RuntimeError, ValidationError) as error:
            # The SDK raises this for answers that violate the tool's schema or the protocol.
            raise ConnectorError("mcp.bad-answer", f"MCP server {self.name}: {_words(error)}") from error
        except CompoundError:
            raise
        except Exception as error:
            session.leave()
            what = f"MCP server {self.name} disconnected: {_words(error)}"
            raise ConnectorError("mcp.unreachable", what, fix=self._look()) from error

    def _refused(self, session: Session, error: MCPError) -> ConnectorError:
        from mcp.types import CONNECTION_CLOSED, REQUEST_TIMEOUT

        if error.code == CONNECTION_CLOSED:
            session.leave()
            return ConnectorError("mcp.unreachable", f"MCP server {self.name} closed the connection", fix=self._look())
        if error.code == REQUEST_TIMEOUT:
            return ConnectorError("mcp.timeout", f"MCP server {self.name}: {error.message}")
        return ConnectorError("mcp.refused", f"MCP server {self.name}: {error.message} ({error.code})")

    def _look(self) -> str:
        return f"try it: compound tools pin --check {self.name}" + (f"; its messages: {self._log}" if self._log else "")


def _words(error: BaseException) -> str:
    """The first real failure inside nested exception groups."""
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
