"""`backup`, `restore`: the state of a profile as one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli.output import Json, Profile, note, print_json, say

if TYPE_CHECKING:
    from compound.project import BackupReport


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(backup)
    app.command()(restore)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, such as state.tar.gz.")],
    *,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Write the state of a profile to one file, also while programs run."""
    from compound.project import Project

    with Project.open(profile=profile) as project:
        _show(project.back_up(file), json=json, verb="backed up to")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of `compound backup`.")],
    *,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Write a backup into the state folder of a profile, which must be empty."""
    from compound.project.retention.backup import restore as restored
    from compound.project.settings.settings import load_settings

    _show(restored(load_settings(profile=profile), file), json=json, verb="restored from")


def _show(report: BackupReport, *, json: bool, verb: str) -> None:
    if json:
        print_json(
            {"file": report.file, "home": report.home, "files": report.files, "size_bytes": report.size_bytes}
            | {"elsewhere": list(report.elsewhere)}
        )
        return
    size = Path(report.file).stat().st_size
    say(f"{report.files} files {verb} {report.file} ({size / 1e6:.1f} MB)")
    for url in report.elsewhere:
        note(f"not in it: {url}; use the database's own tools, such as pg_dump and pg_restore")
