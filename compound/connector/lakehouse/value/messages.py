"""Messages for errors of the engine: kind, type and column, never values of rows."""

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
    "more than one row returned by a subquery": "a scalar sub-query returns more than one row",
    "division by zero": "a division by zero",
    "map keys must be unique": "a map has duplicate keys",
    "map keys can not be null": "a key of a map is null",
    "epoch seconds out of range": "a number is out of range for a timestamp",
    "extract specifier": "unknown part of a date",
    "according to format specifier": "a text does not match its date format",
    "malformed json": "a text is not JSON",
    "date field value out of range": "a text is not a date",
    "invalid date field format": "a text is not a date",
    "invalid timestamp field format": "a text is not a timestamp",
    "overflow in": "numeric overflow",
    "out of range": "a number or a date is out of range",
    "as base64": "a text is not base64",
}
_KINDS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (duckdb.ConversionException, "a value cannot be converted"),
    (duckdb.OutOfRangeException, "a number or a date is out of range"),
    (duckdb.InvalidInputException, "invalid argument value of a function"),
    (duckdb.BinderException, "invalid arguments of a function"),
    (duckdb.NotImplementedException, "not implemented by the engine"),
)


def said_of(error: Exception, columns: Collection[str] = ()) -> str:
    """A message for an error of the engine.

    The engine's messages contain values of rows, so only names of types and known columns are repeated.

    Args:
        error: The engine's exception.
        columns: Column names that may be repeated.
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
