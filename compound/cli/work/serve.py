"""`serve`: the pages of a project."""

from __future__ import annotations

from typing import Annotated

import typer

from compound.cli.output import Model, Profile, note


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command()(serve)


def serve(
    *,
    host: Annotated[
        str, typer.Option("--host", envvar="COMPOUND_SERVE_HOST", help="Address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", envvar="COMPOUND_SERVE_PORT", min=0, max=65535, help="0 picks a free port.")
    ] = 8300,
    names: Annotated[
        list[str] | None,
        typer.Option(
            "--name",
            envvar="COMPOUND_SERVE_NAMES",
            help="A name under which browsers call this server, such as support.example.com; repeatable.",
        ),
    ] = None,
    profile: Profile = None,
    model: Model = None,
) -> None:
    """Serve the pages where people decide reviews and see runs, batches and evaluations."""
    from compound.project import Project
    from compound.web.server import serve as run

    with Project.open(profile=profile, model=model) as project:
        run(project, host=host, port=port, hosts=names or (), on_ready=_say)


def _say(address: str, link: str) -> None:
    note(f"serving at {address}; stop with Ctrl+C")
    if link:
        note(f"sign in once with this link, within 15 minutes: {link}")
