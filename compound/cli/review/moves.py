"""`review undo|snooze|wake|return|cancel|sweep`: moves of a review other than decisions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from compound.cli.output import Json, Profile, note, print_json, say
from compound.cli.review.review import Note, ReviewId, User, Version, app, show_decided, show_view, user_name


@app.command()
def undo(review: ReviewId, *, user: User = None, profile: Profile = None, json: Json = False) -> None:
    """Undo a decision before its effects run; you then hold the review."""
    from compound.project import Project

    show_view(Project.open(profile=profile).reviews().undo(review, user=user_name(user)), json=json)


@app.command()
def snooze(
    review: ReviewId,
    *,
    time: Annotated[str | None, typer.Option("--for", help="Duration: 30m, 2h, 1d.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="End time, UTC: 2026-01-31T09:00.")] = None,
    user: User = None,
    version: Version = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Snooze a review; it returns to the queue at the given time."""
    from compound.project import Project

    if (time is None) == (until is None):
        raise typer.BadParameter("give --for or --until", param_hint="--for")
    service = Project.open(profile=profile).reviews()
    at = _after(time, service.queue.now()) if time is not None else _moment(until or "")
    show_view(service.snooze(review, user=user_name(user), until=at, version=version), json=json)


def _after(text: str, now: float) -> float:
    from compound.errors import DataError
    from compound.spec.words import parse_duration

    try:
        return now + parse_duration(text)
    except ValueError as error:
        raise DataError("review.bad-time", str(error), fix="--for 2h") from None


def _moment(text: str) -> float:
    from compound.errors import DataError

    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise DataError("review.bad-time", f"{text!r} is not a time", fix="--until 2026-01-31T09:00") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


@app.command()
def wake(review: ReviewId, *, user: User = None, profile: Profile = None, json: Json = False) -> None:
    """Return a snoozed review to the queue now."""
    from compound.project import Project

    show_view(Project.open(profile=profile).reviews().wake(review, user=user_name(user)), json=json)


@app.command("return")
def return_item(
    review: ReviewId,
    *,
    instruction: Annotated[
        str, typer.Option("--instruction", help="What to change; the graph reads it as `$run.instruction`.")
    ],
    user: User = None,
    version: Version = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Send a draft back to the graph, which drafts again with your instruction; no effect runs."""
    from compound.project import Project

    service = Project.open(profile=profile).reviews()
    returned = service.decide(
        review, "return", user=user_name(user), version=version, reason="instruction", note=instruction
    )
    show_decided(returned, json=json)


@app.command()
def comment(
    review: ReviewId,
    text: Annotated[str, typer.Argument(help="The comment; customers and models do not see it.")],
    *,
    user: User = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Comment on a review for other people."""
    from compound.project import Project

    show_view(Project.open(profile=profile).reviews().comment(review, text, user=user_name(user)), json=json)


@app.command()
def assign(
    review: ReviewId,
    *,
    to: Annotated[str | None, typer.Option("--to", help="The person who should decide it.")] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="Anybody may decide it again.")] = False,
    user: User = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Say who should decide a review; `next` of other people then leaves it out."""
    from compound.project import Project

    if (to is None) != nobody:
        raise typer.BadParameter("give --to or --nobody", param_hint="--to")
    show_view(Project.open(profile=profile).reviews().assign(review, user=user_name(user), to=to or ""), json=json)


@app.command()
def cancel(
    review: ReviewId, *, note: Note = "", user: User = None, profile: Profile = None, json: Json = False
) -> None:
    """Withdraw a review and cancel its run; effects that already ran are not reversed."""
    from compound.project import Project

    show_view(Project.open(profile=profile).reviews().cancel(review, user=user_name(user), reason=note), json=json)


@app.command()
def sweep(*, profile: Profile = None, json: Json = False) -> None:
    """Run everything that is due: escalate, remind, close, wake; resume decisions whose undo time has passed."""
    from dataclasses import fields

    from compound.project import Project

    done = Project.open(profile=profile).reviews().sweep()
    if json:
        print_json(done)
        return
    told = [(one.name, getattr(done, one.name)) for one in fields(done)]
    for name, items in told:
        for one in items:
            say(f"{one[:10]} {name}")
    if not any(items for _, items in told):
        say("nothing is due")


@app.command()
def audit(
    *,
    head: Annotated[
        str | None, typer.Option("--head", help="A head that was printed before and kept elsewhere.")
    ] = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Verify that nobody changed the audit log; print its head, to be kept elsewhere.

    Exit code: 0 if every row follows from the one before, else 1.
    """
    from dataclasses import asdict

    from compound.project import Project

    report = Project.open(profile=profile).reviews().queue.verify_audit(expected_head=head)
    if json:
        print_json(asdict(report))
    elif report.ok:
        say(f"{report.rows} rows, each follows from the one before")
        say(f"head: {report.head}")
    else:
        note(f"row {report.broken_at}: {report.problem}" if report.broken_at else report.problem)
    if not report.ok:
        raise typer.Exit(1)
