"""DuckDB values as JSON, and the digest of a result.

A value has the same form in a column, a list or a struct. Values without a JSON form are text: blobs are base64; dates
and times are ISO 8601, and outside of the years 1 to 9999 as DuckDB writes them; NaN and infinity are `NaN`,
`Infinity` and `-Infinity`; integers beyond 64 bits and decimals beyond 15 digits are their digits.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeAlias, cast

import orjson
from pydantic import JsonValue

from compound.connector.lakehouse.value.shapes import Shape, shape_of
from compound.connector.lakehouse.value.types import Column

Convert: TypeAlias = "Callable[[Any], JsonValue]"

NOT_FINITE: Final = frozenset({"NaN", "Infinity", "-Infinity"})
_SMALL: Final = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"},
)
_LARGE: Final = frozenset({"UBIGINT", "HUGEINT", "UHUGEINT"})
_TEXTS: Final = frozenset({"VARCHAR", "JSON"})
_FLOATS: Final = frozenset({"DOUBLE", "FLOAT"})
_TIMES: Final = frozenset(
    {"DATE", "TIME", "TIME_NS", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"}
    | {"TIMESTAMP_NS WITH TIME ZONE"}
)
_AS_TEXT: Final = frozenset({"UUID", "INTERVAL", "BIT", "BIGNUM", "TIME WITH TIME ZONE"})
_DECIMAL: Final = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_EXACT_DIGITS: Final = 15
_MOMENT: Final = re.compile(r"(?:(\d{4,}-\d\d-\d\d) )?(\d\d:\d\d:\d\d)(\.\d+)?(\+00)?( \(BC\))?")


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def fetchable(column: Column) -> str:
    """The expression that fetches a column without loss and without optional packages.

    Dates and times become text, which holds every year; nested types become JSON with exact leaves.
    """
    name = quoted(column.name)
    if is_direct(column.type):
        return name
    shape = shape_of(column.type)
    if shape.kind in _TIMES or shape.kind in _AS_TEXT:
        return f"CAST({name} AS VARCHAR) AS {name}"
    return f"to_json({_exact(name, shape, 0)})::VARCHAR AS {name}"


def is_direct(kind: str) -> bool:
    """Whether the type is fetched without conversion."""
    return (
        kind in _SMALL | _LARGE | _TEXTS | _FLOATS
        or kind in ("BOOLEAN", "BLOB")
        or _DECIMAL.fullmatch(kind) is not None
        or (kind.startswith("ENUM(") and not kind.endswith("]"))
    )


def converter(kind: str) -> Convert | None:
    """A converter from the fetched value to JSON; None if no conversion is needed."""
    if kind in _SMALL | _TEXTS or kind == "BOOLEAN" or (kind.startswith("ENUM(") and not kind.endswith("]")):
        return None
    if kind == "BLOB":
        return _base64
    shape = shape_of(kind)
    leaf = _leaf(shape)
    if leaf is not None:
        return leaf
    inside = _inside(shape)
    # orjson does not read NaN, which values of opaque types may contain.
    return lambda text: inside(json.loads(text, parse_constant=str))


def json_type(kind: str) -> dict[str, JsonValue]:
    """JSON schema of a column's converted values; always nullable."""
    return _schema(shape_of(kind))


def _schema(shape: Shape) -> dict[str, JsonValue]:
    if shape.kind == "LIST":
        return {"type": ["array", "null"], "items": _schema(shape.parts[0])}
    if shape.kind == "TUPLE":
        return {"type": ["array", "null"]}
    if shape.kind in ("STRUCT", "MAP"):
        return {"type": ["object", "null"]}
    decimal = _DECIMAL.fullmatch(shape.kind)
    if decimal:
        return {"type": ["number" if int(decimal[1]) <= _EXACT_DIGITS else "string", "null"]}
    if shape.kind in _JSON_TYPES:
        return dict(_JSON_TYPES[shape.kind])
    is_text = is_direct(shape.kind) or shape.kind in _AS_TEXT
    return {"type": ["string", "null"]} if is_text else {}


def not_finite(kind: str, value: JsonValue) -> str:
    """`NaN` or an infinity if a value of this type is one or contains one in a list; else empty."""
    shape = shape_of(kind)
    while shape.kind == "LIST":
        shape = shape.parts[0]
    return _first_not_finite(value) if shape.kind in _FLOATS else ""


def _first_not_finite(value: JsonValue) -> str:
    if isinstance(value, list):
        return next(filter(None, map(_first_not_finite, value)), "")
    return value if isinstance(value, str) and value in NOT_FINITE else ""


def result_hash(columns: Iterable[Column], rows: Sequence[bytes]) -> str:
    """SHA-256 over names, types and sorted rows, independent of the order of rows.

    Args:
        columns: The columns in order.
        rows: Each row's values as JSON.
    """
    digest = hashlib.sha256(orjson.dumps([[column.name, column.type] for column in columns]))
    for row in sorted(rows):
        digest.update(b"\n")
        digest.update(row)
    return digest.hexdigest()[:32]


