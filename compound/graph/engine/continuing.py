"""The next input for langgraph: a first state, the new decisions, or just "continue"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from compound.graph.engine.durable import Durable, first_payload, load, next_pass, resume_payload, waits_of
from compound.graph.engine.passes import owner_of
from compound.graph.run.outcome import LOST
from compound.graph.wiring.references import uses

if TYPE_CHECKING:
    from langgraph.types import StateSnapshot

    from compound.graph.planning.planning import Plan
    from compound.graph.planning.steps import Step
    from compound.graph.port.services import Reviews
    from compound.graph.run.active import ActiveRun


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """How a run continues.

    Attributes:
        must_run: Whether there is work to do; otherwise it is finished, or waits.
        payload: The input for langgraph.
        resumed: Keys of the waiting reviews that it answers; see `Durable.advance`.
        waiting: Key -> review that still waits, if there is no work.
    """

    must_run: bool
    payload: object = None
    resumed: tuple[str, ...] = ()
    waiting: Mapping[str, str] = field(default_factory=dict[str, str])


async def advance(
    run: ActiveRun, status: str | None, durable: Durable, reviews: Reviews | None
) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Continue a run, or an element of one, until its end or its next pause.

    Returns:
        Key -> review that waits; and the keys of the reviews whose decisions it took.

    Raises:
        RunError: ``graph.checkpoint-lost``.
    """
    step = await next_payload(run, status, durable, reviews)
    if not step.must_run:
        return step.waiting, ()
    waiting = await durable.advance(run, step.payload)
    if waiting and step.payload is None and durable.runs_in_passes:
        # It completed the pass of a process that died, which did not see what was decided since.
        values = (await durable.snapshot(run.checkpoint_id)).values
        step = await _decided_since(run, values, reviews)
        waiting = await durable.advance(run, step.payload) if step.must_run else step.waiting
    return waiting, step.resumed


async def next_payload(run: ActiveRun, status: str | None, durable: Durable, reviews: Reviews | None) -> NextStep:
    """Determine from its status and its checkpoint how a run, or an element of one, continues.

    Args:
        run: The run.
        status: As in the table of runs; None of a new run.
        durable: Its checkpoints.
        reviews: The queue.

    Raises:
        RunError: ``graph.checkpoint-lost``: it waited for a person, but its checkpoint was deleted.
    """
    if status is None:
        return NextStep(must_run=True, payload=first_payload(run))
    snapshot = await durable.snapshot(run.checkpoint_id)
    values: dict[str, Any] = snapshot.values
    if not values:
        if status == "waiting_review":
            await durable.require(run)
        return NextStep(must_run=True, payload=first_payload(run))
    if run.lead and values.get("run", {}).get("stands_on") != run.stands_on:
        # What the element was made from changed: it is drafted again, and its open items show that.
        await durable.prune(run.checkpoint_id)
        run.reopens = durable.reviews
        return NextStep(must_run=True, payload=first_payload(run))
    return await _continued(run, status, snapshot, durable, reviews)


async def _continued(
    run: ActiveRun, status: str, snapshot: StateSnapshot, durable: Durable, reviews: Reviews | None
) -> NextStep:
    values: dict[str, Any] = snapshot.values
    outcomes = _known(snapshot)
    # `next` leaves out a node whose result is stored but whose step is not: the run has ended only without any task.
    is_over = not snapshot.tasks
    lost = _read_around(run, durable.plan, outcomes)
    outcomes = {name: data for name, data in outcomes.items() if name not in lost}
    asks_nobody = is_over and not waits_of(values)
    if status == "failed" or (_has_failed(outcomes) and (status == "running" or asks_nobody)):
        return await _again(run, outcomes, durable)
    if durable.runs_in_passes and is_over:
        step = await _next_pass(run, {**values, "outcomes": outcomes}, durable.reviews, reviews)
        if lost and isinstance(step.payload, dict):
            step.payload["outcomes"] |= dict.fromkeys(lost)
        return step
    if snapshot.interrupts:
        load(run, values.get("outcomes", {}))
        return await _decided(snapshot, reviews)
    if is_over:
        load(run, outcomes)
    return NextStep(must_run=not is_over)


def _read_around(run: ActiveRun, plan: Plan, outcomes: Mapping[str, Any]) -> set[str]:
    """Nodes around a map that an element reads which is drafted again: they run again, with present data.

    Not those that make its list, and not those of other decisions and effects, as in `begin_again`.
    """
    found: set[str] = set()
    for name in {owner_of(one) for one in run.redrafts} & plan.bodies.keys():
        step = plan.steps[name]
        reads = () if step.elements is None else step.elements.reads
        listed = (use.ref.root for use in uses(step.node, ()) if use.path[:1] == ("map",))
        found |= _with_ancestors(plan, step, reads) - _with_ancestors(plan, step, listed) - _rest(plan, outcomes, name)
    return {name for name in found if name in outcomes and not plan.steps[name].is_boundary}


