"""Checkpoints that outlived their runs: of failed runs, and of runs whose process died right at the end."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver


def drop_checkpoints(path: Path, run_ids: Collection[str], *, dry_run: bool = False) -> int:
    """Delete the checkpoints of runs, including those that moved to another graph; returns the number of runs.

    Args:
        path: The file of the checkpoints; it may not exist.
        run_ids: Runs that are over, held by `idle_runs`.
        dry_run: Whether to only count.
    """
    if not path.is_file():
        return 0
    from compound.graph.store.saver import CheckpointFile

    saver = CheckpointFile.open(path)
    try:
        known = saver.conn.execute("SELECT thread_id FROM checkpoints UNION SELECT thread_id FROM writes").fetchall()
        found = {str(thread): str(thread).partition("~")[0] for (thread,) in known}
        mine = {thread: run_id for thread, run_id in found.items() if run_id in run_ids}
        if mine and not dry_run:
            saver.conn.execute("PRAGMA secure_delete = ON")
            for thread in mine:
                saver.delete_thread(thread)
        return len(set(mine.values()))
    finally:
        saver.close()


def threads_of_elements(saver: BaseCheckpointSaver[str], checkpoint_id: str) -> list[str]:
    """The checkpoints of all elements of a run's maps."""
    from compound.graph.store.saver import CheckpointFile

    start = f"{checkpoint_id}~"
    if isinstance(saver, CheckpointFile):
        query = "SELECT DISTINCT thread_id FROM checkpoints WHERE thread_id > ? AND thread_id < ?"
        return [str(row[0]) for row in saver.conn.execute(query, (start, f"{checkpoint_id}\x7f")).fetchall()]
    return [name for name in getattr(saver, "storage", {}) if name.startswith(start)]


def has_checkpoint(path: Path, run_id: str) -> bool:
    """Whether a run, or its continuation in another graph, has a checkpoint in this file."""
    if not path.is_file():
        return False
    from compound.graph.store.saver import CheckpointFile

    saver = CheckpointFile.open(path)
    try:
        query = "SELECT 1 FROM checkpoints WHERE thread_id = ? OR (thread_id > ? AND thread_id < ?) LIMIT 1"
        return saver.conn.execute(query, (run_id, f"{run_id}~", f"{run_id}~g")).fetchone() is not None
    finally:
        saver.close()
