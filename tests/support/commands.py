"""A command of the program, run in this process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from typer.main import get_command
from typer.testing import CliRunner

from compound.cli.program import app

if TYPE_CHECKING:
    from typer import Typer
    from typer.testing import Result


@cache
def program() -> Any:
    """Every command, as a tree: `commands` of each group by name."""
    return get_command(app)


def _tree(of: Typer) -> Any:
    return program() if of is app else get_command(of)


# The runner would make all commands for each call; the program makes them once.
patch("typer.testing._get_command", _tree).start()


def command(arguments: Sequence[str], *, env: Mapping[str, str] | None = None, catch_exceptions: bool = True) -> Result:
    """Run `compound ARGUMENTS`; what it raises is the result's `exception`."""
    return CliRunner().invoke(app, list(arguments), env=env, prog_name="compound", catch_exceptions=catch_exceptions)
