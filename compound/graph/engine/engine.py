"""Runs a graph: start, pause, resume, continue after a crash."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import structlog

from compound.errors import CompoundError, ConflictError, ProjectError, choices
from compound.graph.engine.frame import Frame
from compound.graph.engine.legs import Legs, require_content
from compound.graph.engine.streaming import stream_events
from compound.graph.engine.versions import Versions
from compound.graph.planning.planning import Plan
from compound.graph.run.active import SILENT, ActiveRun
from compound.graph.run.events import RunStarted
from compound.graph.run.replay import Recording, Replay, ReplayMode
from compound.graph.run.result import ReplayResult, RunResult
from compound.graph.store.locks import hold_run, lock_file, place_of
from compound.graph.store.runs import MemoryLedger, RunLedger, StateLedger, digest

if TYPE_CHECKING:
    from pydantic import JsonValue
    from typing_extensions import Unpack

    from compound.connector.state import StateStore
    from compound.connector.state.items import RunItem
    from compound.graph.engine.rehearsing import Rehearsal, Trial
    from compound.graph.port.services import EffectGate, Services
    from compound.graph.run.events import Listener, RunEvent
    from compound.graph.store.runs import RunRecord
    from compound.spec.graph_file import GraphSpec
    from compound.trace.recorder import Recorder

log = structlog.stdlib.get_logger(__name__)


class RunOptions(TypedDict, total=False):
    """Arguments of `Engine.run` other than input and id; see there."""

    thread_id: str | None
    context: Mapping[str, JsonValue] | None
    until: Literal["end", "review"]
    message: Mapping[str, str] | None
    example_id: str | None
    effect_gate: EffectGate | None


class Engine:
    """Runs one graph, many times, also concurrently.

    Use it as an async context manager: `async with Engine(spec, services, recorder, state, path) as engine:`.

    Args:
        spec: The graph; `check` it first, an engine only refuses a graph that it cannot plan.
        services: The project's look-ups; every name is looked up once, when the engine is opened.
        recorder: The recorder of spans; None records nothing.
        state: The state store; None keeps runs in memory, and nothing survives the process.
        checkpoint_path: SQLite file of the checkpoints; None keeps them in memory.
        lock_wait_s: How long a run waits for another run of the same id.
        store_wait_s: How long a checkpoint waits for another process that has locked the file.
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
        """Internal: use `Project.engine`."""
        host = None if checkpoint_path is None else place_of(Path(checkpoint_path))
        ledger: RunLedger = MemoryLedger() if state is None else StateLedger(state, host=host)
        self._frame = Frame(spec, services, recorder)
        self._checkpoints = None if checkpoint_path is None else Path(checkpoint_path)
        self._legs = Legs(self._frame, ledger, self._checkpoints, store_wait_s=store_wait_s)
        self._versions = Versions(self._legs)
        self._state = state
        self._lock_wait_s = lock_wait_s

    @property
    def spec(self) -> GraphSpec:
        """The graph."""
        return self._frame.spec

    @property
    def plan(self) -> Plan:
        """Internal: the graph as steps."""
        return self._frame.plan

    async def __aenter__(self) -> Engine:
        """Look up every name.

        Raises:
            ProjectError: A name is unknown, a prompt is broken, or a graph with reviews has no queue.
        """
        self._legs.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the checkpoints."""
        self._versions.close()

    async def run(  # noqa: PLR0913 - all but the first are named
        self,
        input: Mapping[str, JsonValue],
        *,
        run_id: str,
        thread_id: str | None = None,
        context: Mapping[str, JsonValue] | None = None,
        until: Literal["end", "review"] = "end",
        message: Mapping[str, str] | None = None,
        example_id: str | None = None,
        item: RunItem | None = None,
        effect_gate: EffectGate | None = None,
        listener: Listener | None = None,
    ) -> RunResult:
        """Start a run; with the id of an earlier run, resume it (after a crash, a pause, a failure).

        Args:
            input: The graph's `input`.
            run_id: Permanent id of the run: of its journal, its reviews, its effects.
            thread_id: The conversation it belongs to; default the run's own id.
            context: The graph's `context`, stored with the run.
            until: `review` stops before the first reviews and effects and stores nothing.
            message: Conversation of the graph's item: `mailbox`, `thread`, `in_reply_to`; default: as the item says.
            example_id: The evaluation case, for traces.
            item: Internal: id of the backlog item that it answers; default that of the input.
            effect_gate: Awaited once, before the first delivery.
            listener: Called with each event in order; the run waits for it. See `stream`.

        Raises:
            DataError: ``graph.bad-input``: the input or the context does not fit the graph's declaration.
            ConflictError: ``graph.changed``: the run's own version of the graph is no longer available;
                ``graph.cancelled``; ``graph.pruned``: it is over, and its content was removed;
                ``graph.other-input``: the id belongs to another input; ``graph.draining``: runs of the earlier
                version must end first; ``graph.run-busy``: another process or task runs it.
        """
        self._frame.require_fit(input, context or {}, run_id)
        active = self._frame.activate(run_id, thread_id or run_id, input, context or {}, example_id)
        active.gate, active.listener, active.item, active.message = effect_gate, listener, item, message or {}
        await self._tell_start(active)
        if until == "review":
            with self._frame.root(active) as span:
                return self._frame.closing(span, await self._legs.first_leg(active))
        if not self.plan.has_boundaries and self._state is None:
            with self._frame.root(active) as span:
                return self._frame.closing(span, await self._legs.direct(active))
        async with hold_run(self._state, self._lock_file(), run_id, wait_s=self._lock_wait_s):
            record = self._legs.ledger.get(run_id)
            require_content(record)
            _require_same_input(record, input, run_id)
            return await self._versions.go(active, record)

    async def resume(
        self, run_id: str, *, effect_gate: EffectGate | None = None, listener: Listener | None = None
    ) -> RunResult:
        """Resume a run whose reviews were decided; does nothing if nothing is decided yet.

        Several callers may resume one run: they take turns, and the later ones find it done.

        Raises:
            RunError: ``graph.unknown-run``, ``graph.checkpoint-lost``, ``graph.resume-not-taken``.
            ConflictError: ``graph.changed``: its own version of the graph is no longer available;
                ``graph.pruned``: it is over, and its content was removed.
        """
        async with hold_run(self._state, self._lock_file(), run_id, wait_s=self._lock_wait_s):
            active, record = self._legs.known(run_id, effect_gate)
            active.listener = listener
            await self._tell_start(active)
            return await self._versions.go(active, record)

    async def redraft(
        self, run_id: str, node: str, *, decides: Literal["ask", "auto"] = "ask", effect_gate: EffectGate | None = None
    ) -> RunResult:
        """Run the nodes before a review again, with present data; its stale review gets the new draft.

        Nodes that other decisions and effects depend on are kept. Model calls with unchanged inputs are answered from
        the journal.

        Args:
            run_id: A run that is not done.
            node: Its review node.
            decides: `ask` a person about the new draft, ignoring the node's `auto` rule, or let the rule decide.
            effect_gate: As for `run`.

        Raises:
            RunError: ``graph.unknown-run``.
            ConflictError: ``graph.run-done``; ``graph.changed``; ``graph.run-busy``.
        """
        async with hold_run(self._state, self._lock_file(), run_id, wait_s=self._lock_wait_s):
            _, record = self._legs.known(run_id, None)
            if record.status == "done":
                raise ConflictError("graph.run-done", f"run {run_id} is done", fix="start a new run")
            legs = self._versions.of(record).legs
            active, record = legs.known(run_id, effect_gate)
            active.redraft = decides
            return await legs.begin_again(active, record, node)

    async def rehearse(
        self, run_id: str, node: str, trial: Trial, *, held: Mapping[str, Any] | None = None
    ) -> Rehearsal:
        """Internal: rehearse a decision of a waiting run; only its model calls are stored.

        Args:
            run_id: A run that waits.
            node: Its review node.
            trial: The decision.
            held: The run's state (`input`, `context`, `outcomes`), if it is not a run of this engine.

        Raises:
            RunError: ``graph.unknown-run``. ConflictError: ``graph.changed``.
            DataError: ``review.edit``, ``review.text-needed``, ``policy.*``: the decision is not allowed.
        """
        legs = self._legs
        if held is not None:
            active = self._frame.activate(run_id, run_id, held["input"], held["context"], None)
        else:
            _, record = self._legs.known(run_id, None)
            legs = self._versions.of(record).legs
            active, record = legs.known(run_id, None)
            if record.moved_from is not None:
                active.checkpoint_id = legs.moved_id(active)
            if record.status == "waiting_review":
                await legs.open_durable().require(active)
        active.is_rehearsal = True
        outcomes = None if held is None else held["outcomes"]
        # Without changes nothing runs again, and there is nothing to trace.
        with legs.frame.root(active, resumed=True) if trial.given else SILENT as span:
            span.pause(f"tries {trial.action}")
            try:
                return await legs.open_durable().rehearse(active, node, trial, outcomes)
            except CompoundError as error:
                span.set(refused=error.code)
                refused = error
        raise refused

    async def replay(
        self,
        input: Mapping[str, JsonValue],
        recording: Recording,
        *,
        run_id: str,
        context: Mapping[str, JsonValue] | None = None,
        mode: ReplayMode = "pinned",
        swaps: Mapping[str, JsonValue] | None = None,
    ) -> ReplayResult:
        """Internal: run a recorded run again; only spans are stored, and no effect is done.

        Args:
            input: Input of the recorded run.
            recording: Its nodes.
            run_id: Id of the replay; a new one.
            context: Context of the recorded run.
            mode: `pinned` answers every unchanged node from the recording; `fresh` only model calls, so that tools and
                data are those of today.
            swaps: Node path to the value that replaces its own.

        Raises:
            DataError: ``graph.bad-input``.
            ProjectError: ``graph.unknown-node``: a swap names an unknown node.
        """
        self._frame.require_fit(input, context or {}, run_id)
        known = sorted({*self.plan.paths, *self._frame.runners})
        unknown = [name for name in swaps or {} if name not in known]
        if unknown:
            raise ProjectError("graph.unknown-node", f"unknown node {unknown[0]!r}", fix=choices(known, unknown[0]))
        active = self._frame.activate(run_id, run_id, input, context or {}, None)
        replay = Replay(recording, mode, swaps or {})
        active.is_replay, active.runners = True, replay.wrap(self._frame.runners)
        with self._frame.root(active) as span:
            span.set(is_replay=True)
            await replay.run(self.plan, active)
            result = self._frame.closing(span, self._frame.result(active, "stopped" if replay.stopped_at else "done"))
        return ReplayResult(
            run=result, sources=replay.sources, changed=tuple(replay.changed), stopped_at=tuple(replay.stopped_at)
        )

    def stream(
        self, input: Mapping[str, JsonValue], *, run_id: str, buffer: int = 64, **options: Unpack[RunOptions]
    ) -> AsyncGenerator[RunEvent]:
        """Like `run`, but yields events as they happen; the last event is `RunFinished`.

        At most `buffer` events wait to be read: a slow reader slows the run and the models whose tokens it reads.
        Closing the stream stops the run: nothing more is called, and finished calls are journalled, so the same run
        id resumes from there.

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
        """Like `resume`, but yields events as they happen; see `stream`."""
        return stream_events(lambda listener: self.resume(run_id, listener=listener), buffer=buffer)

    async def _tell_start(self, active: ActiveRun) -> None:
        if active.listener is not None:
            await active.listener(RunStarted(run_id=active.run_id, graph=active.graph_name))

    def require_context(self, context: Mapping[str, JsonValue]) -> None:
        """Internal: refuse a context that does not fit the graph.

        Raises:
            DataError: ``graph.bad-input``.
        """
        self._frame.require_context(context)

    def _lock_file(self) -> Path | None:
        """Next to the checkpoints; runs in memory need only their own process."""
        if self._checkpoints is None:
            return None
        return lock_file(self._checkpoints)


def _require_same_input(record: RunRecord | None, given: Mapping[str, JsonValue], run_id: str) -> None:
    if record is not None and digest(record.input) != digest(given):
        what = f"run {run_id} was started with another input"
        raise ConflictError("graph.other-input", what, fix="give the new input a new run id")
