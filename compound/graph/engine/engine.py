"""Run a graph: start, pause, resume, go on after a crash."""

from __future__ import annotations

import importlib
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

import structlog

from compound.errors import CompoundError, ConflictError, DataError, NodeError, ProjectError, RunError, choices
from compound.graph.engine.moving import Move, plan_move
from compound.graph.engine.rulings import rulings
from compound.graph.engine.streaming import stream_events
from compound.graph.node.binding import bind_all
from compound.graph.node.policy import longest_kept_s
from compound.graph.planning.planning import plan
from compound.graph.run.active import SILENT, ActiveRun
from compound.graph.run.dataflow import run_program
from compound.graph.run.events import RunStarted
from compound.graph.run.replay import Mode, Recording, Replay
from compound.graph.run.result import ReplayResult, RunResult
from compound.graph.store.kept_graphs import KeptServices, keep, read
from compound.graph.store.locks import hold_run, lock_file, place_of
from compound.graph.store.runs import MemoryLedger, RunLedger, RunRecord, StateLedger, digest
from compound.graph.wiring.roles import Roles
from compound.language.fill import filler
from compound.language.types import Record, parse_type
from compound.language.validate import validator
from compound.model import Budget
from compound.spec.words import parse_duration

if TYPE_CHECKING:
    from pydantic import JsonValue
    from typing_extensions import Unpack

    from compound.connector.state import RunItem, StateStore
    from compound.graph.engine.durable import Durable
    from compound.graph.engine.rehearsing import Rehearsal, Trial
    from compound.graph.port.services import EffectGate, Services
    from compound.graph.run.active import Runner
    from compound.graph.run.events import Listener, RunEvent
    from compound.spec.graph_file import GraphSpec
    from compound.spec.words import Budget as BudgetSpec
    from compound.trace import ActiveSpan, Recorder

log = structlog.stdlib.get_logger(__name__)


class RunOptions(TypedDict, total=False):
    """What `Engine.run` may be given beside input and id; see there."""

    thread_id: str | None
    context: Mapping[str, JsonValue] | None
    until: Literal["end", "review"]
    example_id: str | None
    effect_gate: EffectGate | None


