"""`review`: what waits for a person, and what that person decides."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli._output import Json, Profile, note, print_json, print_table, say, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compound.project import Decided

app = typer.Typer(
    help="Read what waits for a person; approve, edit or reject it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Item = Annotated[str, typer.Argument(help="The item's id, or the beginning of it.")]
User = Annotated[str | None, typer.Option("--user", help="Who decides; the login name when absent.")]
Version = Annotated[
    int | None,
    typer.Option("--version", help="The version you read; refused if the item has changed since."),
]


def _user(user: str | None) -> str:
    return user or os.environ.get("COMPOUND_USER") or getpass.getuser()


@app.command("list")
def list_items(
    *,
    status: Annotated[str | None, typer.Option("--status", help="pending, in_review, stale, decided, ...")] = None,
    all_items: Annotated[bool, typer.Option("--all", help="Decided ones too.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1)] = 50,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """List the items of the queue, the oldest first."""
    from compound.project import Project

    items = Project.open(profile=profile).reviews().list(status=status, include_decided=all_items, limit=limit)
    if json:
        print_json(items)
        return
    if not items:
        note("nothing waits for a person" if not (status or all_items) else "there is no such item")
        return
    print_table(
        f"{len(items)} item{'s' * (len(items) != 1)}",
        ["item", "ticket", "status", "age", "subject", "why a person"],
        [(i.short_id, i.ticket_id, i.status, i.age, i.subject, _why(i.reasons)) for i in items],
        right=["age"],
        short=["subject", "why a person"],
    )


@app.command()
def show(item: Item, *, profile: Profile = None, json: Json = False) -> None:
    """Show one item: the ticket, the draft, the proposed actions and the evidence."""
    from compound.project import Project

    shown = Project.open(profile=profile).reviews().show(item)
    if json:
        print_json(shown)
        return
    say(wrapped(shown.text()))
    if shown.is_open:
        say(f"\nnext: compound review approve|edit|reject {shown.item_id[:10]} --version {shown.version}")


@app.command()
def approve(
    item: Item, *, user: User = None, version: Version = None, profile: Profile = None, json: Json = False
) -> None:
    """Approve the draft as it is; the actions are done and the reply is sent, once."""
    from compound.project import Project

    _tell(
        Project.open(profile=profile).reviews().decide(item, "approve", user=_user(user), version=version),
        json=json,
    )


@app.command()
def edit(
    item: Item,
    *,
    text: Annotated[str | None, typer.Option("--text", help="The reply to send instead.")] = None,
    text_file: Annotated[Path | None, typer.Option("--text-file", exists=True, help="A file with the reply.")] = None,
    actions: Annotated[
        str | None,
        typer.Option("--actions", help="The actions as a JSON list; tools cannot be changed, arguments can."),
    ] = None,
    user: User = None,
    version: Version = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Change the reply or the arguments of actions, and approve the result."""
    from compound.project import Project, edits_of

    edits = edits_of(text=text_file.read_text(encoding="utf-8") if text_file else text, actions=actions)
    service = Project.open(profile=profile).reviews()
    _tell(service.decide(item, "edit", user=_user(user), version=version, edits=edits), json=json)


@app.command()
def reject(
    item: Item,
    *,
    reason: Annotated[str, typer.Option("--reason", help="wrong_fact, unsupported, policy, tone or other.")],
    user: User = None,
    version: Version = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Reject the draft: nothing is done, nothing is sent."""
    from compound.project import Project

    service = Project.open(profile=profile).reviews()
    _tell(service.decide(item, "reject", user=_user(user), version=version, reason=reason), json=json)


def _why(reasons: Sequence[str]) -> str:
    more = f" (+{len(reasons) - 1})" if len(reasons) > 1 else ""
    return f"{' '.join(reasons[0].split())[:60]}{more}" if reasons else ""


def _tell(decided: Decided, *, json: bool) -> None:
    if json:
        print_json(decided)
    else:
        say(decided.text())
    if not decided.ok:
        raise typer.Exit(1)
