"""The plan as a langgraph `StateGraph`: one node per segment, so that runs can pause, crash and resume.

Edges are always lists, so every join fires exactly once: each langgraph node always runs, and skipping happens
inside it, as a value. The state is plain JSON.

langgraph runs in steps, and an interrupt holds back every later step, also in branches that do not need the review.
So a graph with such branches is run in passes: an undecided review leaves no value, what needs it does nothing, all
else runs. The next decision starts the next pass, in which nodes that have an outcome do nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypedDict, cast

from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, StateSnapshot, interrupt

from compound.errors import RunError
from compound.graph.engine.passes import owner_of, split_element
from compound.graph.node.boundaries import bind_boundaries
from compound.graph.node.review import ReviewStep
from compound.graph.run.dataflow import run_program
from compound.graph.run.outcome import Outcome, from_json
from compound.graph.run.telling import tell_outcome
from compound.graph.store.leftovers import threads_of_elements

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph
    from pydantic import JsonValue

    from compound.graph.engine.passes import MapRunner
    from compound.graph.engine.rehearsing import Rehearsal, Trial
    from compound.graph.planning.planning import Plan
    from compound.graph.planning.steps import Segment
    from compound.graph.port.services import Services
    from compound.graph.run.active import ActiveRun

_Outcomes = dict[str, Any]


def _merge(left: _Outcomes, right: _Outcomes) -> _Outcomes:
    """Both; None removes an entry."""
    return {name: value for name, value in {**left, **right}.items() if value is not None}


class GraphState(TypedDict):
    """The content of a checkpoint.

    Attributes:
        waits: In a graph that is run in passes: review node -> item, also of those that were decided since. A review in
            an element of a map is named with it: `letters[3].review`.
        elements: Element of a map -> how it ended; not of those that wait.
    """

    run: dict[str, Any]
    outcomes: Annotated[_Outcomes, _merge]
    waits: Annotated[dict[str, Any], _merge]
    elements: Annotated[_Outcomes, _merge]


class _Waits(Exception):
    """Leaves a review that nobody has decided; the pass goes on without it."""


class Durable:
    """A plan bound to langgraph and to a checkpoint file.

    Attributes:
        plan: The plan.
        live: Runs in memory, by key; nodes find their run here.
        steps: Reviews and effects, ready to run.
        maps: Maps with reviews or effects, ready to run.
        runs_in_passes: Whether reviews leave the rest running instead of interrupting it.
    """

    def __init__(self, plan: Plan, services: Services, maps: Mapping[str, MapRunner], *, in_passes: bool) -> None:
        self.plan = plan
        self._services = services
        self.steps = bind_boundaries(plan, services)
        self.maps = maps
        self.runs_in_passes = in_passes
        self.live: dict[str, ActiveRun] = {}
        self._exits = ExitStack()
        self._saver: BaseCheckpointSaver[str] | None = None
        self._app: CompiledStateGraph[Any, Any, Any, Any] | None = None

    @property
    def reviews(self) -> frozenset[str]:
        """Names of the review nodes."""
        return frozenset(name for name, step in self.plan.steps.items() if step.kind == "review")

    def open(self, checkpoint_path: Path | None, *, wait_s: float = 30.0) -> None:
        """Open the checkpoints (in memory without a path) and compile."""
        self.open_in(_open_saver(checkpoint_path, self._exits, wait_s))

    def open_in(self, saver: BaseCheckpointSaver[str]) -> None:
        """Use an open store of checkpoints, also for the elements of maps, and compile."""
        self._saver = saver
        for one in self.maps.values():
            one.open(saver)
        self._app = self.build().compile(checkpointer=self._saver, name=self.plan.spec.name)

    def close(self) -> None:
        """Close the checkpoint file."""
        self._exits.close()

    def build(self) -> StateGraph[Any, Any, Any, Any]:
        """The langgraph graph, one node per segment."""
        graph: StateGraph[Any, Any, Any, Any] = StateGraph(GraphState)
        waited_for = {name for segment in self.plan.segments for name in segment.waits_for}
        for segment in self.plan.segments:
            graph.add_node(segment.name, cast("Any", self._node(segment)))
            if segment.waits_for:
                graph.add_edge(list(segment.waits_for), segment.name)
            else:
                graph.add_edge(START, segment.name)
        ends = [segment.name for segment in self.plan.segments if segment.name not in waited_for]
        graph.add_edge(ends, END)
        return graph

    async def advance(self, run: ActiveRun, payload: object) -> dict[str, str]:
        """Continue until the end or the next pause; returns the review of each waiting one by its key.

        The key is an interrupt id; in a graph that is run in passes, the name of the node.
        """
        self.live[run.key] = run
        try:
            state = cast(
                "dict[str, Any]",
                await self._require().ainvoke(
                    cast("Any", payload), _config(self.plan, run.checkpoint_id), durability="sync"
                ),
            )
        finally:
            self.live.pop(run.key, None)
        load(run, state.get("outcomes", {}))
        if self.runs_in_passes:
            return waits_of(state)
        return {one.id: str(one.value["review_id"]) for one in state.get("__interrupt__", ())}

    async def rehearse(self, run: ActiveRun, node: str, trial: Trial, outcomes: Mapping[str, Any] | None) -> Rehearsal:
        """Rehearse a decision of a run, from its checkpoint if no outcomes are given."""
        from compound.graph.engine.rehearsing import Rehearser

        if outcomes is None:
            outcomes = (await self.snapshot(run.checkpoint_id)).values.get("outcomes", {})
        load(run, outcomes or {})
        if node not in self.steps:
            element, inner = split_element(node)
            return await self.maps[owner_of(element)].rehearse(run, element, inner, trial)
        review = cast("ReviewStep", self.steps[node])
        if review.consequences is None:
            raise AssertionError("a review of an engine knows what lies behind it")
        return await Rehearser(self.plan, run, review, review.consequences).rehearse(trial)

    async def snapshot(self, checkpoint_id: str) -> StateSnapshot:
        """The state of a run, from its checkpoint."""
        return await self._require().aget_state(_config(self.plan, checkpoint_id))

    async def require(self, run: ActiveRun) -> None:
        """Refuse to resume a waiting run without its checkpoint.

        Raises:
            RunError: ``graph.checkpoint-lost``.
        """
        if not (await self.snapshot(run.checkpoint_id)).values:
            what = f"run {run.run_id} waits for a person, but its checkpoint was deleted"
            raise RunError("graph.checkpoint-lost", what, fix="restore the checkpoint file, or start a new run")

    async def prune(self, checkpoint_id: str) -> None:
        """Delete every checkpoint of a run, but not those of its elements."""
        if self._saver is not None:
            await self._saver.adelete_thread(checkpoint_id)

    async def forget(self, checkpoint_id: str) -> None:
        """Delete every checkpoint of a run that is done."""
        await self.prune(checkpoint_id)
        if self._saver is not None and self.maps:
            for thread in threads_of_elements(self._saver, checkpoint_id):
                await self._saver.adelete_thread(thread)

    def _require(self) -> CompiledStateGraph[Any, Any, Any, Any]:
        if self._app is None:
            raise AssertionError("the engine is not open")
        return self._app

    def _node(self, segment: Segment) -> Callable[..., Any]:
        async def flow(state: GraphState) -> dict[str, Any]:
            run = self._load(state)
            if not self._is_ready(segment, run):
                return _update({})
            program = self.plan.programs[segment.name]
            known = set(run.outcomes)
            await run_program(program, run, scope=run.scope, outcomes=run.outcomes, lead=run.lead)
            run.keep_spans()
            return _update({name: run.outcomes[name] for name in segment.steps if name not in known})

        async def boundary(state: GraphState) -> dict[str, Any]:
            run = self._load(state)
            if segment.name in run.outcomes or not self._is_ready(segment, run):
                return _update({})
            try:
                outcome = await self._boundary(segment.name, run)
            except _Waits as waits:
                run.keep_spans()
                return {**_update({}), "waits": {segment.name: str(waits)}}
            run.settle(segment.name, outcome)
            await tell_outcome(run, self.plan.steps[segment.name], run.lead + segment.name, outcome)
            run.keep_spans()
            return _update({**run.amended, segment.name: outcome})

        async def elements(state: GraphState) -> dict[str, Any]:
            run = self._load(state)
            if segment.name in run.outcomes or not self._is_ready(segment, run):
                return _update({})
            run.elements = dict(state.get("elements", {}))
            run.waits = waits_of(cast("Mapping[str, Any]", state))
            made = await self.maps[segment.name].run(run)
            if made.outcome is not None:
                run.settle(segment.name, made.outcome)
                await tell_outcome(run, self.plan.steps[segment.name], run.lead + segment.name, made.outcome)
            run.keep_spans()
            ended = {} if made.outcome is None else {segment.name: made.outcome}
            return {**_update(ended), "waits": made.waits, "elements": made.elements}

        return {"flow": flow, "elements": elements}.get(segment.kind, boundary)

    def _is_ready(self, segment: Segment, run: ActiveRun) -> bool:
        """Whether everything before it has an outcome; not so behind a review that waits."""
        steps = self.plan.steps
        return not self.runs_in_passes or all(
            dep in run.outcomes or dep in segment.steps for name in segment.steps for dep in steps[name].deps
        )

    async def _boundary(self, name: str, run: ActiveRun) -> Outcome:
        step = self.steps[name]
        if isinstance(step, ReviewStep):
            reviews = self._services.reviews
            if reviews is None:
                raise AssertionError("the engine was opened without a review queue")
            return await step.run(run, reviews, _leave if self.runs_in_passes else _interrupt)
        outbox = self._services.outbox
        if outbox is None:
            raise AssertionError("the engine was opened without an outbox")
        return await step.run(run, outbox)

    def _load(self, state: GraphState) -> ActiveRun:
        run = self.live[state["run"]["run_id"]]
        load(run, state["outcomes"])
        return run


def load(run: ActiveRun, outcomes: Mapping[str, Mapping[str, JsonValue]]) -> None:
    """Load the checkpoint's outcomes into a run in memory."""
    for name, data in outcomes.items():
        if name not in run.outcomes:
            run.settle(name, from_json(name, run.run_id, data))


