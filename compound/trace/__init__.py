"""Traces: spans of every node with data versions and cost; recorded, stored and queried.

Packages emit spans through `child`; `compound.graph` opens runs and nodes through a `Recorder`; readers use a store's
`sql`, `list_runs` and `tree`. Importing this package loads neither OpenTelemetry nor
DuckDB.
"""

from __future__ import annotations

from compound.trace.store import SpanStore, TraceNode, TraceReader, TraceRows

__all__ = ["SpanStore", "TraceNode", "TraceReader", "TraceRows"]
