"""`replay`: run a recorded run again and pay only for what changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli.output import Json, Model, Profile, print_json, print_table, say

if TYPE_CHECKING:
    from pydantic import JsonValue


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(replay)


def replay(
    run: Annotated[str, typer.Argument(help="Id of a run; `compound traces list` shows ids.")],
    *,
    fresh: Annotated[
        bool,
        typer.Option("--fresh/--pinned", help="Reuse only recorded model calls; --pinned reuses every unchanged node."),
    ] = False,
    swap: Annotated[
        list[str] | None,
        typer.Option("--swap", help="Replace a node's value: node=JSON or node=@file; repeatable."),
    ] = None,
    profile: Profile = None,
    model: Model = None,
    json: Json = False,
) -> None:
    """Replay a recorded run through the current graph; no effect runs."""
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
            say(f"stopped at {', '.join(result.stopped_at)}: not in the recording, and a replay never runs effects")
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
