"""Blocks: rounds of `repeat`, items of `map`, and a subgraph that runs as one step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from compound.graph.planning.expanding import EACH
from compound.graph.planning.steps import GraphPlan, MapPlan, RepeatPlan
from compound.graph.run.dataflow import run_program
from compound.graph.run.items import combined, first_error, items_of, record_of, value_of
from compound.graph.run.outcome import Outcome
from compound.language.references import ABSENT, EvaluationError

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.planning.steps import Step
    from compound.graph.run.active import NodeCall, Runner
    from compound.language.references import Maybe


def bind_block(step: Step, enter: Runner | None = None) -> Runner:
    """A block as the work of its node: a failure inside is its failure.

    Args:
        step: The node; it has a block.
        enter: The entry of a subgraph, which checks its inputs like those of a whole run.
    """
    block = step.block
    if block is None:
        raise AssertionError("a block has a plan")

    async def run(call: NodeCall, inputs: dict[str, JsonValue]) -> JsonValue:
        try:
            match block:
                case RepeatPlan():
                    outcome = await _rounds(block, call)
                case MapPlan():
                    outcome = await _Items(block, call).run(inputs[EACH])
                case GraphPlan():
                    outcome = await _below(block, call, inputs if enter is None else await enter(call, inputs))
        except EvaluationError as error:
            raise step.error("graph.bad-reference", str(error), call.run.run_id) from None
        if outcome.error is not None:
            raise outcome.error
        return outcome.value

    return run


async def _rounds(plan: RepeatPlan, call: NodeCall) -> Outcome:
    previous: Maybe = ABSENT
    for number in range(1, plan.max_rounds + 1):
        inner: dict[str, Maybe] = {**call.scope, "previous": previous}
        outcomes: dict[str, Outcome] = {}
        await run_program(plan.program, call.run, scope=inner, outcomes=outcomes, lead=f"{call.key}[{number}].")
        call.span.set(rounds=number)
        error = first_error(outcomes)
        if error is not None:
            return Outcome("failed", error=error)
        values = record_of(outcomes)
        previous = values
        is_last = number == plan.max_rounds
        if is_last or (plan.until is not None and _holds(plan.until(inner))):
            return Outcome("ok", values if plan.out is None else plan.out(inner))
    raise AssertionError("a block has at least one round")


async def _below(plan: GraphPlan, call: NodeCall, given: JsonValue) -> Outcome:
    inner: dict[str, Maybe] = {"input": given}
    inner.update((name, call.scope[name]) for name in ("context", "run") if name in call.scope)
    outcomes: dict[str, Outcome] = {}
    await run_program(plan.program, call.run, scope=inner, outcomes=outcomes, lead=f"{call.key}.")
    error = first_error(outcomes)
    return Outcome("failed", error=error) if error is not None else Outcome("ok", plan.output(inner))


class _Items:
    """The items of one `map` while they run."""

    def __init__(self, plan: MapPlan, call: NodeCall) -> None:
        self._plan = plan
        self._call = call
        self._next = 0
        self._results: list[Outcome] = []
        self._is_stopped = False

    async def run(self, each: JsonValue) -> Outcome:
        """All items, at most `parallel` at a time; the value keeps their order."""
        step, run_id = self._call.step, self._call.run.run_id
        items = items_of(step, self._plan, each, run_id)
        # One slot per item, so that the order of the results never depends on which ends first.
        self._results = [Outcome("blocked", reason="not started") for _ in items]
        async with anyio.create_task_group() as tasks:
            for _ in range(min(self._plan.parallel, len(items))):
                tasks.start_soon(self._worker, items)
        failed = sum(one.error is not None for one in self._results)
        self._call.span.set(items=len(items), failed_items=failed)
        return combined(step, self._plan, items, self._results, run_id)

    async def _worker(self, items: list[JsonValue]) -> None:
        while self._next < len(items) and not self._is_stopped:
            at = self._next
            self._next += 1
            self._results[at] = await self._item(items[at], at)
            # Items in progress end; new ones would be paid for a block that fails anyway.
            self._is_stopped |= self._results[at].error is not None and self._plan.on_error == "fail"

    async def _item(self, value: JsonValue, at: int) -> Outcome:
        inner: dict[str, Maybe] = {**self._call.scope, self._plan.item: value}
        outcomes: dict[str, Outcome] = {}
        lead = f"{self._call.key}[{at}]."
        await run_program(self._plan.program, self._call.run, scope=inner, outcomes=outcomes, lead=lead)
        return value_of(self._call.step, self._plan, at, inner, outcomes, self._call.run.run_id)


def _holds(value: Maybe) -> bool:
    return value is not ABSENT and bool(value)
