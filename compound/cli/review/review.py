"""`review`: read and decide the reviews that wait for a person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli.output import Json, Profile, User, note, print_json, print_table, say, user_name, visible, wrapped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import JsonValue

    from compound.project import Decided, ReviewView
    from compound.project.review.shown import ReviewRow
    from compound.review import ReviewFilter

app = typer.Typer(
    help="List, claim and decide the reviews that wait for a person.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

ReviewId = Annotated[
    str, typer.Argument(metavar="REVIEW", help="Id of the review or a prefix of it, or the id of the source item.")
]
Version = Annotated[
    int | None,
    typer.Option("--version", help="The version you read; refused if the review has changed since."),
]
Note = Annotated[str, typer.Option("--note", help="Free text, stored with the decision.")]
Fields = Annotated[
    list[str] | None,
    typer.Option("--field", help="A field of the action: NAME=VALUE or NAME=@FILE; repeatable."),
]
Minutes = Annotated[float, typer.Option("--minutes", min=0.1, help="Length of the lease, in minutes.")]
Queue = Annotated[str | None, typer.Option("--queue", help="Only reviews in this queue.")]
Statuses = Annotated[
    list[str] | None, typer.Option("--status", help="pending, in_review, stale, decided, ...; repeatable.")
]
Ready = Annotated[
    bool | None,
    typer.Option("--ready/--needs-a-look", help="Only drafts whose `auto` rule holds, or does not hold."),
]


@app.command("list")
def list_items(
    *,
    status: Statuses = None,
    queue: Queue = None,
    item: Annotated[str | None, typer.Option("--item", help="Only reviews of this source item.")] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Only reviews you hold.")] = False,
    ready: Ready = None,
    all_items: Annotated[bool, typer.Option("--all", help="Include decided reviews.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1)] = 50,
    offset: Annotated[int, typer.Option("--offset", min=0, help="Skip the first N reviews.")] = 0,
    user: User = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """List reviews: due first, then by risk, then oldest first."""
    from compound.project import Project

    service = Project.open(profile=profile).reviews()
    where = _filter(status, all_items=all_items, queue=queue, item=item, holder=user_name(user) if mine else None)
    items = service.list(_page(where, limit, offset, ready))
    if json:
        print_json(items)
        return
    if not items:
        note("no open reviews" if not (status or all_items) else "no review matches")
        return
    _say_items(items)
    counts = ", ".join(f"{number} {name}" for name, number in sorted(service.counts().items()))
    say(f"in the queue: {counts or 'nothing'}")
    if unfinished := service.open_resumes():
        note(f"{len(unfinished)} decided reviews are not resumed yet: compound review resume")


_AGE = len("59 s")
"""Width of the column of ages: the table looks the same while a review is younger than a minute."""


def _say_items(items: Sequence[ReviewRow]) -> None:
    left_out = print_table(
        f"{len(items)} review{'s' * (len(items) != 1)}",
        ["review", "item", "asked by", "status", "draft", "age", "subject", "why a person"],
        [
            (
                i.short_id,
                i.item_id,
                i.asked_by,
                f"{i.status} ({i.held_by})" if i.held_by else i.status,
                i.draft_state,
                i.age.rjust(_AGE),
                i.subject,
                _why(i.reasons),
            )
            for i in items
        ],
        right=["age"],
        short=["asked by", "subject", "why a person"],
        spare=["asked by", "age", "draft", "why a person", "item"],
    )
    if left_out:
        note(f"hidden in this narrow terminal: {', '.join(left_out)} (--json has them)")


def _filter(
    status: list[str] | None, *, all_items: bool, queue: str | None, item: str | None, holder: str | None
) -> ReviewFilter:
    from compound.errors import DataError, choices
    from compound.review import ReviewFilter, Status
    from compound.review.stored.machine import UNDECIDED

    known = [one.value for one in Status]
    for name in status or ():
        if name not in known:
            raise DataError("review.unknown-status", f"{name!r} is not a status", fix=choices(known, name))
    statuses = tuple(Status(name) for name in status or ()) or (() if all_items else tuple(UNDECIDED))
    return ReviewFilter(statuses=statuses, queue=queue, item_id=item, user=holder)


def _page(where: ReviewFilter, limit: int, offset: int, ready: bool | None) -> ReviewFilter:
    from dataclasses import replace

    return replace(where, limit=limit, offset=offset, ready=ready)


@app.command()
def show(review: ReviewId, *, profile: Profile = None, json: Json = False) -> None:
    """Show one review: its draft, the effects of each action, its evidence and its decisions."""
    from compound.project import Project

    show_view(Project.open(profile=profile).reviews().show(review, to=user_name(None)), json=json)


@app.command("next")
def next_item(
    *, queue: Queue = None, minutes: Minutes = 15, user: User = None, profile: Profile = None, json: Json = False
) -> None:
    """Claim the most urgent unclaimed review and show it."""
    from compound.project import Project

    service = Project.open(profile=profile).reviews()
    found = service.claim_next(user=user_name(user), queue=queue, lease_s=60 * minutes)
    if found is None and not json:
        say("no unclaimed reviews")
    else:
        show_view(found, json=json)


@app.command()
def claim(
    review: ReviewId,
    *,
    minutes: Minutes = 15,
    takeover: Annotated[
        bool, typer.Option("--takeover", help="Take over the lease of another user; recorded in the audit log.")
    ] = False,
    user: User = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Claim a review, so that nobody else can decide it, and show it."""
    from compound.project import Project

    service = Project.open(profile=profile).reviews()
    show_view(service.claim(review, user=user_name(user), lease_s=60 * minutes, takeover=takeover), json=json)