def _with_ancestors(plan: Plan, step: Step, roots: Iterable[str]) -> set[str]:
    names = {step.prefix + root for root in roots} & plan.steps.keys()
    return names.union(*(plan.ancestors[name] for name in names))


def _known(snapshot: StateSnapshot) -> Mapping[str, Mapping[str, Any]]:
    """Outcomes of a checkpoint, including nodes whose result is stored but whose step is not."""
    known: dict[str, Mapping[str, Any]] = dict(snapshot.values.get("outcomes", {}))
    for task in snapshot.tasks:
        known |= (task.result or {}).get("outcomes", {})
    return known


def _has_failed(outcomes: Mapping[str, Mapping[str, Any]]) -> bool:
    """A node failed and the process ended before the run did: nobody was told, and the cause may have passed."""
    return any(data["status"] == "failed" for data in outcomes.values())


async def _again(run: ActiveRun, outcomes: Mapping[str, Mapping[str, Any]], durable: Durable) -> NextStep:
    """Retry the failed nodes; values of the others are kept, so a decision still matches what its person saw.

    The decision is read again: after a refused effect there may be another one, or none yet.
    """
    stays = {name for name, data in outcomes.items() if data["status"] not in LOST} - durable.reviews
    load(run, {name: data for name, data in outcomes.items() if name in stays})
    await durable.prune(run.checkpoint_id)
    return NextStep(must_run=True, payload=first_payload(run))


async def _next_pass(
    run: ActiveRun, values: Mapping[str, Any], asked: frozenset[str], reviews: Reviews | None
) -> NextStep:
    """The next pass over a finished one: with the new decisions, and once more through nodes that failed.

    As in `_again`, a failure reads every decision again.
    """
    outcomes: Mapping[str, Mapping[str, Any]] = values.get("outcomes", {})
    waiting = waits_of(values)
    if waiting and _has_failed(outcomes):
        lost = {name for name, data in outcomes.items() if data["status"] in LOST or name in asked}
        load(run, {name: data for name, data in outcomes.items() if name not in lost})
        return NextStep(must_run=True, payload=next_pass(run, lost))
    load(run, outcomes)
    return await _decided_since(run, values, reviews)


async def _decided_since(run: ActiveRun, values: Mapping[str, Any], reviews: Reviews | None) -> NextStep:
    """The next pass over a finished one, if there is something new to do: decisions, or elements to try again."""
    waiting = waits_of(values)
    decided = await _decisions(waiting, reviews)
    run.answered = frozenset(decided)
    is_open = any(not one["is_final"] for one in values.get("elements", {}).values())
    if decided or run.redrafts or is_open:
        return NextStep(must_run=True, payload=next_pass(run), resumed=tuple(decided))
    return NextStep(must_run=False, waiting=waiting)


async def begin_again(run: ActiveRun, plan: Plan, durable: Durable, node: str) -> None:
    """Discard the nodes that lead to a review and those that follow from it; keep those of other boundaries.

    A crash in between leaves a run without a checkpoint, which restarts by itself.
    """
    snapshot = await durable.snapshot(run.checkpoint_id)
    outcomes: Mapping[str, Mapping[str, Any]] = snapshot.values.get("outcomes", {})
    kept = _rest(plan, outcomes, node)
    load(run, {name: data for name, data in outcomes.items() if name in kept})
    await durable.prune(run.checkpoint_id)


def _rest(plan: Plan, outcomes: Mapping[str, Mapping[str, Any]], node: str) -> set[str]:
    """Nodes used by an effect or a review that is not behind this node."""
    before = plan.ancestors
    settled = (
        name
        for name, step in plan.steps.items()
        if step.is_boundary
        and outcomes.get(name, {}).get("status") == "ok"
        and name != node
        and node not in before[name]
    )
    return set[str]().union(*(before[name] | {name} for name in settled))


async def _decided(snapshot: StateSnapshot, reviews: Reviews | None) -> NextStep:
    waiting = {one.id: str(one.value["review_id"]) for one in snapshot.interrupts}
    decided = await _decisions(waiting, reviews)
    if decided:
        return NextStep(must_run=True, payload=resume_payload(decided), resumed=tuple(decided))
    # A crash may have left work next to the pause; only that work is run, the review keeps waiting.
    is_unfinished = any(not task.interrupts and task.result is None for task in snapshot.tasks)
    return NextStep(must_run=is_unfinished, waiting=waiting)


async def _decisions(waiting: Mapping[str, str], reviews: Reviews | None) -> dict[str, str]:
    """Key -> decision of the reviews that were decided since."""
    decided: dict[str, str] = {}
    for key, review_id in waiting.items():
        decision = None if reviews is None else await reviews.decision(review_id)
        if decision is not None:
            decided[key] = decision.decision_id
    return decided
