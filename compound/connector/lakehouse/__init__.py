"""The lakehouse: Delta tables, Parquet and DuckDB files, pinned and read exactly or refused with a reason.

`Lakehouse.open` pins every table of a folder, copies its version once into a native snapshot, and opens a
hardened read-only connection. `guard` proves on the syntax tree that a statement only reads what it declares.
`write_table` writes Delta tables with idempotent commits. Importing this package loads neither DuckDB nor
deltalake; using it does.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from ._types import (
    Column,
    CustomerKey,
    Limits,
    QueryResult,
    Resources,
    TableInfo,
    TableOptions,
)

if TYPE_CHECKING:
    from ._asking import Ask, Asked
    from ._customer import unrestricted_tables
    from ._guard import Refused, Statement, guard
    from ._lakehouse import Lakehouse
    from ._query import Prepared
    from ._values import json_type, not_finite
    from ._workers import Cancellation, Stopped
    from ._writer import AppTransaction, Written, write_table

_HOME: Final = {
    "Ask": "_asking",
    "Asked": "_asking",
    "Cancellation": "_workers",
    "Stopped": "_workers",
    "Lakehouse": "_lakehouse",
    "Prepared": "_query",
    "Statement": "_guard",
    "guard": "_guard",
    "Refused": "_guard",
    "json_type": "_values",
    "not_finite": "_values",
    "unrestricted_tables": "_customer",
    "write_table": "_writer",
    "AppTransaction": "_writer",
    "Written": "_writer",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


__all__ = [
    "AppTransaction",
    "Ask",
    "Asked",
    "Cancellation",
    "Column",
    "CustomerKey",
    "Lakehouse",
    "Limits",
    "Prepared",
    "QueryResult",
    "Refused",
    "Resources",
    "Statement",
    "Stopped",
    "TableInfo",
    "TableOptions",
    "Written",
    "guard",
    "json_type",
    "not_finite",
    "unrestricted_tables",
    "write_table",
]