@app.command()
def release(review: ReviewId, *, user: User = None, profile: Profile = None, json: Json = False) -> None:
    """Release a review that you hold."""
    from compound.project import Project

    released = Project.open(profile=profile).reviews().release(review, user=user_name(user))
    if json:
        print_json(released)
    else:
        say(f"review {released.review_id[:10]} is {released.status}")


@app.command()
def decide(
    review: ReviewId,
    action: Annotated[str, typer.Argument(help="An action that the review offers; `show` lists them.")],
    *,
    field: Fields = None,
    note: Note = "",
    user: User = None,
    version: Version = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Decide a review: one of its actions with its fields; `show` lists the effects of each action."""
    _decide(review, action, field or [], {}, note=note, user=user, version=version, profile=profile, json=json)


@app.command()
def approve(
    review: ReviewId,
    *,
    field: Fields = None,
    note: Note = "",
    user: User = None,
    version: Version = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Approve the draft; its effects run once."""
    _decide(review, "approve", field or [], {}, note=note, user=user, version=version, profile=profile, json=json)


@app.command()
def edit(
    review: ReviewId,
    *,
    text: Annotated[str | None, typer.Option("--text", help="The field `text`: the text to send instead.")] = None,
    text_file: Annotated[Path | None, typer.Option("--text-file", exists=True, help="File with the text.")] = None,
    draft: Annotated[
        int | None, typer.Option("--draft", help="Use the text of an earlier draft, by its number in `show`.")
    ] = None,
    actions: Annotated[
        str | None,
        typer.Option("--actions", help="The field `actions` as a JSON list; you can change arguments, not names."),
    ] = None,
    field: Fields = None,
    note: Note = "",
    user: User = None,
    version: Version = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Edit fields of the draft and approve the result; the edited draft is checked first."""
    from compound.project import Project

    given: dict[str, JsonValue] = {}
    if draft is not None:
        given |= Project.open(profile=profile).reviews().draft_fields(review, draft)
    if text is not None:
        given["text"] = text
    if text_file is not None:
        given["text"] = text_file.read_text(encoding="utf-8")
    if actions is not None:
        given["actions"] = _json("--actions", actions)
    _decide(review, "edit", field or [], given, note=note, user=user, version=version, profile=profile, json=json)


@app.command()
def reject(
    review: ReviewId,
    *,
    reason: Annotated[
        str | None, typer.Option("--reason", help="The field `reason`, if the review requires one.")
    ] = None,
    field: Fields = None,
    note: Note = "",
    user: User = None,
    version: Version = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Reject the draft; no effect runs."""
    given: dict[str, JsonValue] = {} if reason is None else {"reason": reason}
    _decide(review, "reject", field or [], given, note=note, user=user, version=version, profile=profile, json=json)


def _decide(
    review: str,
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
    fields = {**given, **service.fields(review, action, written)}
    try:
        decided = service.decide(review, action, user=user_name(user), version=version, fields=fields, note=note)
    except ConflictError as error:
        if error.code == "review.drafted-again" and not json:
            show_view(service.show(review), json=False)
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
    review: ReviewId,
    *,
    note: Note = "",
    user: User = None,
    version: Version = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Escalate: open a new review with the same draft in the next level's queue."""
    from compound.project import Project

    service = Project.open(profile=profile).reviews()
    show_decided(service.decide(review, "escalate", user=user_name(user), version=version, note=note), json=json)


@app.command()
def redraft(review: ReviewId, *, user: User = None, profile: Profile = None, json: Json = False) -> None:
    """Draft a stale review again from current data; a person decides the new draft."""
    from compound.project import Project

    show_view(Project.open(profile=profile).reviews().redraft(review, user=user_name(user)), json=json)


@app.command()
def resume(
    item: Annotated[
        str | None, typer.Argument(help="One review; default: every decided review that is not resumed yet.")
    ] = None,
    *,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Resume decided reviews whose process ended or whose effects failed temporarily."""
    from compound.project import Project

    service = Project.open(profile=profile).reviews()
    ended = [service.resume(named) for named in ([item] if item else service.open_resumes())]
    if json:
        print_json(ended)
    elif not ended:
        say("every decided review is resumed")
    for one in [] if json else ended:
        say(visible(f"review {one.review_id[:10]}: {one.text()}"))
    if not all(one.ok for one in ended):
        raise typer.Exit(1)


def show_view(shown: ReviewView | None, *, json: bool) -> None:
    """Print a review for a person or a program."""
    if json or shown is None:
        print_json(shown)
    else:
        say(wrapped(visible(shown.text())))


def _why(reasons: Sequence[str]) -> str:
    more = f" (+{len(reasons) - 1})" if len(reasons) > 1 else ""
    return f"{' '.join(reasons[0].split())[:60]}{more}" if reasons else ""


def show_decided(decided: Decided, *, json: bool) -> None:
    """Print the outcome of a decision."""
    if json:
        print_json(decided)
    else:
        say(visible(decided.text()))
    if not decided.ok:
        raise typer.Exit(1)
