"""`store`: the rows of record stores."""

from __future__ import annotations

from typing import Annotated

import typer

from compound.cli.output import Json, Profile, print_json, print_table

app = typer.Typer(
    help="Show the rows of record stores, which effects change.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def of_stores() -> None:
    """Show the rows of record stores, which effects change."""


@app.command()
def rows(
    name: Annotated[str, typer.Argument(help="A record store: the name of its file in connectors/.")],
    table: Annotated[str | None, typer.Argument(help="A table of it; default: all.")] = None,
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Only the first N rows of a table.")] = 20,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Show rows in the order of their keys; nothing is changed."""
    from compound.project import Project

    found = Project.open(profile=profile).store_rows(name, table, limit=limit)
    if json:
        print_json(found)
        return
    for shown, some in found.items():
        columns = list(some[0]) if some else ["no rows"]
        print_table(f"{name}.{shown}", columns, [[row[column] for column in columns] for row in some])
