"""`batches`: what batches did, and requests to those that run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli.output import Json, Model, Profile, User, note, print_json, print_table, say, user_name, visible
from compound.cli.work.batch import progress, tell

if TYPE_CHECKING:
    from compound.project.batches.views import BatchView

app = typer.Typer(
    help="List, show, pause, resume, retry and cancel batches.", no_args_is_help=True, rich_markup_mode=None
)

Batch = Annotated[str, typer.Argument(help="Id of the batch, or a prefix of it; `list` shows them.")]
Why = Annotated[str, typer.Option("--note", help="Why, in your words; shown with the batch.")]

STATUSES = {"dead_letters": "complete, with dead letters"}
"""Status to its words, where they differ."""


@app.command("list")
def list_batches(
    *, limit: Annotated[int, typer.Option("--limit", min=1)] = 20, profile: Profile = None, json: Json = False
) -> None:
    """List batches, the one that changed last first."""
    from compound.project import Project

    rows = Project.open(profile=profile).batches().list(limit=limit)
    if json:
        print_json(rows)
        return
    if not rows:
        note("no batches yet; `compound batch` runs one")
        return
    columns = ["batch", "graph", "source", "started", "status", "items", "done", "waiting", "failed", "left"]
    cells = [
        (
            row.job_id[:10],
            row.graph,
            row.source,
            row.started_at[:16].replace("T", " "),
            STATUSES.get(row.status, row.status),
            row.total,
            row.done,
            row.waiting,
            row.failed,
            row.running + row.left,
        )
        for row in rows
    ]
    title = f"{len(rows)} batch{'es' * (len(rows) != 1)}"
    print_table(title, columns, cells, right=columns[5:], short=["source", "graph"], spare=["started", "graph"])


@app.command()
def show(
    batch: Annotated[
        str | None, typer.Argument(help="Id of the batch, or a prefix of it; default: the one that changed last.")
    ] = None,
    *,
    error: Annotated[str | None, typer.Option("--error", help="Only dead letters with this error code.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most dead letters.")] = 20,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Show a batch: progress, rate, time left, cost, errors by class, dead letters with cause and cure."""
    from compound.project import Project

    service = Project.open(profile=profile).batches()
    newest = [] if batch else service.list(limit=1)
    if not batch and not newest:
        note("no batches yet; `compound batch` runs one")
        return
    view = service.show(batch or newest[0].job_id, code=error, letters=limit)
    if json:
        print_json(view)
        return
    for line in _lines(view):
        say(visible(line))
    if view.errors:
        say("")
        print_table("errors", ["error", "items"], [(one["code"], one["items"]) for one in view.errors], right=["items"])
    for letter in view.letters:
        place = "" if letter.file is None else f"{letter.file}:{letter.line or 0}: "
        say(visible(f"dead letter {letter.item_id}: {place}{letter.what or 'removed by retention'} [{letter.code}]"))
        retry = f"compound batches retry {view.job_id[:8]} {letter.item_id}"
        say(visible(f"  fix: {letter.fix or 'try it again'}{f'; then {retry}' if letter.can_retry else ''}"))
    if view.more_letters is not None:
        note("... and more; --limit shows them")


@app.command()
def pause(batch: Batch, *, why: Why = "", user: User = None, profile: Profile = None, json: Json = False) -> None:
    """Pause a batch that runs: items in flight finish, no further item starts until `resume`."""
    from compound.project import Project

    service = Project.open(profile=profile).batches()
    service.pause(batch, user=user_name(user), note=why)
    if json:
        print_json({"job_id": service.find(batch), "status": "pausing"})
        return
    note(f"batch {service.find(batch)[:8]} pauses after its items in flight; compound batches resume continues it")


