"""The handbook's page of names: other words and translations for the shop's products, options and values.

The page is Markdown with three tables; without it only synonyms are missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

PAGES = "connectors/*/policies/product-names.md"
_COLUMNS = {"de": 1, "es": 2}


@cache
def product_groups() -> tuple[tuple[str, ...], ...]:
    """One group of names for each product of the page."""
    groups: list[tuple[str, ...]] = []
    for cells in _rows("product"):
        said = [cells[0], *cells[1].split(","), *cells[2:4]]
        groups.append(tuple(name.strip() for name in said if name.strip()))
    return tuple(groups)


@cache
def translations(language: str) -> dict[str, str]:
    """Foreign name of an option or value to the shop's own; empty for English."""
    column = _COLUMNS.get(language)
    if column is None:
        return {}
    pairs = [(cells[column], cells[0]) for table in ("option", "value") for cells in _rows(table)]
    return {foreign.strip(): own for foreign, own in pairs if foreign.strip()}


def _rows(table: str) -> Iterator[list[str]]:
    for page in sorted(Path(__file__).resolve().parents[2].glob(PAGES)):
        inside = False
        for line in page.read_text(encoding="utf-8").splitlines():
            if not line.startswith("|"):
                inside = False
                continue
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if cells[0] == table:
                inside = True
            elif inside and not set(cells[0]) <= {"-", " ", ":"}:
                yield cells
