"""`review`: what waits for a person, and what that person decides."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli._output import Json, Profile, note, print_json, print_table, say, visible, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compound.project import Decided, ItemView
    from compound.review import ItemFilter

app = typer.Typer(
    help="Read what waits for a person; hold, approve, edit, reject it; draft it again.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Item = Annotated[str, typer.Argument(help="The item's id, the beginning of it, or the ticket's id.")]
User = Annotated[str | None, typer.Option("--user", help="Who you are; COMPOUND_USER or the login name when absent.")]
Version = Annotated[
    int | None,
    typer.Option("--version", help="The version you read; refused if the item has changed since."),
]
Note = Annotated[str, typer.Option("--note", help="Free words for those who read the decision later.")]
Minutes = Annotated[float, typer.Option("--minutes", min=0.1, help="How long you hold it.")]
Queue = Annotated[str | None, typer.Option("--queue", help="Only items of this queue.")]


def who(user: str | None) -> str:
    """Who decides: the option, COMPOUND_USER, or the login name."""
    return user or os.environ.get("COMPOUND_USER") or getpass.getuser()


@app.command("list")
def list_items(
    *,
    status: Annotated[
        list[str] | None, typer.Option("--status", help="pending, in_review, stale, decided, ...; may be given twice.")
    ] = None,
    queue: Queue = None,
    ticket: Annotated[str | None, typer.Option("--ticket", help="Only items of this ticket.")] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Only items you hold.")] = False,
    ready: Annotated[
        bool | None,
        typer.Option("--ready/--needs-a-look", help="Only drafts for which the `auto` rule holds, or does not."),
    ] = None,
    all_items: Annotated[bool, typer.Option("--all", help="Decided ones too.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1)] = 50,
    offset: Annotated[int, typer.Option("--offset", min=0, help="Leave out the first so many.")] = 0,
    user: User = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """List the items of the queue: due first, then the riskiest, then the oldest."""
    from compound.project import Project

    service = Project.open(profile=profile).reviews()
    where = _filter(status, all_items=all_items, queue=queue, ticket=ticket, holder=who(user) if mine else None)
    items = service.list(_page(where, limit, offset, ready))
    if json:
        print_json(items)
        return
    if not items:
        note("nothing waits for a person" if not (status or all_items) else "there is no such item")
        return
    print_table(
        f"{len(items)} item{'s' * (len(items) != 1)}",
        ["item", "ticket", "status", "draft", "age", "subject", "why a person"],
        [
            (
                i.short_id,
                i.ticket_id,
                f"{i.status} ({i.held_by})" if i.held_by else i.status,
                i.draft_state,
                i.age,
                i.subject,
                _why(i.reasons),
            )
            for i in items
        ],
        right=["age"],
        short=["subject", "why a person"],
    )
    counts = ", ".join(f"{number} {name}" for name, number in sorted(service.counts().items()))
    say(f"in the queue: {counts or 'nothing'}")
    if unfinished := service.open_resumes():
        note(f"{len(unfinished)} decided items have not gone on: compound review resume")


def _filter(
    status: list[str] | None, *, all_items: bool, queue: str | None, ticket: str | None, holder: str | None
) -> ItemFilter:
    from compound.errors import DataError, choices
    from compound.review import UNDECIDED, ItemFilter, Status

    known = [one.value for one in Status]
    for name in status or ():
        if name not in known:
            raise DataError("review.unknown-status", f"no status {name!r}", fix=choices(known, name))
    statuses = tuple(Status(name) for name in status or ()) or (() if all_items else tuple(UNDECIDED))
    return ItemFilter(statuses=statuses, queue=queue, ticket_id=ticket, user=holder)


def _page(where: ItemFilter, limit: int, offset: int, ready: bool | None) -> ItemFilter:
    from dataclasses import replace

    return replace(where, limit=limit, offset=offset, ready=ready)


@app.command()
def show(item: Item, *, profile: Profile = None, json: Json = False) -> None:
    """Show one item: the ticket, the draft, the proposed actions, the evidence and what was decided."""
    from compound.project import Project

    _view(Project.open(profile=profile).reviews().show(item), json=json)


@app.command("next")
def next_item(
    *, queue: Queue = None, minutes: Minutes = 15, user: User = None, profile: Profile = None, json: Json = False
) -> None:
    """Hold the most urgent item that nobody holds, and show it."""
    from compound.project import Project

    service = Project.open(profile=profile).reviews()
    found = service.claim_next(user=who(user), queue=queue, lease_s=60 * minutes)
    if found is None and not json:
        say("nothing waits that nobody holds")
    else:
        _view(found, json=json)


@app.command()
def claim(
    item: Item,
    *,
    minutes: Minutes = 15,
    takeover: Annotated[bool, typer.Option("--takeover", help="Also from who holds it; the audit log tells.")] = False,
    user: User = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Hold an item, so that nobody else decides it meanwhile, and show it."""
    from compound.project import Project

    service = Project.open(profile=profile).reviews()
    _view(service.claim(item, user=who(user), lease_s=60 * minutes, takeover=takeover), json=json)


