"""Types of customer keys: which comparisons keep distinct keys distinct.

DuckDB casts one side of a comparison. `user_id = $c` with a BOOLEAN parameter casts every key to BOOLEAN, which
matches the rows of most customers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_SAME: Final = {
    "TEXT": "VARCHAR", "STRING": "VARCHAR", "CHAR": "VARCHAR", "BPCHAR": "VARCHAR", "NVARCHAR": "VARCHAR",
    "INT": "INTEGER", "INT4": "INTEGER", "SIGNED": "INTEGER", "INT32": "INTEGER", "INTEGRAL": "INTEGER",
    "INT8": "BIGINT", "LONG": "BIGINT", "INT64": "BIGINT", "OID": "BIGINT",
    "INT2": "SMALLINT", "SHORT": "SMALLINT", "INT16": "SMALLINT", "INT1": "TINYINT", "INT128": "HUGEINT",
    "GUID": "UUID",
}  # fmt: skip
_INTEGERS: Final = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"})
_FROM_TEXT: Final = _INTEGERS | {"UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "UUID"}


def plain_type(name: str) -> str:
    """DuckDB's canonical name of a type: `VARCHAR` for `text`."""
    upper = name.upper().replace(" ", "")
    return _SAME.get(upper, upper)


def cast_type(node: Mapping[str, Any]) -> str:
    """The target type of a CAST node; empty if it is not a simple type."""
    kind: Mapping[str, Any] = node.get("type_expr") or {}
    path = (kind.get("qualified_name") or {}).get("path") or []
    if len(path) != 1:
        return ""
    inner = [str((one.get("literal") or {}).get("text", "")) for one in kind.get("children") or []]
    name = plain_type(str(path[0]))
    return f"{name}({','.join(inner)})" if inner else name


def tells_apart(given: str, key: str) -> bool:
    """Whether distinct keys of type `key` are never equal to the same value of type `given`.

    Args:
        given: Type of a parameter or a column.
        key: Type of the key.
    """
    given, key = plain_type(given), plain_type(key)
    if given == key or (given in _INTEGERS and key in _INTEGERS):
        return True
    # The engine casts the text, not the key.
    return given == "VARCHAR" and key in _FROM_TEXT
