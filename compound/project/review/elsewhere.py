"""Runs that other processes resume, and runs that wait on another host, which alone has their checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from compound.errors import ConflictError

if TYPE_CHECKING:
    from compound.project.running.opened import OpenedProject

RESUMED_ELSEWHERE: Final = frozenset({"review.resume-running", "review.resume-over"})
"""Codes that say: another process resumes this run, or has."""


def require_here(project: OpenedProject, run_id: str) -> None:
    """Raise before a decision is recorded if this host cannot resume the run.

    A run that does not wait restarts from the state store on any host. The program of a compiled graph resumes its own
    runs.

    Raises:
        ConflictError: `review.elsewhere`, naming the host that has the checkpoint.
    """
    from compound.graph.store.leftovers import has_checkpoint
    from compound.graph.store.locks import place_of

    record = project.run_record(run_id)
    if record is None or record.status != "waiting_review":
        return
    checkpoints = project.settings.home / "checkpoints.db"
    here = place_of(checkpoints)
    if record.host in (None, here) or has_checkpoint(checkpoints, run_id):
        return
    host, _, path = str(record.host).partition(":")
    what = f"run {run_id} waits on host {host}, which has its checkpoint ({path}); this is {here}"
    raise ConflictError("review.elsewhere", what, fix=f"decide it on {host}; nothing was recorded here")