@app.command()
def resume(
    batch: Batch, *, user: User = None, profile: Profile = None, model: Model = None, json: Json = False
) -> None:
    """Continue a batch: a paused one in its process, any other one here, with the options of its last start."""
    from compound.project import Project

    project = Project.open(profile=profile, model=model)
    service = project.batches()
    if service.proceed(batch, user=user_name(user)):
        if json:
            print_json({"job_id": service.find(batch), "status": "running"})
        else:
            note(f"batch {service.find(batch)[:8]} continues in its process")
        return
    with progress(show=not json) as on_event:
        summary = service.run(batch, on_event=on_event)
    tell(summary, json=json)


@app.command()
def retry(
    batch: Batch,
    items: Annotated[
        list[str] | None, typer.Argument(help="Ids of dead letters or cancelled items; default: every dead letter.")
    ] = None,
    *,
    user: User = None,
    profile: Profile = None,
    model: Model = None,
    json: Json = False,
) -> None:
    """Try dead letters again: in the process that runs the batch, else here, with all that is left of it."""
    from compound.project import Project

    project = Project.open(profile=profile, model=model)
    service = project.batches()
    count, is_running = service.retry(batch, user=user_name(user), items=items or None)
    if is_running:
        if json:
            print_json({"job_id": service.find(batch), "status": "running", "retried": count})
        else:
            note(f"{count} item{'s' * (count != 1)} will be run by the process that runs the batch")
        return
    with progress(show=not json) as on_event:
        summary = service.run(batch, on_event=on_event)
    tell(summary, json=json)


@app.command()
def cancel(batch: Batch, *, why: Why = "", user: User = None, profile: Profile = None, json: Json = False) -> None:
    """Cancel a batch: items in flight finish, drafts that wait for people stay, the others are not run."""
    from compound.project import Project

    service = Project.open(profile=profile).batches()
    is_running = service.cancel(batch, user=user_name(user), note=why)
    job_id = service.find(batch)
    if json:
        print_json({"job_id": job_id, "status": "cancelling" if is_running else "cancelled"})
        return
    note(f"batch {job_id[:8]} {'stops after its items in flight' if is_running else 'is cancelled'}")
    note(f"  compound batches resume {job_id[:8]} continues it")


def _lines(view: BatchView) -> list[str]:
    by = (
        f" by {view.asked_by}"
        if view.asked_by and view.status in ("pausing", "paused", "cancelling", "cancelled")
        else ""
    )
    said = f" ({view.note})" if view.note and by else ""
    parts = [
        f"{count} {name}"
        for name, count in (
            ("done", view.done),
            ("waiting for people", view.waiting),
            ("running", view.running),
            ("failed", view.failed),
            ("cancelled in review", view.cancelled),
            ("left", view.left),
        )
        if count
    ]
    lines = [
        f"batch {view.job_id}: {STATUSES.get(view.status, view.status)}{by}{said}",
        f"graph {view.graph} over {view.source}, started {view.started_at}",
        f"{view.total} items: {', '.join(parts) or 'none'}",
    ]
    if view.run_by:
        lines.append(f"run by {view.run_by}")
    if view.rate_per_s is not None:
        low, high = view.rate_low or 0.0, view.rate_high or 0.0
        lines.append(
            f"rate: {view.rate_per_s:.2f} items/s ({low:.2f} to {high:.2f}; {view.rate_method}, n {view.rate_n})"
        )
        latest = "no upper end" if view.eta_high_s is None else lasting(view.eta_high_s)
        lines.append(f"time left: {lasting(view.eta_s or 0.0)} ({lasting(view.eta_low_s or 0.0)} to {latest})")
    elif view.status == "running":
        lines.append("rate: absent, too few items are settled")
    lines.append(f"model calls: {view.calls}, {_cost(view)}")
    return lines


def _cost(view: BatchView) -> str:
    more = f" and {view.unknown_costs} of unknown cost" if view.unknown_costs else ""
    budget = "no budget" if view.budget_usd is None else f"of at most {view.budget_usd:.2f} USD"
    return f"{view.cost_usd:.4f} USD{more}, {budget}"


def lasting(seconds: float) -> str:
    """A length of time for a person: `45 s`, `12 min`, `3 h 20 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
