"""Who acts on the command line."""

from __future__ import annotations

import getpass
import os
from typing import Annotated

import typer

User = Annotated[str | None, typer.Option("--user", help="Your name; default: COMPOUND_USER, else the login name.")]


def user_name(user: str | None) -> str:
    """The acting user: `--user`, else `COMPOUND_USER`, else the login name."""
    return user or os.environ.get("COMPOUND_USER") or getpass.getuser()
