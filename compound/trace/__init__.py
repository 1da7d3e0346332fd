"""Spans: what every node did, with which data, for how much; recorded, stored and queried.

Rooms emit through `child`; `compound.graph` opens runs and nodes through a `Recorder`; everybody reads
through a store's `sql`, `list_runs` and `tree`. Importing this package loads neither OpenTelemetry nor DuckDB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compound.trace._active import ActiveSpan, child, current, event
from compound.trace._columns import Value
from compound.trace._payload import digest
from compound.trace._store import Answer, MemoryStore, SpanStore, TraceNode, TraceReader

if TYPE_CHECKING:
    from compound.trace._parquet import ParquetStore
    from compound.trace._recorder import Recorder, trace_id_of

__all__ = [
    "ActiveSpan",
    "Answer",
    "MemoryStore",
    "ParquetStore",
    "Recorder",
    "SpanStore",
    "TraceNode",
    "TraceReader",
    "Value",
    "child",
    "current",
    "digest",
    "event",
    "trace_id_of",
]


def __getattr__(name: str) -> object:
    """Load the recorder (OpenTelemetry) and the Parquet store only where one is made."""
    if name in {"Recorder", "trace_id_of"}:
        from compound.trace import _recorder

        return getattr(_recorder, name)
    if name == "ParquetStore":
        from compound.trace._parquet import ParquetStore

        return ParquetStore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
