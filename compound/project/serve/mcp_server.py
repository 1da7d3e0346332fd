"""Serves graphs of a project as tools of an MCP server.

A graph is one tool: its `input` is the arguments, its `output` the structured result. A run that waits for a person
returns at once with its reviews, and the tool `run-status` returns its final state later. Reviews cannot be
decided through MCP.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import anyio
import orjson

from compound.errors import CompoundError, DataError, ProjectError, RunError, choices
from compound.graph.planning.interface import interface
from compound.language.schema import closed_record, nullable
from compound.project.offer.catalogue import ProjectCatalogue
from compound.version import VERSION

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext
    from mcp.server.lowlevel import Server
    from mcp.types import CallToolRequestParams, CallToolResult, ListToolsResult, PaginatedRequestParams, Tool
    from pydantic import JsonValue

    from compound.graph import Engine, RunResult
    from compound.graph.planning.interface import Interface
    from compound.project.running.opened import OpenedProject

    Request = ServerRequestContext[Any, Any]

STATUS_TOOL: Final = "run-status"
"""Cannot clash with graphs, whose names have no hyphen."""
MAX_CALLS: Final = 16
"""Maximum number of concurrent runs; further calls wait."""
_STATUS: Final[dict[str, JsonValue]] = {"enum": ["done", "waiting_review", "running", "failed"]}
_TEXT: Final[dict[str, JsonValue]] = {"type": "string"}


@asynccontextmanager
async def graph_server(
    project: OpenedProject, names: Sequence[str], *, context: Mapping[str, JsonValue] | None = None
) -> AsyncGenerator[Server[Any]]:
    """An MCP server whose tools are graphs; the graphs are open inside the block.

    Args:
        project: The project.
        names: Graphs; default: all.
        context: The `context` of every run. Set by the server, never by a caller.

    Raises:
        ProjectError: a graph is unknown or has errors; ``mcp.needs-context``; ``mcp.driver``.
    """
    from compound.connector.mcp.transport import require_mcp
    from compound.language import InvalidFile

    require_mcp()
    wanted = list(names) or project.graph_names()
    findings = [finding for finding in project.check(wanted) if finding.severity == "error"]
    if findings:
        raise InvalidFile(findings)
    catalogue = ProjectCatalogue(project.resources)
    async with AsyncExitStack() as exits:
        served: dict[str, _Served] = {}
        for name in wanted:
            engine = await exits.enter_async_context(project.engine(name))
            served[engine.spec.name] = _Served(engine, interface(engine.plan, catalogue), context or {})
        yield _GraphTools(project, served).server()


class _Served:
    """A graph served as a tool."""

    def __init__(self, engine: Engine, outside: Interface, context: Mapping[str, JsonValue]) -> None:
        missing = [name for name in outside.needs_context if name not in context]
        if missing:
            what = f"the graph {outside.name} needs context: {', '.join(missing)}"
            fix = f"""pass --context '{{"{missing[0]}": ...}}'; callers cannot set it"""
            raise ProjectError("mcp.needs-context", what, fix=fix)
        self.engine = engine
        self.outside = outside
        known = engine.spec.context
        self._context = {name: value for name, value in context.items() if name in known}

    def tool(self) -> Tool:
        """The graph's tool definition."""
        from mcp.types import Tool, ToolAnnotations

        outside = self.outside
        words = outside.description or f"Run the graph {outside.name}."
        if outside.has_reviews:
            words += (
                f" A person may have to decide first: the result then has status waiting_review; ask {STATUS_TOOL}."
            )
        hints = ToolAnnotations(
            read_only_hint=not outside.has_effects,
            destructive_hint=outside.has_effects,
            idempotent_hint=not outside.has_effects,
        )
        output = outside.output_schema()
        return Tool(
            name=outside.name,
            description=words,
            input_schema=outside.input_schema(),
            output_schema=_envelope(output) if outside.has_reviews else output,
            annotations=hints,
        )

    async def call(self, arguments: Mapping[str, JsonValue]) -> CallToolResult:
        """Run the graph."""
        run_id = uuid4().hex
        result = await self.engine.run(arguments, run_id=run_id, context=self._context)
        if result.error is not None:
            raise result.error
        return self._answer(result)

    def _answer(self, result: RunResult) -> CallToolResult:
        output = None if result.output is None else dict(result.output)
        if not self.outside.has_reviews:
            return _told(output, run_id=result.run_id)
        status, items = result.status, list(result.review_ids)
        return _told({"status": status, "run_id": result.run_id, "review_ids": items, "output": output}, result.run_id)


