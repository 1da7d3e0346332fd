"""`explain`: the meaning of an error code."""

from __future__ import annotations

from typing import Annotated

import typer

from compound.cli.output import Json, print_json, say


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(explain)


def explain(
    code: Annotated[
        str | None, typer.Argument(help="The code in brackets at the end of a message; default: list every code.")
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Explain an error code: its meaning, an example and the fix."""
    from compound.project.view.explain import error_codes
    from compound.project.view.explain import explain as explained

    if code is None:
        codes = error_codes()
        if json:
            print_json(codes)
        else:
            say("\n".join(codes))
        return
    text = explained(code.strip("[]"))
    if json:
        print_json({"code": code.strip("[]"), "text": text})
    else:
        say(text)
