"""Runs a backlog through a graph and writes its results."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from compound.errors import ConflictError
from compound.project.running.backlog import EngineRunner, keys_of_items, open_backlog, with_context
from compound.project.running.messages import Threads
from compound.project.running.results import Results

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pydantic import JsonValue

    from compound.batch import BatchEvent, BatchOptions, BatchSummary
    from compound.project.running.opened import OpenedProject
    from compound.review.queue.queue import ReviewQueue


async def run_batch(  # noqa: PLR0913, PLR0917 - the arguments of `Project.batch`
    project: OpenedProject,
    name: str | None,
    source: str | None,
    options: BatchOptions,
    to: Path | None,
    context: Mapping[str, JsonValue],
    on_event: Callable[[BatchEvent], None],
) -> BatchSummary:
    """Run a backlog; see `Project.batch`."""
    from compound.batch.ledger import Ledger
    from compound.batch.runner import BatchRunner

    resources, services = project.resources, project.services
    async with project.engine(name) as engine:
        spec = engine.spec
        backlog = open_backlog(source, resources, spec, context)
        ledger = Ledger(
            resources.state,
            graph_name=spec.name,
            source=backlog.source,
            are_ids_shared=backlog.are_ids_shared,
            results=None if to is None else str(Path.cwd() / to),
        )
        results = None if to is None else Results(to, ledger, backlog.source)
        runner = BatchRunner(
            ledger,
            EngineRunner(engine, services.queue, services.outbox.outbox, services.conversations, context),
            graph_hash=spec.hash,
            folder=project.settings.home / "batch",
            on_event=on_event,
            context=context,
            keys=keys_of_items(spec),
            threads=Threads(services.conversations).of,
            withdraw=lambda run_ids: _withdraw(services.queue, run_ids),
        )
        summary = await runner.run(with_context(backlog.items, engine, context), options)
    return summary if results is None else replace(summary, results=results.write())


def _withdraw(queue: ReviewQueue, run_ids: Sequence[str]) -> None:
    """Withdraw reviews of runs that a restart discards: their drafts are no longer needed."""
    from compound.review import ReviewFilter
    from compound.review.stored.machine import UNDECIDED

    for run_id in run_ids:
        for item in queue.list(ReviewFilter(statuses=tuple(UNDECIDED), run_id=run_id)):
            try:
                queue.withdraw(item.review_id, actor="batch", reason="the batch was restarted")
            except ConflictError:
                continue  # it was just decided; the decision stands
