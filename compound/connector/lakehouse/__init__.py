"""The lakehouse: Delta tables, Parquet and DuckDB files, pinned and read exactly or refused with a reason.

`Lakehouse.open` pins every table of a folder, copies its version once into a native snapshot, and opens a
hardened read-only connection. `guard` proves on the syntax tree that a statement only reads what it declares.
`write_table` writes Delta tables with idempotent commits. Importing this package loads neither DuckDB nor
deltalake; using it does.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
