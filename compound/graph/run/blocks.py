"""Blocks: rounds of `repeat`, items of `map`, and a subgraph that runs as one step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import anyio

from compound.errors import NodeError
from compound.graph.planning.expanding import EACH
from compound.graph.planning.steps import GraphPlan, MapPlan, RepeatPlan
from compound.graph.run.dataflow import run_program
from compound.graph.run.outcome import Outcome
from compound.language.references import ABSENT, EvaluationError

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.errors import CompoundError
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
        error = _first_error(outcomes)
        if error is not None:
            return Outcome("failed", error=error)
        values = _record(outcomes)
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
    error = _first_error(outcomes)
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
        items = self._checked(each)
        # One slot per item, so that the order of the results never depends on which ends first.
        self._results = [Outcome("blocked", reason="not started") for _ in items]
        async with anyio.create_task_group() as tasks:
            for _ in range(min(self._plan.parallel, len(items))):
                tasks.start_soon(self._worker, items)
        errors = [(at, one.error) for at, one in enumerate(self._results) if one.error is not None]
        self._call.span.set(items=len(items), failed_items=len(errors))
        if self._plan.on_error == "collect":
            return Outcome("ok", self._collected(items, errors, [one.value for one in self._results]))
        if errors and self._plan.on_error == "fail":
            return Outcome("failed", error=self._failure(errors, len(items)))
        done = [one.value for one in self._results if one.status == "ok"]
        return Outcome("ok", self._collected(items, errors, done) if self._plan.on_error == "report" else done)

    def _checked(self, each: JsonValue) -> list[JsonValue]:
        if each is None:
            return []
        if not isinstance(each, list):
            raise self._wrong("graph.bad-items", f"`each` is {type(each).__name__}, not a list")
        if len(each) > self._plan.limit:
            what = f"`each` has {len(each)} items, more than `max: {self._plan.limit}`"
            raise self._wrong("graph.too-many-items", what, "raise `map.max`, or pass fewer items")
        return each

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
        error = _first_error(outcomes)
        if error is not None:
            return Outcome("failed", error=error)
        try:
            return Outcome("ok", _record(outcomes) if self._plan.out is None else self._plan.out(inner))
        except EvaluationError as problem:
            return Outcome("failed", error=self._wrong("graph.bad-reference", f"item {at}: {problem}"))

    def _collected(
        self, items: list[JsonValue], errors: list[tuple[int, CompoundError]], values: list[JsonValue]
    ) -> JsonValue:
        wrong: list[JsonValue] = [
            {"index": at, "item": items[at], "code": error.code, "what": error.what} for at, error in errors
        ]
        return {"items": values, "failed": wrong}

    def _failure(self, errors: list[tuple[int, CompoundError]], count: int) -> NodeError:
        at, first = errors[0]
        made = self._wrong(first.code, f"{len(errors)} of {count} items failed; item {at}: {first.what}", first.fix)
        made.__cause__ = first.__cause__ or first
        return made

    def _wrong(self, code: str, what: str, fix: str = "") -> NodeError:
        return self._call.step.error(code, what, self._call.run.run_id, fix=fix)


def _holds(value: Maybe) -> bool:
    return value is not ABSENT and bool(value)


def _record(outcomes: Mapping[str, Outcome]) -> dict[str, JsonValue]:
    """Every node's value, null for skipped ones."""
    values = {name: outcome.seen for name, outcome in outcomes.items()}
    return {name: None if value is ABSENT else cast("JsonValue", value) for name, value in values.items()}


def _first_error(outcomes: Mapping[str, Outcome]) -> CompoundError | None:
    return next((outcome.error for outcome in outcomes.values() if outcome.error is not None), None)
