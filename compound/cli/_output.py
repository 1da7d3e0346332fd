"""How results are shown: a table or lines for a person, one JSON document for a program."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

# Controls but tab and line feed, zero-width and bidirectional marks, line separators, tag characters.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)

Profile = Annotated[str | None, typer.Option("--profile", "-p", help="A profile of [tool.compound.profiles].")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Model = Annotated[
    str | None,
    typer.Option("--model", help="Provider that answers for every logical model: offline, anthropic."),
]


def console(*, stderr: bool = False) -> Console:
    """A rich console; wide enough to keep ids whole where there is no terminal."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else 120, highlight=False, soft_wrap=False)


def print_json(value: object) -> None:
    """One JSON document and a newline on standard output."""
    import orjson

    document = orjson.dumps(value, default=plain, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)
    sys.stdout.write(document.decode() + "\n")


def plain(value: object) -> object:
    """A value that orjson does not know, as one it does."""
    if isinstance(value, Path):
        return str(value)
    if dump := getattr(value, "model_dump", None):
        return dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    return str(value)


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()
) -> None:
    """A table; columns named in `right` are aligned for figures."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        # As plain text: a subject such as "[/red]" is no markup of ours.
        table.add_row(*(Text("" if cell is None else visible(str(cell))) for cell in row))
    console().print(table)


def visible(text: str) -> str:
    """Text of strangers for a terminal: what moves the cursor, hides or turns text is shown as `<U+202E>`."""
    return _HIDDEN.sub(lambda found: f"<U+{ord(found.group()):04X}>", text)


def say(text: str) -> None:
    """A line on standard output."""
    sys.stdout.write(text + "\n")


def note(text: str) -> None:
    """A line for the person on standard error, so that standard output stays clean."""
    sys.stderr.write(text + "\n")


def fail(text: str, code: int = 1) -> typer.Exit:
    """Write a line on standard error; the caller raises what is returned."""
    note(text)
    return typer.Exit(code)
