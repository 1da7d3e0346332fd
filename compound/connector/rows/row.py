"""A row of a source, or the reason why it cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from compound.errors import DataError, Location

if TYPE_CHECKING:
    from pydantic import JsonValue

CellKind: TypeAlias = Literal["json", "table", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row.

    Attributes:
        where: File and line, or file and row number, from 1.
        record: Column to value; None if the row cannot be read.
        error: Why it cannot be read; None if it can.
        id_hint: The `id` of an unreadable row, if it can be found.
        cells: Form of its values. `json`: as written; `table`: nested values may be JSON in a text column; `text`:
            every value is text (CSV), and an empty one is absent.
    """

    where: Location
    record: Mapping[str, JsonValue] | None = None
    error: DataError | None = None
    id_hint: str = ""
    cells: CellKind = "json"


def unreadable(where: Location, what: str, fix: str, id_hint: str = "") -> Row:
    """An unreadable row; reading continues after it."""
    return Row(where=where, error=DataError("row.unreadable", what, fix=fix, where=where), id_hint=id_hint)
