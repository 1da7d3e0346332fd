"""`prune`, `erase`: delete stored content by policy or by person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli.output import Json, Profile, note, print_json, print_table, say

if TYPE_CHECKING:
    from compound.project import EraseReport, PruneReport


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(prune)
    app.command()(erase)


def prune(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Delete nothing; show what would be deleted.")] = False,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Delete content whose `retention:` period is over, of finished runs only.

    Exit code: 0, or 1 if runs were skipped because a policy or a graph is invalid.
    """
    from compound.project import Project

    project = Project.open(profile=profile)
    try:
        report = project.prune(dry_run=dry_run)
    finally:
        project.close()
    if json:
        print_json(report.to_json())
    else:
        _show(report)
    if report.left:
        raise typer.Exit(1)


def erase(
    *,
    customer: Annotated[list[str], typer.Option("--customer", help="Customer id or e-mail address; repeatable.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Delete nothing; show the runs that name the person.")
    ] = False,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Delete what runs store about one person, search again, and report what is left.

    Exit code: 0 if nothing names the person any more, else 1.
    """
    from compound.project import Project

    project = Project.open(profile=profile)
    try:
        report = project.erase(customer, dry_run=dry_run)
    finally:
        project.close()
    if json:
        print_json(report.to_json())
    else:
        _show_erased(report)
    if not report.is_complete:
        raise typer.Exit(1)


def _show_erased(report: EraseReport) -> None:
    say(f"{len(report.runs)} runs name the person, {len(report.withdrawn)} of them waiting for a decision")
    if report.is_dry:
        for run_id in report.runs:
            say(f"  {run_id}{' (is withdrawn)' if run_id in report.withdrawn else ''}")
        return
    found = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(report.removed.items()))
    say(f"removed: {found or 'nothing'}")
    for run_id, why in report.left.items():
        note(f"skipped: run {run_id}: {why}")
    for place, count in report.found.items():
        note(f"still named {count} times in {place}")
    if report.is_complete:
        say("searched again: the state store, checkpoints, traces and files of the profile do not name the person")
    say("not searched: the lakehouse, record stores, documents and their indexes")


def _show(report: PruneReport) -> None:
    for name, why in report.left.items():
        note(f"skipped: {name}: {why}")
    if not report.policies:
        note("no policy in graphs/policies/ sets `retention:`; everything is kept")
        return
    rows = [one.to_json() for one in report.policies]
    columns = ["policy", "content_before", "runs_emptied", "runs_withdrawn", "traces_before", "runs_dropped"]
    names = ["policy", "content before", "runs emptied", "runs withdrawn", "traces before", "runs dropped"]
    cells = [[row[column] or "no limit" if "before" in column else row[column] for column in columns] for row in rows]
    print_table("", names, cells, right=["runs emptied", "runs withdrawn", "runs dropped"])
    found = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(report.removed.items()))
    say(f"{'would be removed' if report.is_dry else 'removed'}: {found or 'nothing'}")
