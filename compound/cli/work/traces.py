"""`traces`: recorded runs, node by node."""

from __future__ import annotations

from typing import Annotated

import typer

from compound.cli.output import Json, Profile, console, note, print_json, print_rows, print_table, say

app = typer.Typer(help="Read the traces of past runs.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_runs(
    *, limit: Annotated[int, typer.Option("--limit", min=1)] = 20, profile: Profile = None, json: Json = False
) -> None:
    """List recorded runs, the newest first."""
    from compound.project import Project
    from compound.project.view.trees import trace_row

    rows = Project.open(profile=profile).traces().list_runs(limit=limit)
    if json:
        print_json(rows)
        return
    if not rows:
        note("no runs recorded yet; `compound run` and `compound batch` record them")
        return
    shown = [trace_row(row) for row in rows]
    columns = ["run", "of", "graph", "status", "ago", "ms", "spans", "usd"]
    if not any(row[-1] for row in shown):
        columns, shown = columns[:-1], [row[:-1] for row in shown]
    print_table(
        f"newest {len(rows)} runs",
        columns,
        shown,
        right=["ago", "ms", "spans", "usd"],
        short=["graph", "run", "of"],
    )


@app.command()
def show(
    run: Annotated[str, typer.Argument(help="Id of a run or a prefix of it, or the id of its item or case.")],
    *,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Show one run as a tree of spans."""
    from compound.project import Project
    from compound.project.view.trees import trace_document, trace_tree

    store = Project.open(profile=profile).traces()
    tree = trace_tree(store, run)
    if json:
        print_json(trace_document(store, tree))
        return
    say(tree.text(console().width))
    say(f"\ninputs, outputs and pins: compound traces show {tree.run_id[:12]} --json")


@app.command()
def sql(
    query: Annotated[
        str, typer.Argument(help="One SELECT over spans, traces, runs, node_stats, scores, scores_wide, blobs.")
    ],
    *,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Query the traces in SQL (DuckDB, read-only)."""
    from compound.project import Project

    result = Project.open(profile=profile).traces().sql(query)
    if json:
        print_json([dict(zip(result.columns, row, strict=True)) for row in result.rows])
        return
    print_rows(result.columns, result.rows)
