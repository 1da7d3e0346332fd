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
    TableInfo,
    TableOptions,
)

if TYPE_CHECKING:
    from ._customer import unrestricted_tables
    from ._guard import Statement, guard
    from ._lakehouse import Lakehouse
    from ._query import Prepared
    from ._values import json_type

_HOME: Final = {
    "Lakehouse": "_lakehouse",
    "Prepared": "_query",
    "Statement": "_guard",
    "guard": "_guard",
    "json_type": "_values",
    "unrestricted_tables": "_customer",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


__all__ = [
    "Column",
    "CustomerKey",
    "Lakehouse",
    "Limits",
    "Prepared",
    "QueryResult",
    "Statement",
    "TableInfo",
    "TableOptions",
    "guard",
    "json_type",
    "unrestricted_tables",
]
