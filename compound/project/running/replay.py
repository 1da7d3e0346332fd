"""Replay a recorded run of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from compound.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from compound.graph import ReplayResult
    from compound.project.running.opened import OpenedProject


async def replay(
    project: OpenedProject, run_id: str, *, mode: Literal["pinned", "fresh"], swaps: Mapping[str, JsonValue]
) -> ReplayResult:
    """Run a recorded run of the project again, through the present graph.

    Raises:
        RunError: ``replay.unknown-run``: the run does not exist; ``replay.pruned``: its content was removed by its
            policy; ``replay.no-content``: its traces have no values.
    """
    import sqlalchemy as sa

    from compound.connector.state import tables
    from compound.graph.run.replay import Recording
    from compound.project.view.times import moment

    with project.resources.state.read() as db:
        row = db.execute(sa.select(tables.run).where(tables.run.c.run_id == run_id)).mappings().first()
    if row is None:
        raise RunError("replay.unknown-run", f"no run has the id {run_id!r}", fix="compound traces list")
    if row["pruned_at"] is not None:
        when = moment(row["pruned_at"])
        what = f"the content of run {run_id} was removed on {when} by its policy"
        raise RunError("replay.pruned", what, fix="replay a newer run, or keep content longer: `retention.content`")
    recording = Recording.of(project.traces(), run_id)
    if not recording.last:
        what = f"the traces of run {run_id} have no values to replay"
        raise RunError("replay.no-content", what, fix="record with content, and keep the traces")
    recording.amends = _amends(project, run_id)
    async with project.engine(str(row["graph_name"])) as engine:
        return await engine.replay(
            row["input"] or {},
            recording,
            run_id=f"replay-{uuid4().hex[:12]}",
            context=row["context"] or {},
            mode=mode,
            swaps=swaps,
        )


def _amends(project: OpenedProject, run_id: str) -> dict[str, Mapping[str, JsonValue]]:
    """The values after people's edits before each review, of the newest round."""
    from compound.review import ReviewFilter, Status
    from compound.review.stored.offer import WITHOUT_EFFECTS

    queue = project.services.queue
    items = [queue.show(one.review_id) for one in queue.list(ReviewFilter(run_id=run_id, statuses=(Status.DECIDED,)))]
    found: dict[str, Mapping[str, JsonValue]] = {}
    for item in sorted(items, key=lambda one: (one.returns, one.level)):
        last = queue.decisions(item.review_id)[-1]
        if last.final and last.action not in WITHOUT_EFFECTS:
            found[item.node] = last.draft.amends
    return found
