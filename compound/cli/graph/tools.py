"""`tools`: tools that graphs can call, and pins of MCP tools."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli.output import Json, Profile, note, print_json, print_table, say

if TYPE_CHECKING:
    from compound.connector.mcp import PinReport

app = typer.Typer(
    help="List the tools that graphs can call; pin the tools of MCP servers.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_tools(*, profile: Profile = None, json: Json = False) -> None:
    """List every tool: Python functions, SQL, and the pinned tools of MCP servers."""
    from compound.project import Project

    tools = Project.open(profile=profile).tools()
    if json:
        print_json(tools)
        return
    print_table(
        f"{len(tools)} tools",
        ["tool", "kind", "inputs", "description", "verified by"],
        [
            (tool.name, tool.kind, ", ".join(tool.inputs), _short(tool.description), _short(tool.verified))
            for tool in tools
        ],
    )


@app.command()
def pin(
    servers: Annotated[list[str] | None, typer.Argument(help="Servers in connectors/mcp.yaml; default: all.")] = None,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 if a tool differs from its pin.")
    ] = False,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Read the allowed tools of MCP servers and pin their current definitions in connectors/mcp.lock.json."""
    from compound.project import Project

    reports = Project.open(profile=profile).pin_tools(servers or [], write=not check)
    if json:
        print_json(reports)
    else:
        for report in reports:
            _show(report)
    if check and not all(report.is_same for report in reports):
        raise typer.Exit(1)


def _short(text: str) -> str:
    return shorten(text, 80, placeholder=" …")


def _show(report: PinReport) -> None:
    print_table(
        f"MCP server {report.server}",
        ["tool", "", "what changed", "current description"],
        [(one.tool, one.status, "; ".join(one.what), one.description) for one in report.changes],
    )
    if report.is_moved:
        note(f"{report.server}: its program or address changed since it was pinned")
    if report.others:
        say(f"offered by the server, not allowed in connectors/mcp.yaml: {', '.join(report.others)}")
