"""Values of Python and of tables as JSON."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence, Set
from decimal import Decimal
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from pydantic import JsonValue

_EXACT_DIGITS: Final = 15
_LARGEST: Final = 2**63


def json_value(value: object) -> JsonValue:  # noqa: PLR0911 - one return per kind of value
    """A value as JSON: times are ISO 8601, blobs base64, decimals beyond 15 digits and integers beyond 64 bits text.

    NaN and infinity are `NaN`, `Infinity` and `-Infinity`, as in results of SQL.
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return value if -_LARGEST <= value < 2 * _LARGEST else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else _not_finite(value)
    if isinstance(value, Decimal):
        return float(value) if len(value.as_tuple().digits) <= _EXACT_DIGITS else str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {str(key): json_value(one) for key, one in cast("Mapping[object, object]", value).items()}
    if isinstance(value, (Sequence, Set)):
        return [json_value(one) for one in cast("Sequence[object]", value)]
    written = getattr(value, "isoformat", None)
    return str(value) if written is None else str(written())


def _not_finite(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
