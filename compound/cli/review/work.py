"""`review work`: one review after another, one key a decision."""

from __future__ import annotations

from typing import Annotated

import typer

from compound.cli.output import Profile, User, user_name
from compound.cli.review.moves import app
from compound.cli.review.review import Queue, Ready


@app.command()
def work(
    *,
    queue: Queue = None,
    ready: Ready = None,
    user: User = None,
    profile: Profile = None,
    json: Annotated[bool, typer.Option("--json", hidden=True)] = False,
) -> None:
    """Decide one review after another, with one key each; ? lists the keys.

    At a terminal a key needs no Enter. Over a pipe each line is a key, or the answer to a question. The review on the
    screen is held for you; it is released when you go on, quit, press Ctrl+C or close the terminal.

    Exit code: 0; 1 if a decision could not be carried out; 130 after Ctrl+C.
    """
    if json:
        instead = "`compound review next --json` and `compound review decide --json`"
        what = f"a session asks and answers; a program uses {instead}"
        raise typer.BadParameter(what, param_hint="--json")
    from compound.cli.review.session import WorkSession
    from compound.project import Project

    with Project.open(profile=profile) as project:
        code = WorkSession(project.reviews(), user_name(user), queue=queue, ready=ready).run()
    raise typer.Exit(code)
