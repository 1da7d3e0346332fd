"""`replay`: a recorded run once more, without paying for what did not change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli._output import Json, Model, Profile, print_json, print_table, say

if TYPE_CHECKING:
    from pydantic import JsonValue


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(replay)


def replay(
    run: Annotated[str, typer.Argument(help="A run, as `compound traces list` shows it.")],
    *,
    fresh: Annotated[
        bool,
        typer.Option("--fresh/--pinned", help="Only model calls from the recording; else every unchanged node."),
    ] = False,
    swap: Annotated[
        list[str] | None,
        typer.Option("--swap", help="node=JSON or node=@file: this value in place of the node's; may be repeated."),
    ] = None,
    profile: Profile = None,
    model: Model = None,
    json: Json = False,
) -> None:
    """Run a recorded run again through the graph as it is now; nothing takes effect."""
    from compound.project import Project

    swaps = dict(_swap(one) for one in swap or [])
    project = Project.open(profile=profile, model=model)
    result = project.replay(run, mode="fresh" if fresh else "pinned", swaps=swaps)
    if json:
        print_json(result.to_json())
    else:
        rows = [(name, source, "changed" if name in result.changed else "") for name, source in result.sources.items()]
        print_table(f"replay of {run}: {result.run.status}", ["node", "value", ""], rows)
        if result.stopped_at:
            say(f"stopped at {', '.join(result.stopped_at)}: not in the recording, and a replay never acts")
    if result.run.status == "failed":
        raise typer.Exit(1)


def _swap(text: str) -> tuple[str, JsonValue]:
    import orjson

    name, mark, value = text.partition("=")
    if not mark or not name:
        raise typer.BadParameter(f"{text!r} is not node=JSON", param_hint="--swap")
    try:
        raw = Path(value[1:]).read_bytes() if value.startswith("@") else value.encode()
        return name, orjson.loads(raw)
    except (OSError, orjson.JSONDecodeError) as error:
        raise typer.BadParameter(f"{name}: {error}", param_hint="--swap") from None
