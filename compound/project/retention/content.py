"""The stored content of a run other than its spans: removed together, for retention and for erasure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compound.project.open.resources import Resources


def remove_content(
    resources: Resources, run_ids: Sequence[str], *, before: float, now: float
) -> tuple[Counter[str], set[str]]:
    """Remove the content of runs that are over: rows, checkpoints, files, sent messages.

    Args:
        resources: The opened project.
        run_ids: Run ids. A run that is running or was just resumed is left unchanged.
        before: UTC seconds; a run with later activity is left unchanged.
        now: UTC seconds, the removal time that is stored.

    Returns:
        Counts by kind, and the runs whose content was removed.
    """
    from compound.graph.store.leftovers import drop_checkpoints
    from compound.graph.store.locks import idle_runs
    from compound.project.retention.prune_state import empty_runs

    state, checkpoints = resources.state, resources.settings.home / "checkpoints.db"
    removed, emptied = Counter[str](), set[str]()

    def forget(ids: Collection[str]) -> None:
        emptied.update(ids)
        removed["checkpoints"] += drop_checkpoints(checkpoints, ids)

    for part in parts_of(run_ids):
        with idle_runs(checkpoints, part) as idle:
            removed.update(empty_runs(state, idle, before=before, now=now, on_each=forget))
    removed["files"] += resources.artifacts.remove(emptied)
    if emptied:
        removed["replies"] += sum(one.empty(emptied, now=now) for one in resources.mailboxes.values())
    return removed, emptied


def parts_of(run_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """The runs in groups of one transaction each, so that others can write in between."""
    from compound.project.retention.prune_state import CHUNK

    for start in range(0, len(run_ids), CHUNK):
        yield run_ids[start : start + CHUNK]
