"""A graph as a langgraph `CompiledStateGraph` whose state is the graph's declared input and output.

Each segment is one langgraph node, between a node that starts the run and one that ends it. The engine's own state
is in a hidden channel that is checkpointed. A pause is langgraph's own interrupt, and langgraph's own
`Command(resume=...)` ends it, but the queue owns the decision: a resume that does not name the stored decision is
refused before langgraph sees it, because langgraph would store the wrong answer.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from uuid import uuid4

from compound.graph.engine.frame import Frame
from compound.graph.planning.planning import Plan

os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")

from langchain_core.runnables import RunnableLambda
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, interrupt

from compound.errors import ConflictError, DataError, NodeError, RunError, choices
from compound.graph.bridge.channels import PRIVATE, schemas
from compound.graph.bridge.listen import HEARD, Heard, is_nested
from compound.graph.engine.durable import load
from compound.graph.node.boundaries import bind_boundaries
from compound.graph.planning.interface import interface, require_compilable
from compound.graph.port.catalogue import EmptyCatalogue
from compound.graph.run.dataflow import run_program
from compound.graph.run.outcome import LOST, Outcome
from compound.model.call.sync_loop import SyncLoop

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.types import StateSnapshot
    from pydantic import JsonValue

    from compound.graph.node.effect import EffectStep
    from compound.graph.node.review import ReviewStep
    from compound.graph.planning.steps import Segment
    from compound.graph.port.catalogue import Catalogue
    from compound.graph.port.services import Services
    from compound.graph.run.active import ActiveRun
    from compound.spec.graph_file import GraphSpec
    from compound.trace.recorder import Recorder

    State = dict[str, Any]

BEGIN, FINISH = "begin", "finish"


def compile_graph(
    spec: GraphSpec,
    services: Services,
    *,
    recorder: Recorder | None = None,
    checkpointer: BaseCheckpointSaver[Any] | None = None,
    catalogue: Catalogue | None = None,
    served: bool = False,
) -> CompiledStateGraph[Any, Any, Any, Any]:
    """The graph for everything that accepts a langgraph graph: `ainvoke`, `astream`, state history, its servers.

    Args:
        spec: The graph; `check` it first.
        services: The project's look-ups; all names are looked up now.
        recorder: The recorder of spans; None records nothing.
        checkpointer: langgraph's store of the state. Without one, a graph with reviews keeps it in memory.
        catalogue: Types of the parts that nodes call, for the schema of the output; unknown types are any value.
        served: Whether a server runs the graph: it provides its own checkpointer, and refuses a graph that has one.

    Raises:
        ProjectError: A name is unknown, or the graph cannot be planned; ``graph.not-compiled``: it has a map with
            reviews or effects.
    """
    bound = _Bound(spec, services, recorder)
    require_compilable(bound.plan)
    state, given, made = schemas(interface(bound.plan, catalogue or EmptyCatalogue()))
    builder = _Builder(state, input_schema=given, output_schema=made)
    builder.bound = bound
    bound.wire(builder)
    if checkpointer is None and bound.plan.has_boundaries and not served:
        from langgraph.checkpoint.memory import InMemorySaver

        checkpointer = InMemorySaver()
    app = builder.compile(checkpointer=checkpointer, name=spec.name)
    app.stream_channels = [name for name in app.stream_channels_list if name != PRIVATE]
    app.__class__ = CompoundGraph
    return app


class _Builder(StateGraph[Any, Any, Any, Any]):
    """langgraph copies a compiled graph but shares its builder, so our data is stored there."""

    bound: _Bound


Compiled: TypeAlias = "CompiledStateGraph[Any, Any, Any, Any]"
"""A graph as langgraph runs it."""
Checkpointer: TypeAlias = "BaseCheckpointSaver[Any]"
"""langgraph's store of the state of a compiled graph."""


