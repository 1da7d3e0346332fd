"""What may be said about an error of the engine: which kind, which type, which column; never a value of a row."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

import duckdb

_TYPES: Final = frozenset(
    {"INT8", "INT16", "INT32", "INT64", "INT128", "UINT8", "UINT16", "UINT32", "UINT64", "UINT128", "FLOAT", "DOUBLE"}
    | {"BOOL", "DATE", "TIME", "TIMESTAMP", "UUID", "INTERVAL", "BLOB", "JSON", "VARCHAR", "BIT"}
)
_TARGET: Final = re.compile(r"\b(?:to|to type|destination type) (DECIMAL\(\d+, ?\d+\)|[A-Z]+\d*)(?![\w(])")
_COLUMN: Final = re.compile(r"when casting from source column (\w+)\s*$")
_KNOWN: Final = {
    "more than one row returned by a subquery": "a sub-query that stands for one value returns more than one row",
    "division by zero": "a division by zero",
    "map keys must be unique": "keys of a map come twice",
    "map keys can not be null": "a key of a map is null",
    "epoch seconds out of range": "a number is out of range for a timestamp",
    "extract specifier": "a part of a date is named that there is not",
    "according to format specifier": "a text does not fit the format of dates that it is read with",
    "malformed json": "a text is not JSON",
    "date field value out of range": "a text is not a date",
    "invalid date field format": "a text is not a date",
    "invalid timestamp field format": "a text is not a timestamp",
    "overflow in": "a number is too large to compute with",
    "out of range": "a number or a date is out of range",
    "as base64": "a text is not base64",
}
_KINDS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (duckdb.ConversionException, "a value cannot be converted"),
    (duckdb.OutOfRangeException, "a number or a date is out of range"),
    (duckdb.InvalidInputException, "a function does not take a value that it was given"),
    (duckdb.BinderException, "a function does not take these arguments"),
    (duckdb.NotImplementedException, "it needs something that the engine does not have"),
)


def said_of(error: Exception, columns: Collection[str] = ()) -> str:
    """An error of the engine in words of our own.

    Values of rows stand in the engine's messages, quoted or not, so nothing of them is repeated but the name of a type
    and of a column that is known.

    Args:
        error: What the engine raised.
        columns: Names that may be repeated.
    """
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    low = first.casefold()
    said = next((ours for theirs, ours in _KNOWN.items() if theirs in low), "")
    if not said or isinstance(error, duckdb.ConversionException):
        kind = next((ours for one, ours in _KINDS if isinstance(error, one)), "the engine could not run the query")
        said = said if said and not _TARGET.search(first) else kind
    target = _TARGET.search(first)
    if target is not None and (target[1] in _TYPES or target[1].startswith("DECIMAL(")):
        said += f" to {target[1]}"
    column = _COLUMN.search(first)
    if column is not None and column[1] in columns:
        said += f" (column {column[1]})"
    return said
