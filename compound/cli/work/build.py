"""`init`, `seed`, `index`, `train`: create a project and prepare its data."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli.output import Json, Profile, console, note, print_json, print_table, say, visible

if TYPE_CHECKING:
    from rich.progress import TaskID


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(init)
    app.command()(seed)
    app.command()(index)
    app.command()(train)


def init(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    *,
    template: Annotated[
        str,
        typer.Option(
            "--template",
            "-t",
            help="The template: `small` answers questions from two documents; `retail-desk` is a support desk; "
            "`analyst` answers questions about tables.",
        ),
    ] = "small",
    name: Annotated[str | None, typer.Option(help="Name of the project; default: the folder's name.")] = None,
    json: Json = False,
) -> None:
    """Create a project from a template."""
    from compound.project.work.scaffold import init_project

    made = init_project(folder, name=name, template=template)
    if json:
        print_json(made)
        return
    say(f"created {made.files} files in {made.folder}")
    say("next:")
    for command in made.next:
        say(f"  {command}")


def seed(
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the data and the rows of every record store.")
    ] = False,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Write the profile's sample data, if any, and fill every record store from the lakehouse."""
    from compound.project import Project

    report = Project.open(profile=profile).seed(force=force)
    if json:
        print_json(report)
        return
    if not report.tables and not report.records:
        say("nothing to seed: no lakehouse tables and no record store (connectors/NAME.yaml, `compound: records/v1`)")
    if report.tables:
        print_table(
            f"profile {report.profile}: {report.lakehouse}",
            ["table", "version", "rows"],
            [(table.name, table.version, table.rows) for table in report.tables],
            right=["version", "rows"],
        )
    for store in report.records:
        how = "filled" if store.rows else "its tables are made; they are empty"
        if not store.loaded:
            how = "already filled; --force fills it again"
        say(f"{store.name}: {store.where} ({how})")


def index(
    names: Annotated[list[str] | None, typer.Argument(help="Indexes; default: all.")] = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Allow deleting more than 30 % of an index.")] = False,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Build or update the indexes that graphs retrieve from."""
    from compound.project import Project

    with index_progress() as on_progress:
        reports = Project.open(profile=profile).index(names or [], force=force, on_progress=on_progress)
    for report in reports:
        for one in report.skipped:
            note(f"index {report.name}: not read: {visible(one)}")
    if json:
        print_json(reports)
        return
    print_table(
        "indexes",
        ["index", "version", "documents", "passages", "embedder", "changed", "seconds"],
        [(r.name, r.version, r.documents, r.passages, r.embedder, r.changed, f"{r.seconds:.1f}") for r in reports],
        right=["documents", "passages", "changed", "seconds"],
    )


@contextmanager
def index_progress() -> Generator[Callable[[str, int, int], None]]:
    """Progress on standard error: a bar on a terminal, else a line every two seconds."""
    if not sys.stderr.isatty():
        last = [0.0]

        def tell(name: str, done: int, total: int) -> None:
            if done == total or time.monotonic() - last[0] >= 2:
                last[0] = time.monotonic()
                note(f"index {name}: {done} of {total} passages")

        yield tell
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("index {task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True)) as shown:
        tasks: dict[str, TaskID] = {}

        def move(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = shown.add_task(name, total=total)
            shown.update(tasks[name], completed=done)

        yield move


def train(
    name: Annotated[str, typer.Argument(help="A specialist, such as `intent`.")],
    *,
    promote: Annotated[
        bool, typer.Option("--promote", help="Promote it even if it certifies less than the version in production.")
    ] = False,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Train, evaluate and certify a specialist; promote it unless it certifies less than before."""
    from compound.project import Project

    report = Project.open(profile=profile).train(name, promote=promote)
    if json:
        print_json(report)
        return
    print_table(
        f"{report.name}@{report.version}: {report.examples} examples, {report.seconds:.1f} s",
        ["figure", "value", "interval", "n", "method"],
        [(f.name, f.shown, f.interval, f.n, f.method) for f in report.figures],
        right=["value", "n"],
    )
    say(f"certificate: {report.certificate}")
    say(f"saved in {report.folder}")
    if not report.promoted:
        say(f"not promoted: {report.why_not}")
        say(f"to promote it anyway: compound specialists promote {report.name} {report.version}")
