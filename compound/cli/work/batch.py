"""`batch`: run a whole source as one job."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli.output import Context, Json, Model, Profile, console, note, print_json, print_table, say, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextlib import AbstractContextManager

    from compound.batch import BatchEvent, BatchSummary, DeadLetter


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(batch)


GraphName = Annotated[str | None, typer.Argument(help="A graph in graphs/; default: the project's graph.")]
Source = Annotated[
    str | None,
    typer.Option(
        "--from",
        help="A mailbox of the project, by default its only one; a JSONL, CSV or Parquet file; a Delta table or a "
        'folder; "sql:SELECT ..." over the lakehouse; `module:function` in the project.',
    ),
]
To = Annotated[
    Path | None,
    typer.Option("--to", help="Write results to *.jsonl, *.parquet, or the folder of a Delta table."),
]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Only the first N items.")]
Concurrency = Annotated[int, typer.Option("--concurrency", "-c", min=1, help="Items that run at the same time.")]
AcceptChanges = Annotated[
    bool,
    typer.Option(
        "--accept-changes",
        help="Continue although the graph or its context changed; run items again whose content changed.",
    ),
]
RetryDead = Annotated[bool, typer.Option("--retry-dead", help="Retry dead letters.")]
RetryCancelled = Annotated[bool, typer.Option("--retry-cancelled", help="Run items again whose runs were cancelled.")]
Resume = Annotated[
    bool, typer.Option("--resume", help="Continue a batch that was cancelled; fails if there is no batch to continue.")
]
Restart = Annotated[
    bool, typer.Option("--restart", help="Start the batch from the beginning; answered items are not run again.")
]
Again = Annotated[bool, typer.Option("--again", help="Also run items that another batch or run has answered.")]
StopAfter = Annotated[
    int | None,
    typer.Option(
        "--stop-after",
        min=0,
        help="Stop after N items in a row failed because a provider, record store or mailbox is down; 0: never.",
    ),
]


def batch(
    graph: GraphName = None,
    *,
    source: Source = None,
    to: To = None,
    limit: Limit = None,
    concurrency: Concurrency = 8,
    accept_changes: AcceptChanges = False,
    retry_dead: RetryDead = False,
    retry_cancelled: RetryCancelled = False,
    resume: Resume = False,
    restart: Restart = False,
    again: Again = False,
    stop_after: StopAfter = None,
    context: Context = None,
    profile: Profile = None,
    model: Model = None,
    json: Json = False,
) -> None:
    """Run a graph on every item of a source; the same command resumes where it stopped.

    The columns of the source are the graph's inputs; `id` identifies a row. An item that cannot be read, or whose run
    fails, becomes a dead letter; the others continue. Items that another batch or `compound run` has answered are
    skipped.

    Exit code: 0 complete, 1 failed, 3 complete with dead letters, 5 stopped or cancelled before the end, 6 another
    process runs it or a person cancelled it, 7 stopped because a provider, record store or mailbox is down.
    """
    from compound.batch import BatchOptions
    from compound.project import Project

    project = Project.open(profile=profile, model=model)
    settings = project.settings.batch
    options = BatchOptions(
        concurrency=concurrency,
        limit=limit,
        accept_changes=accept_changes,
        retry_dead=retry_dead,
        retry_cancelled=retry_cancelled,
        resume=resume,
        restart=restart,
        again=again,
        retries=settings.retries,
        stop_after=settings.stop_after_failures if stop_after is None else stop_after,
    )
    given = project.context(graph, context or [])
    with progress(show=not json) as on_event:
        summary = project.batch(graph, source, options, to=to, context=given, on_event=on_event)
    tell(summary, json=json)


def tell(summary: BatchSummary, *, json: bool) -> None:
    """Print the summary of a batch, and exit with its code."""
    if json:
        print_json(summary)
    else:
        show_summary(summary)
    if summary.exit_code:
        raise typer.Exit(summary.exit_code)


def progress(*, show: bool) -> AbstractContextManager[Callable[[BatchEvent], None]]:
    """A progress bar on standard error: done, in flight, drafts by state, items per second, time left."""
    from contextlib import contextmanager

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    @contextmanager
    def bar() -> Generator[Callable[[BatchEvent], None]]:
        counts: dict[str, int] = {}
        columns = (
            TextColumn("items"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[readiness]}"),
            TimeRemainingColumn(),
        )
        shown = Progress(*columns, console=console(stderr=True), disable=not show)
        task = shown.add_task("items", total=None, readiness="")
        try:

            def on_event(event: BatchEvent) -> None:
                if event.kind == "settled":
                    name = event.readiness or event.status.value
                    counts[name] = counts.get(name, 0) + 1
                shown.start()  # not earlier: an error is printed without an empty bar
                readiness = " ".join(f"{name} {count}" for name, count in sorted(counts.items()))
                shown.update(task, total=event.total, completed=event.settled, readiness=readiness)

            yield on_event
        finally:
            shown.stop()

    return bar()


_MOST_DEAD = 10


def show_summary(summary: BatchSummary) -> None:
    """Print the summary of a batch."""
    rate = summary.items_per_second
    print_table(
        f"batch {summary.job_id}",
        ["status", "items"],
        sorted(summary.counts.items()),
        right=["items"],
    )
    if summary.readiness:
        ready, look, alone = (summary.readiness.get(name, 0) for name in ("ready", "needs a look", "automatic"))
        say(f"drafts: {ready} ready, {look} need{'s' * (look == 1)} a look, {alone} automatic")
    speed = f"{rate:.1f} items/s" if rate else "nothing left to run"
    say(f"ran {summary.ran} item{'s' * (summary.ran != 1)} in {summary.seconds:.1f} s: {speed}")
    show_dead(summary)
    if cancelled := summary.counts.get("cancelled", 0):
        note(f"{cancelled} item(s) were cancelled in review: --retry-cancelled runs them again")
    if summary.answered_before:
        note(f"{summary.answered_before} item(s) were already answered by another batch or run; --again runs them")
    if summary.changed:
        some = ", ".join(summary.changed_items[:_MOST_DEAD]) + ", ..." * (summary.changed > _MOST_DEAD)
        note(visible(f"{summary.changed} item(s) changed since they were answered: {some}"))
        note("  they are not run again; --accept-changes runs them")
    if summary.results is not None:
        note(f"results in {os.path.relpath(summary.results)}")
    if summary.untraced:
        note(f"{summary.untraced} row(s) of traces could not be stored; see the log")
    if summary.down is not None:
        note(
            visible(
                f"stopped: {summary.down.failures} items in a row failed: {summary.down.what} [{summary.down.code}]"
            )
        )
        note("  once that is fixed, the same command resumes with them")
    elif summary.cancelled_by:
        note(visible(f"cancelled by {summary.cancelled_by} before the end; --resume continues"))
    elif summary.stopped:
        note("stopped before the end; the same command resumes")


def show_dead(summary: BatchSummary) -> None:
    """Print the first dead letters with place and fix, and how to continue."""
    if not summary.dead:
        return
    for letter in summary.dead[:_MOST_DEAD]:
        note(visible(_letter(letter)))
    if (more := len(summary.dead) - _MOST_DEAD) > 0:
        note(f"... and {more} more")
    note(f"{len(summary.dead)} dead letter(s) in {os.path.relpath(summary.dead_letter_file or '')}")
    failed = sum(letter.is_readable for letter in summary.dead)
    if unread := len(summary.dead) - failed:
        note(f"  {unread} could not be read: correct them in the file; the same command then runs them")
    if failed:
        note(f"  {failed} failed while they ran: --retry-dead retries them")


def _letter(letter: DeadLetter) -> str:
    place = "" if letter.file is None else f"{os.path.relpath(letter.file)}:{letter.line or 0}: "
    name = "" if letter.item_id in letter.what or letter.file else f"{letter.item_id}: "
    fix = f"\n  fix: {letter.fix}" if letter.fix else ""
    return f"dead letter {name}{place}{letter.what} [{letter.code}]{fix}"
