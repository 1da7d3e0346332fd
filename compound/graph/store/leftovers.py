"""Checkpoints that outlived their runs: of failed runs, and of runs whose process died right at the end."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path


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
