"""`effects`: list effects and reconcile those with an unknown outcome."""

from __future__ import annotations

from typing import Annotated

import typer

from compound.cli.output import Json, Profile, User, note, print_json, print_table, say, user_name, visible

app = typer.Typer(
    help="List effects; reconcile an effect whose outcome is unknown.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_effects(
    *,
    status: Annotated[
        list[str] | None, typer.Option("--status", help="scheduled, sent, refused, failed, unknown, ...; repeatable.")
    ] = None,
    run: Annotated[str | None, typer.Option("--run", help="Only effects of this run.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1)] = 50,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """List effects, the newest first."""
    from compound.project import Project

    found = Project.open(profile=profile).effects().list(statuses=status or (), run_id=run, limit=limit)
    if json:
        print_json(found)
        return
    if not found:
        note("no effect matches" if status or run else "no effects yet")
        return
    print_table(
        f"{len(found)} effect{'s' * (len(found) != 1)}",
        ["key", "effect", "target", "status", "review", "why"],
        [(one.key[:12], one.effect, one.target, one.status, one.review_id[:10], one.error) for one in found],
        short=["effect", "why"],
    )
    for one in found:
        if one.status == "unknown":
            note(f"check whether {one.key[:12]} happened, then: {one.next}")


@app.command()
def reconcile(
    key: Annotated[str, typer.Argument(help="Key of the effect, or a prefix of it.")],
    *,
    sent: Annotated[bool, typer.Option("--sent", help="It happened.")] = False,
    not_sent: Annotated[bool, typer.Option("--not-sent", help="It did not happen; retry it.")] = False,
    words: Annotated[str, typer.Option("--note", help="What you saw.")] = "",
    user: User = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Record whether an effect with an unknown outcome happened; check its target first."""
    from compound.project import Project

    if sent == not_sent:
        raise typer.BadParameter("give --sent or --not-sent", param_hint="--sent")
    service = Project.open(profile=profile).effects()
    found = service.reconcile(key, happened=sent, user=user_name(user), note=words)
    if json:
        print_json(found)
        return
    for one in found:
        say(visible(f"{one.effect} ({one.key[:12]}) is {one.status}"))
    item = next((one.review_id for one in found if one.review_id), "")
    if item:
        say(f"next: compound review resume {item[:10]}")
