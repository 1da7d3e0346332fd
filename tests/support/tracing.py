"""Recorders of tests, with the stores that they write to."""

from __future__ import annotations

from pathlib import Path

from compound.trace.parquet import ParquetStore
from compound.trace.recorder import Recorder
from compound.trace.store import MemoryStore

__all__ = ["Recorder", "in_memory", "on_disk"]


def in_memory() -> tuple[MemoryStore, Recorder]:
    """A store in memory and a recorder that writes to it."""
    store = MemoryStore()
    return store, Recorder(store)


def on_disk(folder: Path | str) -> tuple[ParquetStore, Recorder]:
    """A store of Parquet files and a recorder that writes to it."""
    store = ParquetStore(folder)
    return store, Recorder(store)
