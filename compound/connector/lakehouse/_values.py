"""DuckDB values as JSON, and the digest of a result."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

import orjson
from pydantic import JsonValue

from ._types import Column

Convert: TypeAlias = "Callable[[Any], JsonValue]"

_PLAIN: Final = frozenset(
    "BOOLEAN TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT VARCHAR".split()
)
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
        or kind in ("DOUBLE", "FLOAT", "UUID", "BLOB", "JSON")
        or _DECIMAL.fullmatch(kind) is not None
        or kind.startswith("ENUM(")
    )


def converter(kind: str) -> Convert | None:
    """From the fetched value to JSON; None where they are the same."""
    if kind in _PLAIN or kind == "JSON" or kind.startswith("ENUM("):
        return None
    if kind in ("DOUBLE", "FLOAT"):
        return _finite
    if kind in _ISO:
        return _iso
    if kind == _ZONED:
        return _zoned
    if kind == "UUID":
        return str
    if kind == "BLOB":
        return _base64
    if decimal := _DECIMAL.fullmatch(kind):
        return float if int(decimal[1]) <= _EXACT_DIGITS else str
    return orjson.loads


def json_type(kind: str) -> dict[str, JsonValue]:
    """JSON schema of a column's values as `converter` gives them; always nullable."""
    if kind.endswith("]"):
        item = json_type(kind[: kind.rindex("[")])
        return {"type": ["array", "null"], "items": item}
    if kind == "BOOLEAN":
        return {"type": ["boolean", "null"]}
    decimal = _DECIMAL.fullmatch(kind)
    if kind in ("DOUBLE", "FLOAT") or (decimal and int(decimal[1]) <= _EXACT_DIGITS):
        return {"type": ["number", "null"]}
    if kind.endswith("INT") or kind in ("INTEGER", "UINTEGER"):
        return {"type": ["integer", "null"]}
    if kind == "DATE":
        return {"type": ["string", "null"], "format": "date"}
    if kind.startswith("TIMESTAMP"):
        return {"type": ["string", "null"], "format": "date-time"}
    if kind.startswith(("STRUCT", "MAP")):
        return {"type": ["object", "null"]}
    if kind == "VARCHAR" or is_direct(kind):
        return {"type": ["string", "null"]}
    return {}


def result_hash(columns: Iterable[Column], rows: Sequence[bytes]) -> str:
    """SHA-256 over names and types and the rows in sorted order: the same rows in another order hash the same.

    Args:
        columns: The columns in order.
        rows: Each row's values as JSON.
    """
    digest = hashlib.sha256(orjson.dumps([[column.name, column.type] for column in columns]))
    for row in sorted(rows):
        digest.update(b"\n")
        digest.update(row)
    return digest.hexdigest()[:32]


def _finite(value: float) -> JsonValue:
    return value if math.isfinite(value) else None


def _iso(value: Any) -> JsonValue:
    return str(value.isoformat())


def _zoned(value: int) -> JsonValue:
    return (_EPOCH + timedelta(microseconds=value)).isoformat()


def _base64(value: bytes) -> JsonValue:
    return base64.b64encode(value).decode("ascii")