@app.command()
def release(item: Item, *, user: User = None, profile: Profile = None, json: Json = False) -> None:
    """Give an item back that you hold."""
    from compound.project import Project

    released = Project.open(profile=profile).reviews().release(item, user=who(user))
    if json:
        print_json(released)
    else:
        say(f"item {released.item_id[:10]} is {released.status}")


@app.command()
def approve(
    item: Item,
    *,
    note: Note = "",
    user: User = None,
    version: Version = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Approve the draft as it is; the actions are done and the reply is sent, once."""
    from compound.project import Project

    service = Project.open(profile=profile).reviews()
    _tell(service.decide(item, "approve", user=who(user), version=version, note=note), json=json)


@app.command()
def edit(
    item: Item,
    *,
    text: Annotated[str | None, typer.Option("--text", help="The reply to send instead.")] = None,
    text_file: Annotated[Path | None, typer.Option("--text-file", exists=True, help="A file with the reply.")] = None,
    draft: Annotated[
        int | None, typer.Option("--draft", help="The text of an earlier draft; `show` numbers them.")
    ] = None,
    actions: Annotated[
        str | None,
        typer.Option("--actions", help="The actions as a JSON list; tools cannot be changed, arguments can."),
    ] = None,
    note: Note = "",
    user: User = None,
    version: Version = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Change the reply or the arguments of actions, and approve the result."""
    from compound.project import Project, edits_of

    service = Project.open(profile=profile).reviews()
    words = service.draft_text(item, draft) if draft is not None else text
    edits = edits_of(text=text_file.read_text(encoding="utf-8") if text_file else words, actions=actions)
    _tell(service.decide(item, "edit", user=who(user), version=version, edits=edits, note=note), json=json)


@app.command()
def reject(
    item: Item,
    *,
    reason: Annotated[str, typer.Option("--reason", help="wrong_fact, unsupported, policy, tone or other.")],
    note: Note = "",
    user: User = None,
    version: Version = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Reject the draft: nothing is done, nothing is sent."""
    from compound.project import Project

    service = Project.open(profile=profile).reviews()
    _tell(service.decide(item, "reject", user=who(user), version=version, reason=reason, note=note), json=json)


@app.command()
def escalate(
    item: Item,
    *,
    note: Note = "",
    user: User = None,
    version: Version = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Leave the decision to the next level: a new item with the same draft waits for somebody senior."""
    from compound.project import Project

    service = Project.open(profile=profile).reviews()
    _tell(service.decide(item, "escalate", user=who(user), version=version, note=note), json=json)


@app.command()
def redraft(item: Item, *, user: User = None, profile: Profile = None, json: Json = False) -> None:
    """Draft a stale item again, with the facts as they are now; a person decides the new draft."""
    from compound.project import Project

    _view(Project.open(profile=profile).reviews().redraft(item, user=who(user)), json=json)


@app.command()
def resume(
    item: Annotated[str | None, typer.Argument(help="One item; every one that has not gone on when absent.")] = None,
    *,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Go on with decided items whose process ended, or whose effects met a trouble that is over."""
    from compound.project import Project

    service = Project.open(profile=profile).reviews()
    ended = [service.resume(named) for named in ([item] if item else service.open_resumes())]
    if json:
        print_json(ended)
    elif not ended:
        say("every decided item has gone on")
    for one in [] if json else ended:
        say(visible(f"item {one.item_id[:10]}: {one.text()}"))
    if not all(one.ok for one in ended):
        raise typer.Exit(1)


def _view(shown: ItemView | None, *, json: bool) -> None:
    if json or shown is None:
        print_json(shown)
    else:
        say(wrapped(visible(shown.text())))


def _why(reasons: Sequence[str]) -> str:
    more = f" (+{len(reasons) - 1})" if len(reasons) > 1 else ""
    return f"{' '.join(reasons[0].split())[:60]}{more}" if reasons else ""


def _tell(decided: Decided, *, json: bool) -> None:
    if json:
        print_json(decided)
    else:
        say(visible(decided.text()))
    if not decided.ok:
        raise typer.Exit(1)
