"""`specialists`: trained versions, their certificates, and the version in production."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from compound.cli.output import Json, Profile, note, print_json, print_table, say

app = typer.Typer(help="List, promote and roll back trained specialists.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(help="A specialist of the project, such as `intent`.")]


@app.command("list")
def list_versions(
    name: Annotated[str | None, typer.Argument(help="A specialist; default: all.")] = None,
    *,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """List trained versions with their certificates, newest first."""
    from compound.project import Project
    from compound.project.view.trees import ago

    rows = Project.open(profile=profile).specialists(name)
    if json:
        print_json(rows)
        return
    if not rows:
        note("no trained versions yet; run `compound train NAME`")
        return
    print_table(
        "specialists",
        ["specialist", "version", "is", "trained", "certificate"],
        [
            (
                row.name,
                row.version,
                ", ".join(row.aliases),
                f"{ago(time.time() - row.trained_at)} ago",
                "cannot be read" if row.certificate is None else row.certificate.sentence(),
            )
            for row in rows
        ],
    )


@app.command()
def promote(
    name: Name,
    version: Annotated[str | None, typer.Argument(help="A version or a prefix of one; default: the newest.")] = None,
    *,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Promote a version to production, whatever it certifies; `rollback` undoes it."""
    from compound.project import Project

    _tell(name, Project.open(profile=profile).promote(name, version), json=json)


@app.command()
def rollback(name: Name, *, profile: Profile = None, json: Json = False) -> None:
    """Restore the previous production version."""
    from compound.project import Project

    _tell(name, Project.open(profile=profile).rollback(name), json=json)


def _tell(name: str, version: str, *, json: bool) -> None:
    if json:
        print_json({"name": name, "production": version})
    else:
        say(f"{name}@production is {version}")
