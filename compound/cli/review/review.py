"""`review`: what waits for a person, and what that person decides."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli._output import Json, Profile, note, print_json, print_table, say, visible, wrapped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import JsonValue

    from compound.project import Decided, ItemView
    from compound.review import ItemFilter

app = typer.Typer(
    help="Read what waits for a person; hold it, decide it as it offers; draft it again.",
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
Fields = Annotated[
    list[str] | None,
    typer.Option("--field", help="A field of the action, NAME=VALUE or NAME=@FILE; may be given several times."),
]
Minutes = Annotated[float, typer.Option("--minutes", min=0.1, help="How long you hold it.")]
Queue = Annotated[str | None, typer.Option("--queue", help="Only items of this queue.")]


def user_name(user: str | None) -> str:
    """Who acts: `--user`, `COMPOUND_USER`, or the login name."""
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
    offset: Annotated[int, typer.Option("--offset", min=0, help="Leave out this many items at the start.")] = 0,
    user: User = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """List the items of the queue: due first, then the riskiest, then the oldest."""
    from compound.project import Project

    service = Project.open(profile=profile).reviews()
    where = _filter(status, all_items=all_items, queue=queue, ticket=ticket, holder=user_name(user) if mine else None)
    items = service.list(_page(where, limit, offset, ready))
    if json:
        print_json(items)
        return
    if not items:
        note("nothing waits for a person" if not (status or all_items) else "there is no such item")
        return
    left_out = print_table(
        f"{len(items)} item{'s' * (len(items) != 1)}",
        ["item", "ticket", "asked by", "status", "draft", "age", "subject", "why a person"],
        [
            (
                i.short_id,
                i.ticket_id,
                i.asked_by,
                f"{i.status} ({i.held_by})" if i.held_by else i.status,
                i.draft_state,
                i.age,
                i.subject,
                _why(i.reasons),
            )
            for i in items
        ],
        right=["age"],
        short=["asked by", "subject", "why a person"],
        spare=["asked by", "age", "draft", "why a person", "ticket"],
    )
    if left_out:
        note(f"not shown in so narrow a terminal: {', '.join(left_out)} (--json has them)")
    counts = ", ".join(f"{number} {name}" for name, number in sorted(service.counts().items()))
    say(f"in the queue: {counts or 'nothing'}")
    if unfinished := service.open_resumes():
        note(f"{len(unfinished)} decided items have not gone on: compound review resume")


def _filter(
    status: list[str] | None, *, all_items: bool, queue: str | None, ticket: str | None, holder: str | None
) -> ItemFilter:
    from compound.errors import DataError, choices
    from compound.review import ItemFilter, Status
    from compound.review.item.machine import UNDECIDED

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
    """Show one item: what was asked, what each decision does, the evidence and what was decided."""
    from compound.project import Project

    show_view(Project.open(profile=profile).reviews().show(item), json=json)


@app.command("next")
def next_item(
    *, queue: Queue = None, minutes: Minutes = 15, user: User = None, profile: Profile = None, json: Json = False
) -> None:
    """Hold the most urgent item that nobody holds, and show it."""
    from compound.project import Project

    service = Project.open(profile=profile).reviews()
    found = service.claim_next(user=user_name(user), queue=queue, lease_s=60 * minutes)
    if found is None and not json:
        say("nothing waits that nobody holds")
    else:
        show_view(found, json=json)


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
    show_view(service.claim(item, user=user_name(user), lease_s=60 * minutes, takeover=takeover), json=json)


@app.command()
def release(item: Item, *, user: User = None, profile: Profile = None, json: Json = False) -> None:
    """Give an item back that you hold."""
    from compound.project import Project

    released = Project.open(profile=profile).reviews().release(item, user=user_name(user))
    if json:
        print_json(released)
    else:
        say(f"item {released.item_id[:10]} is {released.status}")


@app.command()
def decide(
    item: Item,
    action: Annotated[str, typer.Argument(help="An action that the item offers; `show` names them.")],
    *,
    field: Fields = None,
    note: Note = "",
    user: User = None,
    version: Version = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Decide as the item offers: an action with its fields; what it does, `show` says before."""
    _decide(item, action, field or [], {}, note=note, user=user, version=version, profile=profile, json=json)


