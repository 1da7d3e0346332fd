"""`mcp`, `langgraph`: serve graphs to other programs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, cast

import typer

from compound.cli.output import Json, Model, Profile, note, print_json, say

if TYPE_CHECKING:
    from pydantic import JsonValue


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(mcp)
    app.command()(langgraph)


def mcp(
    graphs: Annotated[list[str] | None, typer.Argument(help="Graphs in graphs/; default: all.")] = None,
    *,
    http: Annotated[
        bool, typer.Option("--http", help="Streamable HTTP on 127.0.0.1 instead of standard input.")
    ] = False,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="With --http; 0 picks a free port.")] = 8765,
    no_token: Annotated[bool, typer.Option("--no-token", help="With --http: accept requests without a token.")] = False,
    context: Annotated[str | None, typer.Option("--context", help="The `context` of every run, as JSON.")] = None,
    profile: Profile = None,
    model: Model = None,
) -> None:
    """Serve graphs as the tools of an MCP server.

    A graph that reaches a review returns `waiting_review` and its items instead of blocking. HTTP requests need the
    bearer token in COMPOUND_MCP_TOKEN, unless --no-token is given.
    """
    import anyio

    from compound.project import Project
    from compound.project.serve.mcp_transport import serve_http, serve_stdio

    given = _context(context)
    project = Project.open(profile=profile, model=model)
    try:
        if http:
            ready = partial(_say_ready, graphs or project.graph_names())
            serve = partial(serve_http, project, graphs or [], port=port, context=given, needs_token=not no_token)
            anyio.run(partial(serve, on_ready=ready))
        else:
            anyio.run(partial(serve_stdio, project, graphs or [], context=given))
    finally:
        project.close()


def langgraph(
    graphs: Annotated[list[str] | None, typer.Argument(help="Graphs in graphs/; default: all.")] = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing files.")] = False,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Write langgraph.json so that `langgraph dev` and Studio can run this project's graphs."""
    from compound.project import Project
    from compound.project.serve.langgraph import write_langgraph

    written = write_langgraph(Project.open(profile=profile), graphs or [], force=force)
    if json:
        print_json({"written": [path.name for path in written]})
    else:
        say(f"wrote {', '.join(path.name for path in written)}; next: langgraph dev --allow-blocking")


def _say_ready(graphs: list[str], address: str) -> None:
    note(f"serving {', '.join(graphs)} at {address}")


def _context(text: str | None) -> dict[str, JsonValue]:
    import orjson

    from compound.errors import DataError

    try:
        found = orjson.loads(text or "{}")
    except orjson.JSONDecodeError as error:
        raise DataError("mcp.bad-context", f"--context is not JSON: {error}", fix='write {"name": "value"}') from error
    if not isinstance(found, dict):
        raise DataError("mcp.bad-context", "--context is not a JSON object", fix='write {"name": "value"}')
    return cast("dict[str, JsonValue]", found)
