"""Spans: what every node did, with which data, for how much; recorded, stored and queried.

Rooms emit through `child`; `compound.graph` opens runs and nodes through a `Recorder`; everybody reads
through a store's `sql`, `list_runs` and `tree`. Importing this package loads neither OpenTelemetry nor
DuckDB.
"""

from __future__ import annotations

from compound.trace._store import Answer, SpanStore, TraceNode, TraceReader

__all__ = ["Answer", "SpanStore", "TraceNode", "TraceReader"]