@app.command()
def approve(
    item: Item,
    *,
    field: Fields = None,
    note: Note = "",
    user: User = None,
    version: Version = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Approve what is shown; it is done, once."""
    _decide(item, "approve", field or [], {}, note=note, user=user, version=version, profile=profile, json=json)


@app.command()
def edit(
    item: Item,
    *,
    text: Annotated[str | None, typer.Option("--text", help="The field `text`: what to send instead.")] = None,
    text_file: Annotated[Path | None, typer.Option("--text-file", exists=True, help="A file with the text.")] = None,
    draft: Annotated[
        int | None, typer.Option("--draft", help="The text of an earlier draft; `show` numbers them.")
    ] = None,
    actions: Annotated[
        str | None,
        typer.Option("--actions", help="The field `actions`, a JSON list; arguments can be changed, names cannot."),
    ] = None,
    field: Fields = None,
    note: Note = "",
    user: User = None,
    version: Version = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Change fields of what is shown, and approve the result; what the change leads to is checked before."""
    from compound.project import Project

    given: dict[str, JsonValue] = {}
    if draft is not None:
        given |= Project.open(profile=profile).reviews().draft_fields(item, draft)
    if text is not None:
        given["text"] = text
    if text_file is not None:
        given["text"] = text_file.read_text(encoding="utf-8")
    if actions is not None:
        given["actions"] = _json("--actions", actions)
    _decide(item, "edit", field or [], given, note=note, user=user, version=version, profile=profile, json=json)


@app.command()
def reject(
    item: Item,
    *,
    reason: Annotated[
        str | None, typer.Option("--reason", help="The field `reason`, where the item's review asks for one.")
    ] = None,
    field: Fields = None,
    note: Note = "",
    user: User = None,
    version: Version = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Reject what is shown: nothing is done, nothing is sent."""
    given: dict[str, JsonValue] = {} if reason is None else {"reason": reason}
    _decide(item, "reject", field or [], given, note=note, user=user, version=version, profile=profile, json=json)


def _decide(
    item: str,
    action: str,
    written: Sequence[str],
    given: Mapping[str, JsonValue],
    *,
    note: str,
    user: str | None,
    version: int | None,
    profile: str | None,
    json: bool,
) -> None:
    from compound.errors import ConflictError
    from compound.project import Project

    service = Project.open(profile=profile).reviews()
    fields = {**given, **service.fields(item, action, written)}
    try:
        decided = service.decide(item, action, user=user_name(user), version=version, fields=fields, note=note)
    except ConflictError as error:
        if error.code == "review.drafted-again" and not json:
            show_view(service.show(item), json=False)
        raise
    show_decided(decided, json=json)


def _json(option: str, text: str) -> JsonValue:
    import orjson

    from compound.errors import DataError

    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        what = f"{option} is not JSON: {error}"
        raise DataError("review.bad-edit", what, fix="a list of {name, arguments}") from error


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
    show_decided(service.decide(item, "escalate", user=user_name(user), version=version, note=note), json=json)


@app.command()
def redraft(item: Item, *, user: User = None, profile: Profile = None, json: Json = False) -> None:
    """Draft a stale item again, with the facts as they are now; a person decides the new draft."""
    from compound.project import Project

    show_view(Project.open(profile=profile).reviews().redraft(item, user=user_name(user)), json=json)


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


def show_view(shown: ItemView | None, *, json: bool) -> None:
    """Print an item for a person or a program."""
    if json or shown is None:
        print_json(shown)
    else:
        say(wrapped(visible(shown.text())))


def _why(reasons: Sequence[str]) -> str:
    more = f" (+{len(reasons) - 1})" if len(reasons) > 1 else ""
    return f"{' '.join(reasons[0].split())[:60]}{more}" if reasons else ""


def show_decided(decided: Decided, *, json: bool) -> None:
    """Print what came of a decision."""
    if json:
        print_json(decided)
    else:
        say(visible(decided.text()))
    if not decided.ok:
        raise typer.Exit(1)