class CompoundGraph(CompiledStateGraph[Any, Any, Any, Any]):
    """A compiled graph that asks the queue before it resumes."""

    @property
    def _bound(self) -> _Bound:
        return cast("_Builder", self.builder).bound

    async def decided(self, config: RunnableConfig) -> Command[Any]:
        """The resume value for the reviews of a thread that were decided in the queue; the others keep waiting.

        Raises:
            RunError: ``graph.not-decided``: none is decided yet. ConflictError: ``graph.nothing-waits``.
        """
        return await self._bound.decided(await self.aget_state(config))

    async def astream(self, input: Any, config: RunnableConfig | None = None, **options: Any) -> AsyncIterator[Any]:  # pyright: ignore[reportIncompatibleMethodOverride]  # noqa: ANN401
        """Like langgraph's, after checking the queue.

        Raises:
            RunError: ``graph.not-decided``, ``graph.resume-refused``: the resume names no stored decision.
            ConflictError: ``graph.nothing-waits``, ``graph.run-waiting``.
        """
        nested = is_nested(config)
        settled = self._bound.within(input) if nested else await self._bound.admit(input, await self._waiting(config))
        async for chunk in super().astream(settled, self._heard(config, options), **self._durable(options)):
            yield chunk

    def stream(self, input: Any, config: RunnableConfig | None = None, **options: Any) -> Iterator[Any]:  # pyright: ignore[reportIncompatibleMethodOverride]  # noqa: ANN401
        """Like `astream`, for callers without an event loop."""
        if is_nested(config):
            settled = self._bound.within(input)
        else:
            snapshot = self.get_state(cast("Any", config)) if self._has_state(config) else None
            settled = self._bound.call(self._bound.admit, input, snapshot)
        yield from super().stream(settled, self._heard(config, options), **self._durable(options))

    async def _waiting(self, config: RunnableConfig | None) -> StateSnapshot | None:
        return await self.aget_state(cast("Any", config)) if self._has_state(config) else None

    def _has_state(self, config: RunnableConfig | None) -> bool:
        known = {**(self.config or {}).get("configurable", {}), **(config or {}).get("configurable", {})}
        return bool(self.checkpointer) and "thread_id" in known

    def _heard(self, config: RunnableConfig | None, options: Mapping[str, Any]) -> Any:  # noqa: ANN401
        modes = options.get("stream_mode")
        asked = {modes} if isinstance(modes, str) else set(cast("list[str]", modes or ()))
        if not asked & {"messages", "custom"}:
            return config
        given = config or {}
        return {**given, "configurable": {**given.get("configurable", {}), HEARD: True}}

    def _durable(self, options: dict[str, Any]) -> dict[str, Any]:
        if options.get("durability") is None and self._bound.plan.has_boundaries and self.checkpointer:
            return {**options, "durability": "sync"}
        return options


def _edge(sources: Sequence[str]) -> str | list[str]:
    """Joins must be lists, and nothing else may be one: langgraph's server misreads the state of a join."""
    return sources[0] if len(sources) == 1 else list(sources)


