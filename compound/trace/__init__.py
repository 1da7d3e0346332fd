"""Traces: spans of every node with data versions and cost; recorded, stored and queried.

Packages emit spans through `child`; `compound.graph` opens runs and nodes through a `Recorder`; readers use a store's
`sql`, `list_runs` and `tree`. Importing this package loads neither OpenTelemetry nor
DuckDB.
"""

from compound.trace._active import SILENT, ActiveSpan, child, current, event
from compound.trace._columns import Value
from compound.trace._otel import OtelExport
from compound.trace._parquet import ParquetStore
from compound.trace._payload import digest
from compound.trace._prune import PRUNED, TraceAge, TraceCuts
from compound.trace._recorder import Recorder, trace_id_of
from compound.trace._store import Answer, MemoryStore, SpanStore, TraceNode, TraceReader

__all__ = [
    "PRUNED",
    "SILENT",
    "ActiveSpan",
    "Answer",
    "MemoryStore",
    "OtelExport",
    "ParquetStore",
    "Recorder",
    "SpanStore",
    "TraceAge",
    "TraceCuts",
    "TraceNode",
    "TraceReader",
    "Value",
    "child",
    "current",
    "digest",
    "event",
    "trace_id_of",
]