class _GraphTools:
    """The handlers of the server."""

    def __init__(self, project: OpenedProject, served: Mapping[str, _Served]) -> None:
        self._project = project
        self._served = served
        self._tools = [one.tool() for one in served.values()]
        if any(one.outside.has_reviews for one in served.values()):
            self._tools.append(_status_tool())
        self._limit = anyio.CapacityLimiter(MAX_CALLS)

    def server(self) -> Server[Any]:
        """The server, to be run by a transport."""
        from mcp.server.lowlevel import Server

        return Server(
            "compound",
            version=VERSION,
            title=self._project.settings.name,
            instructions="Each tool runs a declared graph. Reviews are decided by people, outside of this server.",
            on_list_tools=self._list,
            on_call_tool=self._call,
        )

    async def _list(self, _request: Request, _params: PaginatedRequestParams | None) -> ListToolsResult:
        from mcp.types import ListToolsResult

        return ListToolsResult(tools=self._tools)

    async def _call(self, _request: Request, params: CallToolRequestParams) -> CallToolResult:
        from mcp import MCPError
        from mcp.types import INVALID_PARAMS

        arguments = params.arguments or {}
        known = [tool.name for tool in self._tools]
        if params.name not in known:
            raise MCPError(INVALID_PARAMS, f"tool {params.name!r} does not exist; {choices(known, params.name)}")
        try:
            if params.name == STATUS_TOOL:
                return self._status(arguments)
            async with self._limit:
                return await self._served[params.name].call(arguments)
        except CompoundError as error:
            return _failed(error)

    def _status(self, arguments: Mapping[str, JsonValue]) -> CallToolResult:
        run_id = str(arguments.get("run_id") or "")
        found = self._project.run_record(run_id)
        if found is None or found.graph_name not in self._served:
            raise DataError("graph.unknown-run", f"run {run_id!r} is not a run of a served graph")
        if found.status == "failed":
            error = found.error or {}
            raise RunError(str(error.get("code") or "graph.failed"), str(error.get("what") or "the run failed"))
        output = None if found.output is None else dict(found.output)
        items = self._project.waiting_items(run_id) if found.status == "waiting_review" else []
        return _told({"status": found.status, "run_id": run_id, "review_ids": items, "output": output}, run_id)


def _status_tool() -> Tool:
    from mcp.types import Tool, ToolAnnotations

    return Tool(
        name=STATUS_TOOL,
        description="The status of a run that waited for a person, and its output once it is done.",
        input_schema=closed_record({"run_id": _TEXT}),
        output_schema=_envelope({"type": "object"}),
        annotations=ToolAnnotations(read_only_hint=True),
    )


def _envelope(output: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The result type of a graph that may wait for a person."""
    items: dict[str, JsonValue] = {"type": "array", "items": _TEXT}
    return closed_record({"status": _STATUS, "run_id": _TEXT, "review_ids": items, "output": nullable(output)})


def _told(value: object, run_id: str) -> CallToolResult:
    from mcp.types import CallToolResult, TextContent

    # For clients without structured results.
    text = TextContent(type="text", text=orjson.dumps(value).decode())
    return CallToolResult(content=[text], structured_content=value, _meta={"compound/run_id": run_id})


def _failed(error: CompoundError) -> CallToolResult:
    from mcp.types import CallToolResult, TextContent

    text = TextContent(type="text", text=str(error))
    return CallToolResult(content=[text], is_error=True, _meta={"compound/error": error.to_json()})
