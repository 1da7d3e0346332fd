"""`batch`: a backlog as one job."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli._output import Json, Model, Profile, console, note, print_json, print_table, say

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextlib import AbstractContextManager

    from compound.batch import BatchEvent, BatchSummary


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(batch)


def batch(
    graph: Annotated[
        str | None, typer.Argument(help="A graph of graphs/; the project's own when none is named.")
    ] = None,
    *,
    source: Annotated[
        str,
        typer.Option("--from", help="`desk` (the profile's tickets), a JSONL file, a Delta table or a folder."),
    ] = "desk",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only the first so many tickets.")] = None,
    concurrency: Annotated[int, typer.Option("--concurrency", "-c", min=1, help="Tickets in flight.")] = 8,
    accept_changes: Annotated[
        bool, typer.Option("--accept-changes", help="Go on although the graph changed since the batch began.")
    ] = False,
    retry_dead: Annotated[bool, typer.Option("--retry-dead", help="Give dead letters another attempt.")] = False,
    restart: Annotated[bool, typer.Option("--restart", help="Forget where the batch stood and begin again.")] = False,
    profile: Profile = None,
    model: Model = None,
    json: Json = False,
) -> None:
    """Run every ticket of a backlog; the same command again goes on where it stopped.

    Exit code: 0 complete, 3 with dead letters, 5 stopped before the end.
    """
    from compound.batch import BatchOptions
    from compound.project import Project

    options = BatchOptions(
        concurrency=concurrency,
        limit=limit,
        accept_changes=accept_changes,
        retry_dead=retry_dead,
        restart=restart,
    )
    project = Project.open(profile=profile, model=model)
    with progress(show=not json) as on_event:
        summary = project.batch(graph, source, options, on_event=on_event)
    if json:
        print_json(summary)
    else:
        show_summary(summary)
    if summary.exit_code:
        raise typer.Exit(summary.exit_code)


def progress(*, show: bool) -> AbstractContextManager[Callable[[BatchEvent], None]]:
    """A bar on standard error: done, in flight, lanes, tickets a second, time left."""
    from contextlib import contextmanager

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    @contextmanager
    def bar() -> Generator[Callable[[BatchEvent], None]]:
        counts: dict[str, int] = {}
        columns = (
            TextColumn("tickets"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[lanes]}"),
            TimeRemainingColumn(),
        )
        shown = Progress(*columns, console=console(stderr=True), disable=not show)
        task = shown.add_task("tickets", total=None, lanes="")
        try:

            def on_event(event: BatchEvent) -> None:
                if event.kind == "settled":
                    name = event.lane or event.status.value
                    counts[name] = counts.get(name, 0) + 1
                shown.start()  # not before: an error comes without an empty bar
                lanes = " ".join(f"{name} {count}" for name, count in sorted(counts.items()))
                shown.update(task, total=event.total, completed=event.settled, lanes=lanes)

            yield on_event
        finally:
            shown.stop()

    return bar()


def show_summary(summary: BatchSummary) -> None:
    """What a batch did, for a person."""
    rate = summary.tickets_per_second
    print_table(
        f"batch {summary.job_id}",
        ["status", "tickets"],
        sorted(summary.counts.items()),
        right=["tickets"],
    )
    lanes = ", ".join(f"{name} {count}" for name, count in sorted(summary.lanes.items())) or "none"
    say(f"lanes: {lanes}")
    speed = f"{rate:.1f} tickets a second" if rate else "nothing was left to run"
    say(f"ran {summary.ran} tickets in {summary.seconds:.1f} s: {speed}")
    if summary.dead:
        for ticket_id, what in summary.dead[:10]:
            note(f"dead letter {ticket_id}: {what}")
        file = os.path.relpath(summary.dead_letter_file or "")
        note(f"{len(summary.dead)} dead letter(s) in {file}; --retry-dead tries again")
    if summary.stopped:
        note("stopped before the end; the same command goes on")
