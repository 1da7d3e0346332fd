"""A tool of an MCP server for graphs: with pinned description and schemas, and journalled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from compound.language.sha import sha
from compound.model import ModelResponse
from compound.model.call.types import CallKey
from compound.model.gateway.journal import Journal, MemoryJournal
from compound.trace.active import ActiveSpan, child

if TYPE_CHECKING:
    from langchain_core.tools import StructuredTool
    from pydantic import JsonValue

    from compound.spec.mcp_file import PinnedTool

PROVIDER = "mcp"
_TEXT: Mapping[str, JsonValue] = {"type": "string"}


class Caller(Protocol):
    """A connection to a server; `compound.connector.mcp.connection.McpConnection` is one."""

    async def call(self, tool: str, arguments: Mapping[str, JsonValue]) -> JsonValue:
        """Call a tool of the server, if it still matches its pin."""
        ...


class RemoteFunction:
    """A pinned tool of an MCP server.

    A call inside a graph has a key: its answer is journalled before the graph continues, and the same call after a
    crash is answered from the journal. Failed calls are not journalled.

    Attributes:
        name: Name in graph files: `mcp.<server>.<tool>`.
        description: The pinned description, the only one that models see.
    """

    def __init__(
        self, name: str, tool: str, pin: PinnedTool, server: Caller, *, journal: Journal | None = None
    ) -> None:
        self.name = name
        self.description = pin.description
        self._tool = tool
        self._pin = pin
        self._server = server
        self._journal = journal or MemoryJournal()

    @property
    def params_schema(self) -> Mapping[str, JsonValue]:
        """JSON schema of the inputs, as pinned."""
        return self._pin.input_schema

    @property
    def output_schema(self) -> Mapping[str, JsonValue]:
        """JSON schema of the value, as pinned; text if the tool declares none."""
        return _TEXT if self._pin.output_schema is None else self._pin.output_schema

    async def __call__(self, inputs: Mapping[str, JsonValue], /) -> JsonValue:
        """Call it outside of a run; not journalled."""
        with self._span() as span:
            span.set(cached_result=False)
            return await self._server.call(self._tool, inputs)

    async def keyed(self, inputs: Mapping[str, JsonValue], *, call: CallKey) -> JsonValue:
        """Call it once for this key and these inputs."""
        asked = self._hash(inputs)
        with self._span() as span:
            found = self._journal.find(call, asked)
            span.set(cached_result=found is not None)
            if found is not None:
                return found.data
            value = await self._server.call(self._tool, inputs)
            self._journal.record(call, asked, ModelResponse(data=value, provider=PROVIDER, model=self.name))
            return value

    def to_langchain(self) -> StructuredTool:
        """The tool as a LangChain tool."""
        from compound.tool.structured import structured

        return structured(self.name.replace(".", "_"), self.description, self.params_schema, self)

    def _hash(self, inputs: Mapping[str, JsonValue]) -> str:
        import orjson

        # The pin is part of the key: answers under another description or schema are not reused.
        asked = {"tool": self.name, "pin": self._pin.sha256, "inputs": dict(inputs)}
        return sha(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS))

    def _span(self) -> ActiveSpan:
        return child(f"execute_tool {self.name}", kind="tool", provider=PROVIDER)
