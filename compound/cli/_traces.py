"""`traces`: what happened, node by node."""

from __future__ import annotations

from typing import Annotated

import typer

from compound.cli._output import Json, Profile, print_json, print_table, say

app = typer.Typer(help="Read the traces of past runs.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_runs(
    *, limit: Annotated[int, typer.Option("--limit", min=1)] = 20, profile: Profile = None, json: Json = False
) -> None:
    """List recorded runs, the newest first."""
    from compound.project import Project

    rows = Project.open(profile=profile).traces().list_runs(limit=limit)
    if json:
        print_json(rows)
        return
    columns = list(rows[0]) if rows else ["run_id"]
    print_table(f"{len(rows)} runs", columns, [list(row.values()) for row in rows])


@app.command()
def show(
    run: Annotated[str, typer.Argument(help="A run id or trace id, or the beginning of one.")],
    *,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Show one run as a tree of spans."""
    from compound.project import Project, trace_tree

    tree = trace_tree(Project.open(profile=profile).traces(), run)
    if json:
        print_json(tree.spans)
        return
    say(tree.text())


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="One SELECT over spans, traces, node_stats, scores_wide, blobs.")],
    *,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Ask the traces in SQL (DuckDB, read-only)."""
    from compound.project import Project

    result = Project.open(profile=profile).traces().sql(query)
    if json:
        print_json([dict(zip(result.columns, row, strict=True)) for row in result.rows])
        return
    print_table("", result.columns, result.rows)
