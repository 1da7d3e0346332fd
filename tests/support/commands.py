"""A command of the program, run in this process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from typer.main import get_command
from typer.testing import CliRunner

from compound.cli.program import app

if TYPE_CHECKING:
    from typer.testing import Result


def command(arguments: Sequence[str], *, env: Mapping[str, str] | None = None, catch_exceptions: bool = True) -> Result:
    """Run `compound ARGUMENTS`; what it raises is the result's `exception`."""
    return CliRunner().invoke(app, list(arguments), env=env, prog_name="compound", catch_exceptions=catch_exceptions)


def program() -> Any:
    """Every command, as a tree: `commands` of each group by name."""
    return get_command(app)
