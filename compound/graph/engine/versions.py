"""A run whose graph changed: it continues with its own version, or moves to the new one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import structlog

from compound.errors import ConflictError, ProjectError
from compound.graph.engine.legs import Legs
from compound.graph.engine.moving import Move, plan_move
from compound.graph.run.active import ActiveRun
from compound.graph.run.result import RunResult
from compound.graph.store.kept_graphs import KeptServices, read
from compound.graph.store.runs import RunRecord

if TYPE_CHECKING:
    from compound.graph.port.services import Services

log = structlog.stdlib.get_logger(__name__)


class Versions:
    """Runs of one graph, and of its earlier versions.

    Args:
        legs: The present graph.
    """

    def __init__(self, legs: Legs) -> None:
        self.legs = legs
        self._others: dict[str, Versions] = {}

    def close(self) -> None:
        """Close the checkpoints of all versions."""
        for other in self._others.values():
            other.close()
        self._others.clear()
        self.legs.close()

    def of(self, record: RunRecord) -> Versions:
        """The version of the graph that a run belongs to."""
        return self if record.graph_hash == self.legs.frame.plan.hash else self.kept(record.graph_hash)

    async def go(self, active: ActiveRun, record: RunRecord | None) -> RunResult:
        """Start or resume a run, on its own version of the graph."""
        if record is not None:
            if record.status == "done":
                return RunResult(run_id=active.run_id, status="done", output=record.output)
            if record.graph_hash != self.legs.frame.plan.hash or record.moved_from is not None:
                return await self._go_changed(active, record)
        else:
            self.legs.begin(active)
        return await self.legs.leg(active, record)

    async def _go_changed(self, active: ActiveRun, record: RunRecord) -> RunResult:
        """Resume a run that was started with another version of the graph."""
        spec = self.legs.frame.spec
        has_moved = record.graph_hash == self.legs.frame.plan.hash
        if has_moved:
            active.checkpoint_id = self.legs.moved_id(active)
            durable = self.legs.open_durable()
            if (await durable.snapshot(active.checkpoint_id)).values:
                return await self.legs.leg(active, record)
        old = self.kept(record.moved_from if has_moved and record.moved_from else record.graph_hash)
        why_not = "the graph pins its runs" if spec.on_change != "migrate" else ""
        if not why_not and self.legs.frame.plan.has_boundaries and old.legs.frame.plan.has_boundaries:
            durable = old.legs.open_durable()
            snapshot = await durable.snapshot(active.run_id)
            move = await plan_move(
                active.run_id, snapshot, old.legs.frame.plan, self.legs.frame.plan, self.legs.frame.services
            )
            if not move.why_not:
                return await self._move(active, record, move)
            why_not = move.why_not
        log.info("run.pinned", run_id=active.run_id, graph=spec.name, graph_hash=record.graph_hash, why=why_not)
        again = active.run_id, active.thread_id, active.input, active.context, active.example_id
        pinned = old.legs.frame.activate(*again)
        pinned.gate, pinned.listener = active.gate, active.listener
        return await old.go(pinned, record)

    async def _move(self, active: ActiveRun, record: RunRecord, move: Move) -> RunResult:
        """Restart in this graph with the valid outcomes; after a crash `moved_from` leads back."""
        if record.moved_from is None:
            self.legs.ledger.move(active.run_id, self.legs.frame.plan.hash, self.legs.frame.spec.version)
            record = replace(record, moved_from=record.graph_hash, graph_hash=self.legs.frame.plan.hash)
        active.checkpoint_id = self.legs.moved_id(active)
        active.reopens = move.reopens
        for name, outcome in move.outcomes.items():
            active.settle(name, outcome)
        log.info("run.moved", run_id=active.run_id, graph=self.legs.frame.spec.name, kept=sorted(move.outcomes))
        self.legs.ledger.set(active.run_id, "running")
        return await self.legs.leg(active, replace(record, status="running"))

    def kept(self, graph_hash: str) -> Versions:
        """The runs of an earlier version of a graph.

        Raises:
            ConflictError: ``graph.changed``: it was not stored, or a part that it calls was deleted.
        """
        name = self.legs.frame.spec.name
        if graph_hash not in self._others:
            data = self.legs.ledger.graph(graph_hash)
            if data is None:
                what = f"the run was started with another version of {name} ({graph_hash[:12]})"
                raise ConflictError("graph.changed", what, fix="start a new run; that version was not stored")
            spec, graphs = read(data)
            services = cast("Services", KeptServices(self.legs.frame.services, graphs))
            try:
                other = Versions(self.legs.of_version(spec, services))
                other.legs.open()
                self._others[graph_hash] = other
            except ProjectError as error:
                what = f"the run's own version of {name} ({graph_hash[:12]}) can no longer run: {error.what}"
                raise ConflictError("graph.changed", what, fix=error.fix) from error
        return self._others[graph_hash]
