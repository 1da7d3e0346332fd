"""A query's rows for people: a Markdown table to read, a CSV file to download."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from typing_extensions import TypedDict

from compound.tool import Artifact, AskAnswer, keep, tool

from ..shop.documents import Json

SHOWN = 20
"""Rows of the Markdown table; the CSV has all rows that were read."""


class ResultTable(TypedDict):
    """Rows as text and as a file; `rows` is their number, `note` what is not shown."""

    markdown: str
    csv: Artifact | None
    rows: int
    note: str


@tool(blocking=True)
def result_table(answer: AskAnswer, title: str) -> ResultTable:
    """The rows of an answer as a Markdown table and as a CSV file."""
    names = [column["name"] for column in answer.columns]
    if not answer.rows:
        return ResultTable(markdown="", csv=None, rows=0, note="")
    notes: list[str] = []
    if len(answer.rows) > SHOWN:
        notes.append(f"{SHOWN} of {len(answer.rows)} rows are shown; the CSV has all of them")
    if answer.truncated:
        notes.append(f"the query found more than the {len(answer.rows)} rows that it may give")
    return ResultTable(
        markdown=markdown(names, answer.rows[:SHOWN]),
        csv=keep(as_csv(names, answer.rows), name=title or "rows", media_type="text/csv"),
        rows=len(answer.rows),
        note="; ".join(notes),
    )


def markdown(names: Sequence[str], rows: Sequence[Mapping[str, Json]]) -> str:
    """A Markdown table, figures on the right, every column as wide as its widest cell."""
    cells = [[cell(row.get(name)) for name in names] for row in rows]
    figures = [all(isinstance(row.get(name), int | float | None) for row in rows) for name in names]
    heads = [_plain(name) for name in names]
    wide = [max(3, *(len(line[at]) for line in [heads, *cells])) for at in range(len(names))]

    def line(texts: Sequence[str]) -> str:
        padded = (
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(texts, wide, figures, strict=True)
        )
        return f"| {' | '.join(padded)} |"

    rule = [f"{'-' * (width - 1)}:" if right else "-" * width for width, right in zip(wide, figures, strict=True)]
    return "\n".join([line(heads), line(rule), *map(line, cells)])


def cell(value: Json) -> str:
    """A value as people write it: `47,375.92`, `1,271`; nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() and abs(value) >= 1e6 else f"{value:,.2f}"
    return _plain(str(value))


def _plain(text: str) -> str:
    """On one line, and without characters that would end a Markdown cell."""
    return " ".join(text.split()).replace("|", "\\|")


def as_csv(names: Sequence[str], rows: Sequence[Mapping[str, Json]]) -> bytes:
    """Rows as a CSV file."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerows([[_safe(row.get(name)) for name in names] for row in rows])
    return out.getvalue().encode()


def _safe(value: Json) -> Json:
    """Prefix a text that a spreadsheet would run as a formula with an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value