def first_payload(run: ActiveRun) -> dict[str, Any]:
    """The initial state of a run; nodes with an outcome do not run again."""
    return {"run": _identity(run), **_update(run.outcomes)}


def _identity(run: ActiveRun) -> dict[str, Any]:
    return {"run_id": run.key, "stands_on": run.stands_on} if run.lead else {"run_id": run.run_id}


def resume_payload(decided: Mapping[str, str]) -> Command[Any]:
    """Resume these interrupts, each by its own id; nodes read the decision itself from the queue."""
    return Command(resume={interrupt_id: {"decision_id": decision} for interrupt_id, decision in decided.items()})


def _update(outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    return {"outcomes": {name: outcome.to_json() for name, outcome in outcomes.items()}}


def next_pass(run: ActiveRun, lost: Iterable[str] = ()) -> dict[str, Any]:
    """The input of the next pass over a finished checkpoint; these outcomes are removed from it."""
    return {"run": _identity(run), "outcomes": dict.fromkeys(lost), "waits": {}}


def waits_of(state: Mapping[str, Any]) -> dict[str, str]:
    """Review node -> item of each review that a pass left open."""
    known = state.get("outcomes", {})
    waits = state.get("waits", {})
    return {name: str(review_id) for name, review_id in waits.items() if owner_of(name) not in known}


async def _interrupt(review_id: str) -> None:
    interrupt({"review_id": review_id})


async def _leave(review_id: str) -> None:
    raise _Waits(review_id)


def _config(plan: Plan, checkpoint_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": checkpoint_id}, "recursion_limit": 2 * len(plan.segments) + 10}


def _open_saver(path: Path | None, exits: ExitStack, wait_s: float) -> BaseCheckpointSaver[str]:
    if path is None:
        from langgraph.checkpoint.memory import InMemorySaver

        return InMemorySaver()
    from compound.graph.store.saver import CheckpointFile

    saver = CheckpointFile.open(path, wait_s=wait_s)
    exits.callback(saver.close)
    return saver