class _Bound:
    """A graph bound to its project: the work of the compiled graph's nodes."""

    def __init__(self, spec: GraphSpec, services: Services, recorder: Recorder | None) -> None:
        self._frame = Frame(spec, services, recorder)
        self._frame.bind()
        self._steps = bind_boundaries(self.plan, services)

    @property
    def spec(self) -> GraphSpec:
        """The graph."""
        return self._frame.spec

    @property
    def plan(self) -> Plan:
        """The graph as steps."""
        return self._frame.plan

    def wire(self, builder: _Builder) -> None:
        """One node per segment, plus start and end; edges of joins are lists, so that every join fires once."""
        self._add(builder, BEGIN, self._begin_run)
        builder.add_edge(START, BEGIN)
        waited_for = {name for segment in self.plan.segments for name in segment.waits_for}
        for segment in self.plan.segments:
            self._add(builder, segment.name, self._segment(segment))
            builder.add_edge(_edge(segment.waits_for) if segment.waits_for else BEGIN, segment.name)
        ends = [segment.name for segment in self.plan.segments if segment.name not in waited_for]
        self._add(builder, FINISH, self._finish_run)
        builder.add_edge(_edge(ends), FINISH)
        builder.add_edge(FINISH, END)

    def call(self, work: Callable[..., Awaitable[Any]], *args: object) -> Any:  # noqa: ANN401
        """Run async work from a thread without an event loop; all such work shares one loop."""
        return self._loop.run(work, *args)

    @cached_property
    def _loop(self) -> SyncLoop:
        return SyncLoop()

    def _add(self, builder: _Builder, name: str, work: Callable[[State, RunnableConfig], Awaitable[State]]) -> None:
        async def node(state: State, config: RunnableConfig) -> State:
            return await work(state, config)

        def sync_node(state: State, config: RunnableConfig) -> State:
            return cast("State", self.call(node, state, config))

        builder.add_node(name, cast("Any", RunnableLambda(sync_node, afunc=node, name=name)))

    async def _begin_run(self, state: State, config: RunnableConfig) -> State:
        given = {name: state[name] for name in self.spec.input if state.get(name) is not None}
        asked = config.get("configurable", {})
        run_id = str(asked.get("compound_run_id") or uuid4().hex)
        context = {name: asked[name] for name in self.spec.context if name in asked}
        self._frame.require_fit(given, context, run_id)
        self._frame.arrive(run_id, given, asked.get("compound_message") or {})
        known = {"run_id": run_id, "thread_id": str(asked.get("thread_id") or run_id), "input": given}
        # The outputs of the previous run do not belong to this one.
        gone = {name: None for name in self.spec.output if name not in given}
        return {**gone, PRIVATE: {**known, "context": context, "outcomes": {}}}

    def _restored(self, state: State) -> ActiveRun:
        known = state[PRIVATE]
        run = self._frame.activate(known["run_id"], known["thread_id"], known["input"], known["context"], None)
        load(run, known["outcomes"])
        run.is_elsewhere = True
        return run

    def _segment(self, segment: Segment) -> Callable[[State, RunnableConfig], Awaitable[State]]:
        async def node(state: State, config: RunnableConfig) -> State:
            run = self._restored(state)
            known = set(run.outcomes)
            async with Heard(config, run):
                with self._frame.root(run, resumed=bool(known)) as span:
                    span.set(segment=segment.name)
                    if segment.kind == "flow":
                        program = self.plan.programs[segment.name]
                        await run_program(program, run, scope=run.scope, outcomes=run.outcomes)
                    else:
                        run.settle(segment.name, await self._boundary(segment.name, run, span.pause))
            new = {name: run.outcomes[name].to_json() for name in segment.steps if name not in known}
            new |= {name: outcome.to_json() for name, outcome in run.amended.items()}
            return {PRIVATE: {"outcomes": new}}

        return node

    async def _boundary(self, name: str, run: ActiveRun, note: Callable[[str], None]) -> Outcome:
        step = self.plan.steps[name]
        if step.kind == "review":
            reviews = self._frame.services.reviews
            assert reviews is not None

            async def pause(review_id: str) -> None:
                note(f"waits for review {review_id}")
                interrupt({"review_id": review_id, "node": name, "resume": {"decision_id": "(of the queue)"}})

            return await cast("ReviewStep", self._steps[name]).run(run, reviews, pause)
        outbox = self._frame.services.outbox
        assert outbox is not None
        await self._require_decided(name, run)
        return await cast("EffectStep", self._steps[name]).run(run, outbox)

    async def _require_decided(self, name: str, run: ActiveRun) -> None:
        """Editing langgraph's state does not make a decision."""
        reviews = self._frame.services.reviews
        for review in self.plan.reviews_before[name]:
            outcome = run.outcomes.get(review)
            value = outcome.value if outcome is not None and outcome.status == "ok" else None
            if outcome is not None and outcome.status in {"skipped", *LOST}:
                continue
            item = str(value.get("review_id")) if isinstance(value, dict) else ""
            stored = await reviews.decision(item) if reviews is not None and item else None
            told = (value.get("decision_id"), value.get("action")) if isinstance(value, dict) else None
            if stored is None or told != (stored.decision_id, stored.action):
                what = f"node {name}: the queue has no such decision of {review}"
                raise NodeError("graph.decision-unknown", what, node=name, run_id=run.run_id, fix="start a new run")

    async def _finish_run(self, state: State, config: RunnableConfig) -> State:
        del config
        run = self._restored(state)
        error = next((one.error for one in run.outcomes.values() if one.error is not None), None)
        if error is not None:
            raise error
        return dict(self.plan.output(run.scope))

    async def admit(self, given: Any, snapshot: StateSnapshot | None) -> Any:  # noqa: ANN401
        """The input for langgraph; raises for a forbidden one."""
        waiting = {one.id: str(one.value["review_id"]) for one in (snapshot.interrupts if snapshot else ())}
        if not isinstance(given, Command):
            if given is not None and waiting:
                what = f"the thread waits for {', '.join(waiting.values())}; a new input would discard that"
                raise ConflictError("graph.run-waiting", what, fix="decide it, or use another thread_id")
            return given if given is None else self._filled(given)
        command = cast("Command[Any]", given)
        if command.goto or command.update is not None:
            what = "a compound graph does not accept `goto` and `update`: they could bypass a review"
            raise RunError("graph.command-refused", what, fix="pass a new input, or Command(resume=...)")
        if not waiting:
            raise ConflictError("graph.nothing-waits", "no review of this thread waits", fix="start a new run")
        return Command(resume=await self._agreed(command.resume, waiting))

    def within(self, given: Any) -> Any:  # noqa: ANN401
        """A graph as a node of another graph: takes its inputs from the outer state.

        The outer graph decides whether this is a new run or a resumed one. A pause ends when the queue has a decision,
        whatever the outer graph's resume value is; without a decision the node pauses again.
        """
        if given is None or isinstance(given, Command):
            return cast("Any", given)
        # The state of the outer graph may be a record, or an object of its own class.
        state = cast("Mapping[str, JsonValue]", given if isinstance(given, Mapping) else vars(given))
        return {name: state.get(name) for name in self.spec.input}

    def _filled(self, given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """The input with omitted fields as null: on a thread, langgraph would keep the values of the previous run."""
        unknown = [name for name in given if name not in self.spec.input]
        if unknown:
            what = f"the graph {self.spec.name} has no input {unknown[0]!r}"
            raise DataError("graph.bad-input", what, fix=choices(list(self.spec.input), unknown[0]))
        return {**dict.fromkeys(self.spec.input), **given}

    async def _agreed(self, resume: Any, waiting: Mapping[str, str]) -> dict[str, JsonValue]:  # noqa: ANN401
        named = cast("dict[str, Any]", resume) if isinstance(resume, dict) and resume.keys() <= waiting.keys() else None
        if not named:
            if len(waiting) > 1:
                what = f"{len(waiting)} reviews wait: {', '.join(waiting)}"
                raise RunError("graph.resume-refused", what, fix="resume={interrupt id: {'decision_id': ...}}")
            named = {next(iter(waiting)): resume}
        return {one: await self._answer(waiting[one], value) for one, value in named.items()}

    async def _answer(self, review_id: str, value: Any) -> JsonValue:  # noqa: ANN401
        reviews = self._frame.services.reviews
        stored = None if reviews is None else await reviews.decision(review_id)
        fix = f"decide it in the queue: compound review approve {review_id}; then resume with its decision_id"
        if stored is None:
            raise RunError("graph.not-decided", f"review {review_id} is not decided", fix=fix)
        told = cast("dict[str, Any]", value).get("decision_id") if isinstance(value, dict) else None
        if told != stored.decision_id:
            what = f"the resume value does not name the queue's decision for {review_id}"
            raise RunError("graph.resume-refused", what, fix=fix)
        return {"decision_id": stored.decision_id}

    async def decided(self, snapshot: StateSnapshot) -> Command[Any]:
        """See `CompoundGraph.decided`."""
        waiting = {one.id: str(one.value["review_id"]) for one in snapshot.interrupts}
        if not waiting:
            raise ConflictError("graph.nothing-waits", "no review of this thread waits", fix="start a new run")
        found: dict[str, JsonValue] = {}
        reviews = self._frame.services.reviews
        for one, review_id in waiting.items():
            stored = None if reviews is None else await reviews.decision(review_id)
            if stored is not None:
                found[one] = {"decision_id": stored.decision_id}
        if not found:
            items = ", ".join(waiting.values())
            raise RunError("graph.not-decided", f"not decided yet: {items}", fix="compound review list")
        return Command(resume=found)