def _exact(value: str, shape: Shape, depth: int) -> str:
    """An expression with lossless JSON: leaves without an exact JSON form are cast to text."""
    item = f"x{depth}"
    if shape.kind == "LIST":
        inner = _exact(item, shape.parts[0], depth + 1)
        return value if inner == item else f"list_transform({value}, lambda {item}: {inner})"
    if shape.kind in ("STRUCT", "TUPLE"):
        fields = [f"struct_extract({value}, {literal(name)})" for name in shape.names]
        fields = fields or [f"struct_extract_at({value}, {place + 1})" for place in range(len(shape.parts))]
        parts = [_exact(one, part, depth + 1) for one, part in zip(fields, shape.parts, strict=True)]
        if shape.names:
            packed = ", ".join(f"{quoted(name)} := {one}" for name, one in zip(shape.names, parts, strict=True))
            made = f"struct_pack({packed})"
        else:
            made = f"row({', '.join(parts)})"
        return f"CASE WHEN {value} IS NULL THEN NULL ELSE {made} END"
    if shape.kind == "MAP":
        key, inner = _exact(item, shape.parts[0], depth + 1), _exact(item, shape.parts[1], depth + 1)
        key = f"CAST({key} AS VARCHAR)" if not shape.parts[0].parts else f"to_json({key})::VARCHAR"
        keys = f"list_transform(map_keys({value}), lambda {item}: {key})"
        values = f"list_transform(map_values({value}), lambda {item}: {inner})"
        return f"CASE WHEN {value} IS NULL THEN NULL ELSE map({keys}, {values}) END"
    return _exact_leaf(value, shape.kind)


def _exact_leaf(value: str, kind: str) -> str:
    if kind in _SMALL or kind in ("BOOLEAN", "VARCHAR"):
        return value
    if kind == "BLOB":
        return f"to_base64({value})"
    if kind == "FLOAT":
        return f"CAST(CAST({value} AS DOUBLE) AS VARCHAR)"  # like a float column
    if kind in _LARGE | _TIMES | _AS_TEXT | {"DOUBLE", "JSON"} or kind.startswith(("DECIMAL(", "ENUM(")):
        return f"CAST({value} AS VARCHAR)"
    return value


def _leaf(shape: Shape) -> Convert | None:
    """The converter of a scalar type that differs in JSON."""
    if decimal := _DECIMAL.fullmatch(shape.kind):
        return float if int(decimal[1]) <= _EXACT_DIGITS else _digits
    if shape.kind in _FLOATS:
        return _finite
    if shape.kind in _LARGE:
        return _whole
    if shape.kind in _TIMES:
        return _iso
    return str if shape.kind in _AS_TEXT else None


def _inside(shape: Shape) -> Convert:
    """The converter of a value in JSON text from `_exact`."""
    if shape.kind == "LIST":
        each = _or_null(_inside(shape.parts[0]))
        return lambda value: [each(item) for item in value]
    if shape.kind == "TUPLE":
        places = [_or_null(_inside(part)) for part in shape.parts]
        return lambda value: [one(item) for one, item in zip(places, value, strict=True)]
    if shape.kind == "STRUCT":
        fields = dict(zip(shape.names, (_or_null(_inside(part)) for part in shape.parts), strict=True))
        return lambda value: {name: one(value[name]) for name, one in fields.items()}
    if shape.kind == "MAP":
        key = _inside(shape.parts[0]) if shape.parts[0].kind in _TIMES | _FLOATS else str
        each = _or_null(_inside(shape.parts[1]))
        return lambda value: {str(key(name)): each(item) for name, item in value.items()}
    return _leaf(shape) or _plain


def _or_null(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)


def _plain(value: object) -> JsonValue:
    """JSON of an opaque type: its integers may exceed 64 bits."""
    if isinstance(value, int) and not isinstance(value, bool):
        return _whole(value)
    if isinstance(value, list):
        return [_plain(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in cast("dict[str, object]", value).items()}
    return cast("JsonValue", value)


def _whole(value: int | str) -> JsonValue:
    # JSON readers are limited to 64 bits; integer sums have 128 bits but rarely need them.
    number = int(value)
    return number if -(2**63) <= number < 2**63 else str(number)


def _finite(value: float | str) -> JsonValue:
    number = float(value)
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def _digits(value: object) -> JsonValue:
    return value if isinstance(value, str) else f"{value:f}"


def _iso(value: str) -> JsonValue:
    """ISO 8601 of DuckDB's text; dates, and values without an ISO form, are unchanged."""
    found = _MOMENT.fullmatch(value)
    if found is None:
        return value
    day, clock, fraction, zone, before = found.groups()
    fraction = f"{fraction:0<7}" if fraction else ""
    return f"{day + 'T' if day else ''}{clock}{fraction}{'+00:00' if zone else ''}{before or ''}"


def _base64(value: bytes) -> JsonValue:
    return base64.b64encode(value).decode("ascii")


_JSON_TYPES: Final[dict[str, dict[str, JsonValue]]] = {
    **{kind: {"type": ["integer", "null"]} for kind in _SMALL | _LARGE},
    **{kind: {"type": ["string", "null"], "format": "date-time"} for kind in _TIMES},
    "BOOLEAN": {"type": ["boolean", "null"]},
    "DOUBLE": {"type": ["number", "null"]},
    "FLOAT": {"type": ["number", "null"]},
    "DATE": {"type": ["string", "null"], "format": "date"},
    "TIME": {"type": ["string", "null"], "format": "time"},
    "TIME_NS": {"type": ["string", "null"], "format": "time"},
}
