"""What a run has kept besides its spans: removed together, for retention and for the erasure of a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compound.project.open.resources import Resources


def remove_content(
    resources: Resources, run_ids: Sequence[str], *, before: float, now: float
) -> tuple[Counter[str], set[str]]:
    """Remove the words of runs that are over: rows, checkpoints, files they made, messages they sent.

    Args:
        resources: The opened project.
        run_ids: Runs. One that is running, or that has just gone on, is left as it is.
        before: UTC seconds; what happened to a run later keeps it.
        now: UTC seconds, for the mark.

    Returns:
        How many of each kind, and the runs whose content went.
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
    """The runs in groups that one transaction takes: others write in between."""
    from compound.project.retention.prune_state import CHUNK

    for start in range(0, len(run_ids), CHUNK):
        yield run_ids[start : start + CHUNK]
