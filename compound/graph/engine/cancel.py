"""Cancels a waiting run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from compound.errors import ConflictError, RunError
from compound.graph.store.locks import lock_file, run_lock
from compound.graph.store.runs import StateLedger

if TYPE_CHECKING:
    from compound.connector.state import StateStore


async def cancel_run(
    state: StateStore, checkpoints: Path, run_id: str, *, actor: str, reason: str, wait_s: float = 60.0
) -> None:
    """Mark a run as cancelled; it can never resume. The caller withdraws its reviews first.

    Raises:
        RunError: ``graph.unknown-run``.
        ConflictError: ``graph.run-done``; ``graph.run-busy``: a process is running it.
    """
    ledger = StateLedger(state)
    async with run_lock(lock_file(checkpoints), run_id, wait_s=wait_s):
        record = ledger.get(run_id)
        if record is None:
            raise RunError("graph.unknown-run", f"no run has the id {run_id!r}", fix="compound traces list")
        if record.status == "done":
            raise ConflictError("graph.run-done", f"run {run_id} is done", fix="there is nothing to cancel")
        told = f"{actor}: {reason}" if reason else actor
        ledger.set(run_id, "cancelled", error={"code": "graph.cancelled", "what": told, "fix": ""})
