"""Compound without a recorder, to tell what the engine costs and what its traces do."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from tests.bench.peers import compound_graph


def opened() -> AbstractAsyncContextManager[compound_graph.Traced]:
    """The graph without traces."""
    return compound_graph.opened(is_traced=False)
