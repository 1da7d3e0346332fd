"""Output: tables and lines for a person, one JSON document for a program."""

from __future__ import annotations

import dataclasses
import getpass
import os
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
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)

Profile = Annotated[str | None, typer.Option("--profile", "-p", help="A profile in [tool.compound.profiles].")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Model = Annotated[
    str | None,
    typer.Option("--model", help="Provider for every logical model: offline, anthropic, langchain, ..."),
]
User = Annotated[str | None, typer.Option("--user", help="Your name; default: COMPOUND_USER, else the login name.")]
Context = Annotated[
    list[str] | None,
    typer.Option("--context", help="The graph's context: NAME=VALUE (repeatable), a JSON object, or @FILE."),
]


def user_name(user: str | None) -> str:
    """The acting user: `--user`, else `COMPOUND_USER`, else the login name."""
    return user or os.environ.get("COMPOUND_USER") or getpass.getuser()


def console(*, stderr: bool = False) -> Console:
    """A rich console; without a terminal, its width is COLUMNS or wide enough for whole ids."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    columns = os.environ.get("COLUMNS", "")
    width = None if stream.isatty() else int(columns) if columns.isdecimal() and int(columns) else 120
    return Console(file=stream, width=width, highlight=False, soft_wrap=False)


def print_json(value: object) -> None:
    """Print one JSON document; control, zero-width and bidirectional characters are escaped."""
    import orjson

    document = orjson.dumps(value, default=plain, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)
    sys.stdout.write(escaped(document.decode()) + "\n")


def escaped(document: str) -> str:
    r"""Escape control, zero-width, bidirectional and tag characters, as in `\u202e`; the value stays the same."""
    return _HIDDEN.sub(lambda found: json_escape(found.group()), document)


def json_escape(character: str) -> str:
    """The JSON escape of a character; a surrogate pair above U+FFFF."""
    raw = character.encode("utf-16-be")
    return "".join(f"\\u{raw[at]:02x}{raw[at + 1]:02x}" for at in range(0, len(raw), 2))


def plain(value: object) -> object:
    """Convert a value that orjson cannot serialize."""
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
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    right: Sequence[str] = (),
    short: Sequence[str] = (),
    spare: Sequence[str] = (),
) -> tuple[str, ...]:
    """Print a table.

    Args:
        title: Heading.
        columns: Column names.
        rows: One cell for each column.
        right: Columns that are right-aligned.
        short: Columns that are truncated if a row does not fit the terminal.
        spare: Columns that are dropped, in this order, if the terminal is too narrow.

    Returns:
        The dropped columns that are not empty.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    if title:
        # As a line of its own: the title of a table is broken at the table's width, and a path with it.
        console().print(Text(visible(title), style="bold"), soft_wrap=True)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    left_out = _left_out(columns, cells, short, spare)
    told = tuple(name for name in left_out if any(row[columns.index(name)] for row in cells))
    cells = [[cell for name, cell in zip(columns, row, strict=True) if name not in left_out] for row in cells]
    columns = [name for name in columns if name not in left_out]
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in _cut(columns, cells, short):
        # Plain text: a subject such as "[/red]" is not markup.
        table.add_row(*(Text(visible(cell)) for cell in row))
    console().print(table)
    return told


def _left_out(
    columns: Sequence[str], rows: Sequence[Sequence[str]], short: Sequence[str], spare: Sequence[str]
) -> tuple[str, ...]:
    """Columns of `spare` to drop so that those of `short` stay readable; empty ones first."""
    if not spare:
        return ()
    least: dict[str, int] = {}
    for index, name in enumerate(columns):
        wide = max(len(name), *(len(row[index]) for row in rows), 0)
        least[name] = min(wide, _READABLE) if name in short else wide
    gone: list[str] = []
    filled = {name for index, name in enumerate(columns) if any(row[index] for row in rows)}
    for name in sorted(spare, key=lambda one: one in filled):
        if sum(least.values()) + 3 * len(least) <= console().width:
            break
        del least[name]
        gone.append(name)
    return tuple(gone)


_READABLE = 20


def visible(text: str) -> str:
    """Make untrusted text safe for a terminal: control and bidirectional characters are shown as `<U+202E>`."""
    return _HIDDEN.sub(lambda found: f"<U+{ord(found.group()):04X}>", text)


def _cut(columns: Sequence[str], rows: Sequence[Sequence[str]], short: Sequence[str]) -> list[list[str]]:
    """Truncate the `short` columns so that each row fits one line; the widest loses first, the last column last."""
    widths = [max(len(name), *(len(row[index]) for row in rows), 0) for index, name in enumerate(columns)]
    floors = [
        max(len(name), _LEAST_SHOWN) if name in short else wide for name, wide in zip(columns, widths, strict=True)
    ]
    over = sum(widths) + 3 * len(columns) - console().width
    for _ in range(max(over, 0)):
        index = max(range(len(widths)), key=lambda at: (widths[at] if widths[at] > floors[at] else -1, -at))
        if widths[index] <= floors[index]:
            break
        widths[index] -= 1
    return [
        [
            cell if name not in short or len(cell) <= wide else _shortened(cell, wide)
            for name, cell, wide in zip(columns, row, widths, strict=True)
        ]
        for row in rows
    ]


def _shortened(cell: str, wide: int) -> str:
    """Truncate a text at a word boundary, or within a word that is longer than the column."""
    head = cell[: wide - 1]
    at = len(head) if cell[wide - 1] == " " else head.rfind(" ")
    return f"{head[:at].rstrip() if at > 0 else head}…"


_LEAST_SHOWN = 12


def print_rows(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print the rows of a query: a table if it fits, else one block of lines per row; null is `null`."""
    shown = [[_cell(cell) for cell in row] for row in rows]
    figures = [name for index, name in enumerate(columns) if rows and _is_figures([row[index] for row in rows])]
    widths = [max(len(text) for text in (name, *cells)) for name, *cells in zip(columns, *shown, strict=True)]
    if sum(widths) + 3 * len(widths) <= console().width or len(columns) <= _MOST_FOLDED:
        print_table("", columns, shown, right=figures)
        return
    wide = max(map(len, columns))
    for number, row in enumerate(rows, start=1):
        say(f"-- {number} of {len(rows)}")
        for name, cell in zip(columns, row, strict=True):
            say(f"{name.rjust(wide)}  {_cell(cell)}")


_MOST_FOLDED = 6  # `describe spans` has six columns, one of them long


def _is_figures(cells: Sequence[object]) -> bool:
    return all(isinstance(cell, int | float | None) and not isinstance(cell, bool) for cell in cells)


def _cell(value: object) -> str:
    """A cell of a query: three decimals; `--json` has all digits."""
    if value is None:
        return "null"
    if isinstance(value, float):
        return f"{value:.3f}" if value == 0.0 or 1e-3 <= abs(value) < 1e9 else f"{value:.3g}"
    if isinstance(value, list | dict):
        import orjson

        return orjson.dumps(value, default=plain).decode()
    return str(value)


def wrapped(text: str, indent: str = "") -> str:
    """Wrap a text to the terminal's width, line by line; continuation lines keep the indentation.

    Rows of Markdown tables are not wrapped.
    """
    import textwrap

    width = max(min(console().width, 100), 40)
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("|"):
            lines.append(indent + line)
            continue
        lead = indent + line[: len(line) - len(line.lstrip())]
        more = lead + ("  " if line.lstrip().startswith("- ") else "")
        lines += textwrap.wrap(
            line.strip(),
            width,
            initial_indent=lead,
            subsequent_indent=more,
            # Paths and ids are not broken, so that they can be copied.
            break_on_hyphens=False,
            break_long_words=False,
        ) or [""]
    return "\n".join(lines)


def say(text: str) -> None:
    """Print a line to standard output."""
    sys.stdout.write(text + "\n")


def note(text: str) -> None:
    """Print a line to standard error."""
    sys.stderr.write(text + "\n")


def fail(text: str, code: int = 1) -> typer.Exit:
    """Print a line to standard error and return the exit to raise."""
    note(text)
    return typer.Exit(code)
