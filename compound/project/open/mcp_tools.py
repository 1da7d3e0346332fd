"""The MCP servers of a project: `connectors/mcp.yaml` and its lock file, as tools that graphs call."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from compound.errors import ProjectError, choices
from compound.graph.port.catalogue import Signature
from compound.language import Finding
from compound.project.source.files import read_file
from compound.project.source.parts import CONNECTORS
from compound.spec.mcp_file import McpFile, McpLock, PinnedServer, split_name, tool_name
from compound.spec.yaml.reading import read_yaml_file

if TYPE_CHECKING:
    from compound.connector.mcp import PinReport
    from compound.connector.mcp.connection import McpConnection
    from compound.project.open.stores import Stores
    from compound.spec.mcp_file import McpServer, PinnedTool
    from compound.tool.remote import RemoteFunction

FILE: Final = f"{CONNECTORS}/mcp.yaml"
LOCK: Final = f"{CONNECTORS}/mcp.lock.json"


class McpTools:
    """The tools of MCP servers that graphs may call, as pinned: checking a graph starts no server."""

    def __init__(self, resources: Stores) -> None:
        self._resources = resources
        self._path = resources.settings.root / FILE
        self._lock_path = resources.settings.root / LOCK

    @cached_property
    def file(self) -> McpFile:
        """The declared servers; none if there is no file.

        Raises:
            ProjectError: the file cannot be read, with the place.
        """
        return read_file(self._path, McpFile, FILE) if self._path.is_file() else McpFile(compound="mcp/v1")

    @cached_property
    def lock(self) -> McpLock:
        """The pinned tools.

        Raises:
            ProjectError: ``mcp.bad-lock``.
        """
        from compound.connector.mcp.pins import read_lock

        return read_lock(self._lock_path, LOCK)

    @property
    def names(self) -> list[str]:
        """Every tool that graphs may name."""
        return [tool_name(name, tool) for name, server in self.file.servers.items() for tool in server.tools]

    def signature(self, name: str) -> Signature | None:
        """Inputs and value of a tool, as pinned; None if it is not pinned."""
        pin = self.pin_of(name)
        if pin is None:
            return None
        output = {"type": "string"} if pin.output_schema is None else pin.output_schema
        return Signature(params=pin.input_schema, output=output)

    def function(self, name: str) -> RemoteFunction:
        """A tool to call.

        Raises:
            ProjectError: ``project.unknown-tool``, ``mcp.not-pinned``, ``mcp.moved``.
        """
        if name not in self._functions:
            self._functions[name] = self._function(name)
        return self._functions[name]

    def findings(self) -> list[Finding]:
        """Errors in the pins: allowed tools without a pin, and servers that changed."""
        if not self._path.is_file():
            return []
        source = read_yaml_file(self._path, FILE).source
        found: list[Finding] = []
        for name, server in self.file.servers.items():
            fix = f"compound tools pin {name}"
            pins = self.lock.servers.get(name)
            if pins is not None and pins.target != server.target:
                found.append(Finding("mcp.moved", _moved(name), source.key(("servers", name)), fix))
            for index, tool in enumerate(server.tools):
                if pins is None or tool not in pins.tools:
                    where = source.value(("servers", name, "tools", index))
                    found.append(Finding("mcp.not-pinned", f"{tool_name(name, tool)} was never pinned", where, fix))
        return found

    async def pin(self, names: Sequence[str], *, write: bool) -> list[PinReport]:
        """Read the tools of servers and, with `write`, pin them.

        Args:
            names: Servers; default all.
            write: Whether to write the lock file; else nothing changes.

        Raises:
            ProjectError: ``mcp.unknown-server``, ``mcp.unknown-tool``, ``mcp.destructive-tool``.
            ConnectorError: a server cannot be reached.
        """
        from compound.connector.mcp.pins import compare, pinned

        reports: list[PinReport] = []
        servers = dict(self.lock.servers)
        for name in names or list(self.file.servers):
            server = self._server(name)
            connection = self._connection(name, server, None)
            try:
                offer = await connection.offer()
            finally:
                await connection.aclose()
            reports.append(compare(name, server, offer, self.lock.servers.get(name)))
            if write:
                servers[name] = pinned(name, server, offer)
        if write:
            self._write(servers)
        return reports

    def _write(self, servers: dict[str, PinnedServer]) -> None:
        kept = {name: pins for name, pins in servers.items() if name in self.file.servers}
        if kept != self.lock.servers:
            self._lock_path.write_text(McpLock(servers=kept).to_json(), encoding="utf-8")
        self.__dict__.pop("lock", None)
        self._functions.clear()
        self._connections.clear()

    def _server(self, name: str) -> McpServer:
        found = self.file.servers.get(name)
        if found is None:
            what = f"no MCP server {name!r} in {FILE}"
            raise ProjectError("mcp.unknown-server", what, fix=choices(list(self.file.servers), name))
        return found

    def pin_of(self, name: str) -> PinnedTool | None:
        """The pin of a tool; None if it is not pinned."""
        split = split_name(name)
        if split is None or name not in self.names:
            return None
        pins = self.lock.servers.get(split[0])
        return None if pins is None else pins.tools.get(split[1])

    def _function(self, name: str) -> RemoteFunction:
        from compound.model.gateway.journal import StateJournal
        from compound.tool.remote import RemoteFunction

        split = split_name(name)
        if split is None or name not in self.names:
            raise ProjectError("project.unknown-tool", f"no tool {name!r}", fix=choices(self.names, name))
        server, tool = split
        pin = self.pin_of(name)
        declared, pins = self._server(server), self.lock.servers.get(server)
        if pins is not None and pins.target != declared.target:
            raise ProjectError("mcp.moved", _moved(server), fix=f"compound tools pin {server}")
        if pin is None:
            raise ProjectError("mcp.not-pinned", f"{name} was never pinned", fix=f"compound tools pin {server}")
        if server not in self._connections:
            self._connections[server] = self._connection(server, declared, pins)
        return RemoteFunction(name, tool, pin, self._connections[server], journal=StateJournal(self._resources.state))

    def _connection(self, name: str, server: McpServer, pins: PinnedServer | None) -> McpConnection:
        from compound.connector.mcp.connection import McpConnection

        settings = self._resources.settings
        return McpConnection(name, server, root=settings.root, pins=pins, log=settings.home / "mcp" / f"{name}.log")

    @cached_property
    def _functions(self) -> dict[str, RemoteFunction]:
        return {}

    @cached_property
    def _connections(self) -> dict[str, McpConnection]:
        return {}


def _moved(server: str) -> str:
    return f"MCP server {server} has another program or address than when it was pinned"