class Engine:
    """Runs one graph, many times, also side by side.

    Use it as an async context manager: `async with Engine(spec, services, recorder, state, path) as engine:`.

    Args:
        spec: The graph; `check` it first, an engine only refuses what it cannot plan.
        services: The project's look-ups; every name is looked up once, when the engine is opened.
        recorder: Where spans go; None records nothing.
        state: The state store; None keeps runs in memory, and then nothing survives the process.
        checkpoint_path: SQLite file of the checkpoints; None keeps them in memory.
        lock_wait_s: How long a run waits for whoever runs the same run id.
        store_wait_s: How long a checkpoint waits for another process that holds the file.
    """

    def __init__(  # noqa: PLR0913 - all but the first two have a default
        self,
        spec: GraphSpec,
        services: Services,
        recorder: Recorder | None = None,
        state: StateStore | None = None,
        checkpoint_path: Path | str | None = None,
        *,
        lock_wait_s: float = 60.0,
        store_wait_s: float = 30.0,
    ) -> None:
        self.spec = spec
        self.plan = plan(spec, services.graph)
        self._services = services
        limits = spec.budget
        self._seconds = None if limits is None or limits.seconds is None else parse_duration(limits.seconds)
        self._budget = None if limits is None else _budget_of(spec, limits)
        self._recorder = recorder
        host = None if checkpoint_path is None else place_of(Path(checkpoint_path))
        self._ledger: RunLedger = MemoryLedger() if state is None else StateLedger(state, host=host)
        self._keeps_runs = state is not None
        self._state = state
        self._checkpoints = None if checkpoint_path is None else Path(checkpoint_path)
        self._lock_wait_s = lock_wait_s
        self._store_wait_s = store_wait_s
        self._runners: dict[str, Runner] = {}
        self._roles = Roles(spec)
        self._durable: Durable | None = None
        self._others: dict[str, Engine] = {}
        self._is_kept = False
        self._fill = filler(Record({n: parse_type(t) for n, t in spec.input.items()}), spec.type_names)
        declared = Record({n: parse_type(t) for n, t in spec.context.items()}, is_open=True)
        self._fill_context = filler(declared, spec.type_names)
        self._input_problems = validator(Record({n: parse_type(t) for n, t in spec.input.items()}), spec.type_names)
        self._context_problems = validator(declared, spec.type_names)

    async def __aenter__(self) -> Engine:
        """Look every name up.

        Raises:
            ProjectError: A name is unknown, a prompt is broken, or a graph with reviews has no queue.
        """
        kinds = {segment.kind for segment in self.plan.segments}
        for kind, service in (("review", self._services.reviews), ("effect", self._services.outbox)):
            if kind in kinds and service is None:
                what = f"the graph {self.spec.name} has a node of kind {kind}, but there is no state store"
                raise ProjectError("graph.no-state", what, fix="configure a state store")
        kept_s = longest_kept_s(self.spec, self._services)
        self._runners = bind_all(self.plan.steps.values(), self._services, longest_s=kept_s)
        if self.plan.has_boundaries:
            # Now, before anybody waits: langgraph takes most of a second to import.
            importlib.import_module("compound.graph.engine.durable")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the checkpoints."""
        for other in self._others.values():
            await other.__aexit__(None, None, None)
        self._others.clear()
        if self._durable is not None:
            self._durable.close()
            self._durable = None

    async def run(  # noqa: PLR0913 - all but the first are named
        self,
        input: Mapping[str, JsonValue],
        *,
        run_id: str,
        thread_id: str | None = None,
        context: Mapping[str, JsonValue] | None = None,
        until: Literal["end", "review"] = "end",
        example_id: str | None = None,
        item: RunItem | None = None,
        effect_gate: EffectGate | None = None,
        listener: Listener | None = None,
    ) -> RunResult:
        """Start a run; with an id that was started before, go on with it (after a crash, a pause, a failure).

        Args:
            input: The graph's `input`.
            run_id: Names the run for ever: its journal, its review items, its effects.
            thread_id: The conversation it belongs to; the run's own id when left out.
            context: The graph's `context`, stored with the run.
            until: `review` stops before the first reviews and effects and stores nothing.
            example_id: The evaluation case, for traces.
            item: Which item of a backlog it answers; that of the input when left out.
            effect_gate: Awaited once, before the first delivery.
            listener: Told what happens, one event after the other; the run waits until it has. See `stream`.

        Raises:
            DataError: ``graph.bad-input``: the input or the context is not what the graph declares.
            ConflictError: ``graph.changed``: the run's own version of the graph is not to be had any more;
                ``graph.cancelled``; ``graph.pruned``: it is over, and its content was removed;
                ``graph.other-input``: the id belongs to
                another input; ``graph.draining``: runs of the version
                before must end first; ``graph.run-busy``: somebody else runs it.
        """
        self._require_fit(input, context or {}, run_id)
        active = self._activate(run_id, thread_id or run_id, input, context or {}, example_id)
        active.gate, active.listener, active.item = effect_gate, listener, item
        await self._tell_start(active)
        if until == "review":
            with self._root(active) as span:
                return self._closing(span, await self._first_leg(active))
        if not self.plan.has_boundaries and not self._keeps_runs:
            with self._root(active) as span:
                return self._closing(span, await self._direct(active))
        async with hold_run(self._state, self._lock_file(), run_id, wait_s=self._lock_wait_s):
            record = self._ledger.get(run_id)
            _require_content(record)
            if record is not None and digest(record.input) != digest(input):
                what = f"run {run_id} was started with another input"
                raise ConflictError("graph.other-input", what, fix="give the new input a run id of its own")
            return await self._go(active, record)

    async def resume(
        self, run_id: str, *, effect_gate: EffectGate | None = None, listener: Listener | None = None
    ) -> RunResult:
        """Go on with a run whose review items were decided; harmless when nothing is decided yet.

        Several callers may resume one run: they take turns, the later ones find it done.

        Raises:
            RunError: ``graph.unknown-run``, ``graph.checkpoint-lost``, ``graph.resume-not-taken``.
            ConflictError: ``graph.changed``: its own version of the graph is not to be had any more;
                ``graph.pruned``: it is over, and its content was removed.
        """
        async with hold_run(self._state, self._lock_file(), run_id, wait_s=self._lock_wait_s):
            active, record = self._known(run_id, effect_gate)
            active.listener = listener
            await self._tell_start(active)
            return await self._go(active, record)

    async def redraft(
        self, run_id: str, node: str, *, decides: Literal["ask", "auto"] = "ask", effect_gate: EffectGate | None = None
    ) -> RunResult:
        """Run again what leads to a review, with the facts as they are now; its stale item gets the new draft.

        What other decisions and effects rest on stays. Model calls whose inputs did not change are answered from
        the journal.

        Args:
            run_id: A run that is not done.
            node: Its review node.
            decides: `ask` a person about the new draft, whatever the node's `auto` rule says, or let it decide.
            effect_gate: As for `run`.

        Raises:
            RunError: ``graph.unknown-run``.
            ConflictError: ``graph.run-done``; ``graph.changed``; ``graph.run-busy``.
        """
        async with hold_run(self._state, self._lock_file(), run_id, wait_s=self._lock_wait_s):
            _, record = self._known(run_id, None)
            if record.status == "done":
                raise ConflictError("graph.run-done", f"run {run_id} is done", fix="give the ticket a new run")
            engine = self if record.graph_hash == self.plan.hash else await self._kept(record.graph_hash)
            active, record = engine._known(run_id, effect_gate)
            active.redraft = decides
            return await engine._begin_again(active, record, node)

    async def rehearse(
        self, run_id: str, node: str, trial: Trial, *, held: Mapping[str, Any] | None = None
    ) -> Rehearsal:
        """Try a decision of a waiting run out; nothing is stored but the model calls that it needs.

        Args:
            run_id: A run that waits.
            node: Its review node.
            trial: The decision.
            held: What the run knows (`input`, `context`, `outcomes`), where it is not one of this engine's.

        Raises:
            RunError: ``graph.unknown-run``. ConflictError: ``graph.changed``.
            DataError: ``review.edit``, ``review.text-needed``, ``policy.*``: it may not be decided so.
        """
        engine = self
        if held is not None:
            active = self._activate(run_id, run_id, held["input"], held["context"], None)
        else:
            _, record = self._known(run_id, None)
            engine = self if record.graph_hash == self.plan.hash else await self._kept(record.graph_hash)
            active, record = engine._known(run_id, None)
            if record.moved_from is not None:
                active.checkpoint_id = engine._moved_id(active)
            if record.status == "waiting_review":
                await engine._open_durable().require(active)
        active.is_rehearsal = True
        outcomes = None if held is None else held["outcomes"]
        # Where nothing was changed nothing runs again, and there is nothing to trace.
        with engine._root(active, resumed=True) if trial.given else SILENT as span:
            span.pause(f"tries {trial.action}")
            try:
                return await engine._open_durable().rehearse(active, node, trial, outcomes)
            except CompoundError as error:
                span.set(refused=error.code)
                refused = error
        raise refused

    async def _begin_again(self, active: ActiveRun, record: RunRecord, node: str) -> RunResult:
        from compound.graph.engine.continuing import begin_again

        if record.moved_from is not None:
            active.checkpoint_id = self._moved_id(active)
        durable = self._open_durable()
        self._ledger.set(active.run_id, "running")
        await begin_again(active, self.plan, durable, node)
        return await self._leg(active, replace(record, status="running"))

    def _known(self, run_id: str, effect_gate: EffectGate | None) -> tuple[ActiveRun, RunRecord]:
        record = self._ledger.get(run_id)
        if record is None:
            raise RunError("graph.unknown-run", f"there is no run {run_id!r}", fix="compound traces list")
        _require_content(record)
        active = self._activate(run_id, record.thread_id, record.input, record.context, None)
        active.gate = effect_gate
        return active, record

    async def replay(
        self,
        input: Mapping[str, JsonValue],
        recording: Recording,
        *,
        run_id: str,
        context: Mapping[str, JsonValue] | None = None,
        mode: Mode = "pinned",
        swaps: Mapping[str, JsonValue] | None = None,
    ) -> ReplayResult:
        """Run a recorded run again; nothing is stored but spans, nothing takes effect.

        Args:
            input: Of the recorded run.
            recording: Its nodes.
            run_id: Of the replay; a new one.
            context: Of the recorded run.
            mode: `pinned` answers every unchanged node from the recording; `fresh` only model calls, so that
                tools and data are those of today.
            swaps: Node path to the value that stands in for it.

        Raises:
            DataError: ``graph.bad-input``.
            ProjectError: ``graph.unknown-node``: a swap names no node.
        """
        self._require_fit(input, context or {}, run_id)
        unknown = [name for name in swaps or {} if name not in self.plan.steps and name not in self._runners]
        if unknown:
            known = sorted({*self.plan.steps, *self._runners})
            raise ProjectError("graph.unknown-node", f"unknown node {unknown[0]!r}", fix=choices(known, unknown[0]))
        active = self._activate(run_id, run_id, input, context or {}, None)
        replay = Replay(recording, mode, swaps or {})
        active.is_replay, active.runners = True, replay.wrap(self._runners)
        with self._root(active) as span:
            span.set(is_replay=True)
            await replay.run(self.plan, active)
            result = self._closing(span, self._result(active, "stopped" if replay.stopped_at else "done"))
        return ReplayResult(
            run=result, sources=replay.sources, changed=tuple(replay.changed), stopped_at=tuple(replay.stopped_at)
        )

    def stream(
        self, input: Mapping[str, JsonValue], *, run_id: str, buffer: int = 64, **options: Unpack[RunOptions]
    ) -> AsyncGenerator[RunEvent]:
        """As `run`, but gives what happens while it happens; the last event is `RunFinished`.

        At most `buffer` events wait to be read: a slow reader slows the run and the models whose tokens it reads.
        Closing the stream stops the run: nothing more is called, and what had finished is journalled, so the same
        run id goes on from there.

        Example:
            ```python
            async for event in engine.stream({"text": "hi"}, run_id="r1"):
                if isinstance(event, Token):
                    print(event.text, end="")
            ```
        """
        return stream_events(
            lambda listener: self.run(input, run_id=run_id, listener=listener, **options), buffer=buffer
        )

    def stream_resume(self, run_id: str, *, buffer: int = 64) -> AsyncGenerator[RunEvent]:
        """As `resume`, but gives what happens while it happens; see `stream`."""
        return stream_events(lambda listener: self.resume(run_id, listener=listener), buffer=buffer)

    async def _tell_start(self, active: ActiveRun) -> None:
        if active.listener is not None:
            await active.listener(RunStarted(run_id=active.run_id, graph=active.graph_name))

    async def _go(self, active: ActiveRun, record: RunRecord | None) -> RunResult:
        if record is not None:
            if record.status == "done":
                return RunResult(run_id=active.run_id, status="done", output=record.output)
            if record.graph_hash != self.plan.hash or record.moved_from is not None:
                return await self._go_changed(active, record)
        else:
            self._begin(active)
        return await self._leg(active, record)

    def _begin(self, active: ActiveRun) -> None:
        if self.spec.on_change == "drain":
            waiting = self._ledger.unfinished(self.spec.name, self.plan.hash)
            if waiting:
                what = f"{waiting} runs of {self.spec.name} are not finished on the graph before; it drains"
                fix = "decide what waits (compound review list), or take out `on_change: drain`"
                raise ConflictError("graph.draining", what, fix=fix)
        if not self._is_kept:
            self._ledger.keep_graph(self.plan.hash, self.spec.name, keep(self.plan))
            self._is_kept = True
        self._ledger.start(self._new_record(active))

    async def _go_changed(self, active: ActiveRun, record: RunRecord) -> RunResult:
        """Go on with a run that was started with another version of the graph."""
        has_moved = record.graph_hash == self.plan.hash
        if has_moved:
            active.checkpoint_id = self._moved_id(active)
            durable = self._open_durable()
            if (await durable.snapshot(active.checkpoint_id)).values:
                return await self._leg(active, record)
        old = await self._kept(record.moved_from if has_moved and record.moved_from else record.graph_hash)
        why_not = "the graph pins its runs" if self.spec.on_change != "migrate" else ""
        if not why_not and self.plan.has_boundaries and old.plan.has_boundaries:
            durable = old._open_durable()
            snapshot = await durable.snapshot(active.run_id)
            move = await plan_move(active.run_id, snapshot, old.plan, self.plan, self._services)
            if not move.why_not:
                return await self._move(active, record, move)
            why_not = move.why_not
        log.info("run.pinned", run_id=active.run_id, graph=self.spec.name, graph_hash=record.graph_hash, why=why_not)
        pinned = old._activate(active.run_id, active.thread_id, active.input, active.context, active.example_id)
        pinned.gate, pinned.listener = active.gate, active.listener
        return await old._go(pinned, record)

    async def _move(self, active: ActiveRun, record: RunRecord, move: Move) -> RunResult:
        """Begin again in this graph with what still holds; a crash in between finds the way from `moved_from`."""
        if record.moved_from is None:
            self._ledger.move(active.run_id, self.plan.hash, self.spec.version)
            record = replace(record, moved_from=record.graph_hash, graph_hash=self.plan.hash)
        active.checkpoint_id = self._moved_id(active)
        active.reopens = move.reopens
        for name, outcome in move.outcomes.items():
            active.settle(name, outcome)
        log.info("run.moved", run_id=active.run_id, graph=self.spec.name, kept=sorted(move.outcomes))
        self._ledger.set(active.run_id, "running")
        return await self._leg(active, replace(record, status="running"))

    def _moved_id(self, active: ActiveRun) -> str:
        return f"{active.run_id}~{self.plan.hash[:16]}"

    async def _kept(self, graph_hash: str) -> Engine:
        """The engine of a graph as runs were started with it.

        Raises:
            ConflictError: ``graph.changed``: it was not kept, or what it calls is gone.
        """
        if graph_hash not in self._others:
            data = self._ledger.graph(graph_hash)
            if data is None:
                what = f"the run was started with another version of {self.spec.name} ({graph_hash[:12]})"
                raise ConflictError("graph.changed", what, fix="start a new run; that version was not kept")
            spec, graphs = read(data)
            services = cast("Services", KeptServices(self._services, graphs))
            try:
                other = Engine(
                    spec,
                    services,
                    self._recorder,
                    None,
                    self._checkpoints,
                    lock_wait_s=self._lock_wait_s,
                    store_wait_s=self._store_wait_s,
                )
                other._ledger, other._keeps_runs, other._is_kept = self._ledger, self._keeps_runs, True
                self._others[graph_hash] = await other.__aenter__()
            except ProjectError as error:
                what = (
                    f"the run's own version of {self.spec.name} ({graph_hash[:12]}) cannot run any more: {error.what}"
                )
                raise ConflictError("graph.changed", what, fix=error.fix) from error
        return self._others[graph_hash]

    async def _leg(self, active: ActiveRun, record: RunRecord | None) -> RunResult:
        durable = self._open_durable() if self.plan.has_boundaries else None
        with self._root(active, resumed=record is not None) as span:
            is_direct = durable is None
            result = await (self._direct(active) if is_direct else self._advance(active, record, durable))
            self._closing(span, result)
        self._settle(active, result)
        if durable is not None and result.status == "done":
            for checkpoint_id in {active.run_id, active.checkpoint_id}:
                await durable.prune(checkpoint_id)
        return result

    def _settle(self, active: ActiveRun, result: RunResult) -> None:
        """Record where the run stands, but its spans first: a run that counts as settled never lacks them."""
        if self._recorder is not None and self._ledger.is_durable:
            self._recorder.hand_over()
        if result.status == "waiting_review":
            self._ledger.set(active.run_id, "waiting_review")
        else:
            self._finish(active, result)

    async def _advance(self, active: ActiveRun, record: RunRecord | None, durable: Durable) -> RunResult:
        from compound.graph.engine.continuing import next_payload

        if record is not None and self._services.reviews is not None:
            active.instruct(await self._services.reviews.instruction(active.run_id))
        step = await next_payload(active, record, durable, self._services.reviews)
        waiting = step.waiting
        if step.must_run:
            waiting = await durable.advance(active, step.payload)
            stuck = sorted(set(waiting) & set(step.resumed))
            if stuck:
                items = ", ".join(waiting[one] for one in stuck)
                what = f"run {active.run_id} was resumed, but still waits for {items}"
                raise RunError("graph.resume-not-taken", what, fix="look at the run's trace; resume it again")
        if waiting:
            items = tuple(waiting.values())
            return self._result(active, "waiting_review", items=items)
        if missing := [name for name in self.plan.steps if name not in active.outcomes]:
            what = f"run {active.run_id} ended, but {', '.join(missing)} did not run"
            raise RunError("graph.unfinished", what, fix="look at the run's trace; the same command tries again")
        return self._result(active, "done")

    async def _direct(self, active: ActiveRun) -> RunResult:
        for segment in self.plan.segments:
            program = self.plan.programs[segment.name]
            await run_program(program, active, scope=active.scope, outcomes=active.outcomes)
        return self._result(active, "done")

    async def _first_leg(self, active: ActiveRun) -> RunResult:
        if not self.plan.has_boundaries:
            return await self._direct(active)
        for segment in self.plan.segments:
            if segment.kind == "flow" and not segment.waits_for:
                program = self.plan.programs[segment.name]
                await run_program(program, active, scope=active.scope, outcomes=active.outcomes)
        ruled = await rulings(self.plan, self._services, active)
        return replace(
            self._result(active, "stopped"),
            auto={name: one is not None and one.is_automatic for name, one in ruled.items()},
            auto_scores={name: one.score for name, one in ruled.items() if one is not None and one.score is not None},
        )

    def _result(
        self,
        active: ActiveRun,
        status: Literal["done", "stopped", "waiting_review"],
        items: tuple[str, ...] = (),
    ) -> RunResult:
        outcomes = [(name, active.outcomes[name]) for name in self.plan.steps if name in active.outcomes]
        failures = {name: one.error for name, one in outcomes if one.error is not None}
        is_failed = bool(failures) and status != "waiting_review"
        return RunResult(
            run_id=active.run_id,
            status="failed" if is_failed else status,
            output=self._output(active) if status == "done" and not is_failed else None,
            values={name: one.value for name, one in outcomes if one.status == "ok"},
            skipped={name: one.reason for name, one in outcomes if one.status in {"skipped", "blocked"}},
            failures=failures,
            item_ids=items,
            stale_ids=tuple(active.stale_ids),
            error=next(iter(failures.values()), None),
        )

    def _output(self, active: ActiveRun) -> dict[str, JsonValue]:
        return self.plan.output(active.scope)

    def _finish(self, active: ActiveRun, result: RunResult) -> None:
        if result.error is None:
            self._ledger.set(active.run_id, "done", output=result.output)
        else:
            node = result.error.node if isinstance(result.error, NodeError) else ""
            error = {**result.error.to_json(), "node": node}
            self._ledger.set(active.run_id, "failed", error=cast("Mapping[str, JsonValue]", error))

    def _activate(
        self,
        run_id: str,
        thread_id: str,
        given: Mapping[str, JsonValue],
        context: Mapping[str, JsonValue],
        example_id: str | None,
    ) -> ActiveRun:
        return ActiveRun(
            run_id=run_id,
            thread_id=thread_id,
            graph_name=self.spec.name,
            graph_hash=self.plan.hash,
            input=given,
            context=self._whole_context(context),
            runners=self._runners,
            recorder=self._recorder,
            example_id=example_id,
            roles=self._roles,
            budget=self._budget,
            seconds=self._seconds,
            seen_input=None if self._fill is None else self._fill(dict(given)),
            asks_when_spent=self.spec.budget is not None and self.spec.budget.on_exceed == "review",
        )

    def _whole_context(self, context: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        """The context with null for the optional names that it leaves out."""
        return (
            context if self._fill_context is None else cast("dict[str, JsonValue]", self._fill_context(dict(context)))
        )

    def _root(self, active: ActiveRun, *, resumed: bool = False) -> ActiveSpan:
        if self._recorder is None:
            return SILENT
        return self._recorder.run(
            graph_name=active.graph_name,
            graph_hash=active.graph_hash,
            run_id=active.run_id,
            thread_id=active.thread_id,
            example_id=active.example_id,
            graph_version=self.spec.version,
            **({"resumed": True} if resumed else {}),
        )

    def _closing(self, span: ActiveSpan, result: RunResult) -> RunResult:
        """Say on the root span how this leg of the run ended."""
        if result.status == "waiting_review":
            count = len(result.item_ids)
            span.pause(f"waits for {count} review item{'' if count == 1 else 's'}")
        elif result.error is not None:
            span.set(status_code="ERROR", error_type=result.error.code, status_message=str(result.error))
        span.set(run_status=result.status)
        return result

    def _new_record(self, active: ActiveRun) -> RunRecord:
        return RunRecord(
            run_id=active.run_id,
            graph_name=active.graph_name,
            graph_hash=active.graph_hash,
            graph_version=self.spec.version,
            thread_id=active.thread_id,
            status="running",
            input=active.input,
            context=active.context,
            item=active.item or self._roles.run_item(active.input),
        )

    def require_context(self, context: Mapping[str, JsonValue]) -> None:
        """Refuse a context that the graph cannot run with.

        Raises:
            DataError: ``graph.bad-input``.
        """
        if problems := self._context_problems(dict(context)):
            what = f"the context does not fit the graph {self.spec.name}: {'; '.join(problems[:5])}"
            raise DataError("graph.bad-input", what, fix="--context NAME=VALUE; see `context:` of the graph file")

    def _require_fit(self, given: Mapping[str, JsonValue], context: Mapping[str, JsonValue], run_id: str) -> None:
        self.require_context(context)
        if problems := self._input_problems(dict(given)):
            what = f"run {run_id}: the input does not fit the graph {self.spec.name}: {'; '.join(problems[:5])}"
            raise DataError("graph.bad-input", what, fix="see `input:` of the graph file")

    def _lock_file(self) -> Path | None:
        """Beside the checkpoints; runs in memory need none but their own process."""
        if self._checkpoints is None:
            return None
        return lock_file(self._checkpoints)

    def _open_durable(self) -> Durable:
        if self._durable is None:
            from compound.graph.engine.durable import Durable

            durable = Durable(self.plan, self._services)
            durable.open(self._checkpoints, wait_s=self._store_wait_s)
            self._durable = durable
        return self._durable


def _require_content(record: RunRecord | None) -> None:
    if record is not None and record.status == "cancelled":
        what = f"run {record.run_id} was cancelled: {(record.error or {}).get('what')}"
        raise ConflictError("graph.cancelled", what, fix="start a new run with an id of its own")
    if record is not None and record.pruned_at is not None:
        what = f"run {record.run_id} is over ({record.status}), and its content was removed, as its policy says"
        raise ConflictError("graph.pruned", what, fix="start a new run with an id of its own")


def _budget_of(spec: GraphSpec, limits: BudgetSpec) -> Budget:
    at = spec.source.value
    return Budget(
        usd=limits.usd,
        calls=limits.calls,
        on_unknown=limits.on_unknown,
        usd_at=at(("budget", "usd")),
        calls_at=at(("budget", "calls")),
    )
