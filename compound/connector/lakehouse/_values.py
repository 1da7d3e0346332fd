"""DuckDB values as JSON, and the digest of a result."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, TypeAlias

import orjson
from pydantic import JsonValue

from ._types import Column

Convert: TypeAlias = "Callable[[Any], JsonValue]"

_INTEGERS: Final = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}
    | {"UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"}
)
_PLAIN: Final = _INTEGERS | {"BOOLEAN", "VARCHAR", "JSON"}
_ISO: Final = frozenset({"DATE", "TIME", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"})
_ZONED: Final = "TIMESTAMP WITH TIME ZONE"
_DECIMAL: Final = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_EXACT_DIGITS: Final = 15
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def fetchable(column: Column) -> str:
    """The expression that fetches a column without packages that we do not have, or loss.

    Times with a zone become microseconds of the epoch in UTC; nested and rare types become JSON text.
    """
    name = quoted(column.name)
    if column.type == _ZONED:
        return f"epoch_us({name}) AS {name}"
    if is_direct(column.type):
        return name
    return f"to_json({name})::VARCHAR AS {name}"


def is_direct(kind: str) -> bool:
    """The type is fetched as it is."""
    if kind.endswith("]"):
        return False
    return (
        kind in _PLAIN
        or kind in _ISO
        or kind in ("DOUBLE", "FLOAT", "UUID", "BLOB")
        or _DECIMAL.fullmatch(kind) is not None
        or kind.startswith("ENUM(")
    )


def converter(kind: str) -> Convert | None:
    """From the fetched value to JSON; None where they are the same."""
    if kind in _CONVERT:
        return _CONVERT[kind]
    if kind in _PLAIN or kind.startswith("ENUM("):
        return None
    if decimal := _DECIMAL.fullmatch(kind):
        return float if int(decimal[1]) <= _EXACT_DIGITS else str
    return orjson.loads


def json_type(kind: str) -> dict[str, JsonValue]:
    """JSON schema of a column's values as `converter` gives them; always nullable."""
    if kind.endswith("]"):
        item = json_type(kind[: kind.rindex("[")])
        return {"type": ["array", "null"], "items": item}
    decimal = _DECIMAL.fullmatch(kind)
    if decimal:
        return {"type": ["number" if int(decimal[1]) <= _EXACT_DIGITS else "string", "null"]}
    if kind in _JSON_TYPES:
        return dict(_JSON_TYPES[kind])
    if kind.startswith(("STRUCT", "MAP")):
        return {"type": ["object", "null"]}
    return {"type": ["string", "null"]} if is_direct(kind) else {}


def result_hash(columns: Iterable[Column], rows: Sequence[bytes]) -> str:
    """SHA-256 over names, types and the rows in sorted order: the same rows in another order hash the same.

    Args:
        columns: The columns in order.
        rows: Each row's values as JSON.
    """
    digest = hashlib.sha256(orjson.dumps([[column.name, column.type] for column in columns]))
    for row in sorted(rows):
        digest.update(b"\n")
        digest.update(row)
    return digest.hexdigest()[:32]


def _whole(value: int) -> JsonValue:
    # JSON readers, ours too, end at 64 bits; sums of whole numbers have 128 and rarely need them.
    return value if -(2**63) <= value < 2**63 else str(value)


def _finite(value: float) -> JsonValue:
    return value if math.isfinite(value) else None


def _iso(value: date | time) -> JsonValue:
    return value.isoformat()


def _zoned(value: int) -> JsonValue:
    return (_EPOCH + timedelta(microseconds=value)).isoformat()


def _base64(value: bytes) -> JsonValue:
    return base64.b64encode(value).decode("ascii")


_CONVERT: Final[dict[str, Convert]] = {
    "DOUBLE": _finite,
    "FLOAT": _finite,
    "UUID": str,
    "HUGEINT": _whole,
    "UHUGEINT": _whole,
    "UBIGINT": _whole,
    "BLOB": _base64,
    _ZONED: _zoned,
    **dict.fromkeys(_ISO, _iso),
}

_JSON_TYPES: Final[dict[str, dict[str, JsonValue]]] = {
    **{kind: {"type": ["integer", "null"]} for kind in _INTEGERS},
    **{kind: {"type": ["string", "null"], "format": "date-time"} for kind in _ISO | {_ZONED}},
    "BOOLEAN": {"type": ["boolean", "null"]},
    "DOUBLE": {"type": ["number", "null"]},
    "FLOAT": {"type": ["number", "null"]},
    "DATE": {"type": ["string", "null"], "format": "date"},
    "TIME": {"type": ["string", "null"], "format": "time"},
}
