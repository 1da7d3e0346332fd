"""Legs: parts of a run between two stops, and what is stored about them."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from compound.errors import ConflictError, NodeError, RunError
from compound.graph.engine.frame import Frame
from compound.graph.engine.rulings import first_rulings
from compound.graph.run.active import ActiveRun
from compound.graph.run.dataflow import run_program
from compound.graph.run.result import RunResult
from compound.graph.store.kept_graphs import keep_graph
from compound.graph.store.runs import RunLedger, RunRecord

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.engine.durable import Durable
    from compound.graph.port.services import EffectGate, Services
    from compound.spec.graph_file import GraphSpec


class Legs:
    """Runs of one graph, leg by leg.

    Args:
        frame: The graph.
        ledger: The table of runs.
        checkpoints: langgraph's store of the state of runs; None: in memory.
        store_wait_s: How long a checkpoint waits for another process that has locked the file.
        is_kept: Whether the ledger already has the graph.
    """

    def __init__(
        self,
        frame: Frame,
        ledger: RunLedger,
        checkpoints: Path | None,
        *,
        store_wait_s: float,
        is_kept: bool = False,
    ) -> None:
        self.frame = frame
        self.ledger = ledger
        self._checkpoints = checkpoints
        self._store_wait_s = store_wait_s
        self._is_kept = is_kept
        self._durable: Durable | None = None

    def open(self) -> None:
        """Look up every name; see `Frame.bind`."""
        self.frame.bind()
        if self.frame.plan.has_boundaries:
            # Import now, before anybody waits: langgraph takes most of a second.
            importlib.import_module("compound.graph.engine.elements")

    def close(self) -> None:
        """Close the checkpoints."""
        if self._durable is not None:
            self._durable.close()
            self._durable = None

    def of_version(self, spec: GraphSpec, services: Services) -> Legs:
        """Runs of another version of this graph, in the same stores."""
        frame = Frame(spec, services, self.frame.recorder)
        return Legs(frame, self.ledger, self._checkpoints, store_wait_s=self._store_wait_s, is_kept=True)

    def known(self, run_id: str, effect_gate: EffectGate | None) -> tuple[ActiveRun, RunRecord]:
        """An earlier run, and its record.

        Raises:
            RunError: ``graph.unknown-run``. ConflictError: ``graph.cancelled``, ``graph.pruned``.
        """
        record = self.ledger.get(run_id)
        if record is None:
            raise RunError("graph.unknown-run", f"no run has the id {run_id!r}", fix="compound traces list")
        require_content(record)
        active = self.frame.activate(run_id, record.thread_id, record.input, record.context, None)
        active.gate = effect_gate
        return active, record

    def begin(self, active: ActiveRun) -> None:
        """Store a new run, and its graph.

        Raises:
            ConflictError: ``graph.draining``.
        """
        if self.frame.spec.on_change == "drain":
            waiting = self.ledger.unfinished(self.frame.spec.name, self.frame.plan.hash)
            if waiting:
                what = f"{waiting} runs of {self.frame.spec.name} are not finished on the earlier graph; it drains"
                fix = "decide what waits (compound review list), or remove `on_change: drain`"
                raise ConflictError("graph.draining", what, fix=fix)
        if self.ledger.is_durable:
            self.frame.arrive(active.run_id, active.input, active.message)
        if not self._is_kept:
            self.ledger.keep_graph(self.frame.plan.hash, self.frame.spec.name, keep_graph(self.frame.plan))
            self._is_kept = True
        self.ledger.start(self._new_record(active))

    async def begin_again(self, active: ActiveRun, record: RunRecord, node: str) -> RunResult:
        """Run the nodes before a review again."""
        from compound.graph.engine.continuing import begin_again
        from compound.graph.engine.passes import split_element

        if record.moved_from is not None:
            active.checkpoint_id = self.moved_id(active)
        durable = self.open_durable()
        self.ledger.set(active.run_id, "running")
        if node in self.frame.plan.steps:
            await begin_again(active, self.frame.plan, durable, node)
        else:
            element, inner = split_element(node)
            active.redrafts[element], active.redraft = (inner, active.redraft), "no"
        return await self.leg(active, replace(record, status="running"))

    async def leg(self, active: ActiveRun, record: RunRecord | None) -> RunResult:
        """Run to the next stop, and store the status of the run."""
        durable = self.open_durable() if self.frame.plan.has_boundaries else None
        with self.frame.root(active, resumed=record is not None) as span:
            is_direct = durable is None
            result = await (self.direct(active) if is_direct else self._advance(active, record, durable))
            self.frame.closing(span, result)
        self._settle(active, result)
        if durable is not None and result.status == "done":
            for checkpoint_id in {active.run_id, active.checkpoint_id}:
                await durable.forget(checkpoint_id)
        return result

    def _settle(self, active: ActiveRun, result: RunResult) -> None:
        """Store the status of the run, after its spans: a settled run always has all of them."""
        if self.frame.recorder is not None and self.ledger.is_durable:
            self.frame.recorder.hand_over()
        if result.status == "waiting_review":
            self.ledger.set(active.run_id, "waiting_review")
        else:
            self._finish(active, result)

    async def _advance(self, active: ActiveRun, record: RunRecord | None, durable: Durable) -> RunResult:
        from compound.graph.engine.continuing import advance

        active.is_resumed = record is not None
        if record is not None and self.frame.services.reviews is not None:
            active.instruct(await self.frame.services.reviews.instruction(active.run_id))
        reviews = self.frame.services.reviews
        waiting, resumed = await advance(active, None if record is None else record.status, durable, reviews)
        await self._require_taken(active, waiting, resumed)
        if waiting:
            items = tuple(waiting.values())
            return self.frame.result(active, "waiting_review", items=items)
        if missing := [name for name in self.frame.plan.steps if name not in active.outcomes]:
            what = f"run {active.run_id} ended, but {', '.join(missing)} did not run"
            raise RunError("graph.unfinished", what, fix="look at the run's trace; the same command tries again")
        return self.frame.result(active, "done")

    async def _require_taken(self, active: ActiveRun, waiting: Mapping[str, str], resumed: tuple[str, ...]) -> None:
        """Refuse a run that still waits for an item although its decision stands.

        Raises:
            RunError: ``graph.resume-not-taken``.
        """
        reviews = self.frame.services.reviews
        stuck = [waiting[one] for one in sorted(set(waiting) & set(resumed))]
        if reviews is None or not stuck:
            return
        stands = [one for one in stuck if await reviews.decision(one) is not None]
        if stands:
            what = f"run {active.run_id} was resumed, but still waits for {', '.join(stands)}"
            raise RunError("graph.resume-not-taken", what, fix="look at the run's trace; resume it again")

    async def direct(self, active: ActiveRun) -> RunResult:
        """Run a graph without reviews and effects."""
        for segment in self.frame.plan.segments:
            program = self.frame.plan.programs[segment.name]
            await run_program(program, active, scope=active.scope, outcomes=active.outcomes)
        return self.frame.result(active, "done")

    async def first_leg(self, active: ActiveRun) -> RunResult:
        """Run the nodes before the first reviews and effects; nothing is stored."""
        if not self.frame.plan.has_boundaries:
            return await self.direct(active)
        ruled = await first_rulings(self.frame.plan, self.frame.services, active)
        return replace(
            self.frame.result(active, "stopped"),
            auto={name: one is not None and one.is_automatic for name, one in ruled.items()},
            auto_scores={name: one.score for name, one in ruled.items() if one is not None and one.score is not None},
        )

    def _finish(self, active: ActiveRun, result: RunResult) -> None:
        if result.error is None:
            self.ledger.set(active.run_id, "done", output=result.output)
        else:
            node = result.error.node if isinstance(result.error, NodeError) else ""
            error = {**result.error.to_json(), "node": node}
            self.ledger.set(active.run_id, "failed", error=cast("Mapping[str, JsonValue]", error))

    def _new_record(self, active: ActiveRun) -> RunRecord:
        return RunRecord(
            run_id=active.run_id,
            graph_name=active.graph_name,
            graph_hash=active.graph_hash,
            graph_version=self.frame.spec.version,
            thread_id=active.thread_id,
            status="running",
            input=active.input,
            context=active.context,
            item=active.item or self.frame.roles.run_item(active.input),
        )

    def moved_id(self, active: ActiveRun) -> str:
        """The checkpoint of a run that moved to this graph."""
        return f"{active.run_id}~{self.frame.plan.hash[:16]}"

    def open_durable(self) -> Durable:
        """The checkpoints; opened when a run first needs them."""
        if self._durable is None:
            from compound.graph.engine.elements import durable_of

            durable = durable_of(self.frame.plan, self.frame.services)
            durable.open(self._checkpoints, wait_s=self._store_wait_s)
            self._durable = durable
        return self._durable


def require_content(record: RunRecord | None) -> None:
    """Refuse a run that was cancelled, or whose content was removed."""
    if record is not None and record.status == "cancelled":
        what = f"run {record.run_id} was cancelled: {(record.error or {}).get('what')}"
        raise ConflictError("graph.cancelled", what, fix="start a new run with another id")
    if record is not None and record.pruned_at is not None:
        what = f"run {record.run_id} is over ({record.status}), and its content was removed by its policy"
        raise ConflictError("graph.pruned", what, fix="start a new run with another id")
