"""Maps with reviews or effects: each item is an element of the run, and waits for people of its own.

An element runs like a run: through a plan of its own, with a checkpoint of its own, so that what a person was shown is
never computed again. To the queue, the outbox and the table of runs it is a part of its run: its nodes are called
`letters[3].review` there. The map ends when its last element has ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import anyio
from langchain_core.runnables.config import var_child_runnable_config

from compound.errors import ConflictError, NodeError
from compound.graph.engine.continuing import advance, begin_again
from compound.graph.engine.durable import Durable, first_payload
from compound.graph.engine.passes import Pass, ended_of, index_of, is_outdated, owner_of, split_element, waiting_of
from compound.graph.planning.expanding import EACH
from compound.graph.run.attempts import decide, record_early
from compound.graph.run.items import combined, element_of, failure, items_of, value_of
from compound.graph.run.outcome import Outcome, from_json
from compound.language.decisions import REJECT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from compound.errors import CompoundError
    from compound.graph.engine.rehearsing import Rehearsal, Trial
    from compound.graph.planning.planning import Plan
    from compound.graph.planning.steps import ElementsPlan, Step
    from compound.graph.port.services import Services
    from compound.graph.run.active import ActiveRun

NOT_STARTED: Final = Outcome("blocked", reason="not started")


def durable_of(plan: Plan, services: Services, *, is_element: bool = False) -> Durable:
    """A plan bound to langgraph, with its maps and those in their elements."""
    made = {name: Elements(plan, name, body, services) for name, body in plan.bodies.items()}
    return Durable(plan, services, made, in_passes=is_element or plan.has_work_beside_a_review)


class Elements:
    """One map; see `MapRunner`.

    Args:
        around: The plan of the map.
        name: The map.
        body: The plan of an element.
        services: The project's look-ups.
    """

    def __init__(self, around: Plan, name: str, body: Plan, services: Services) -> None:
        step = around.steps[name]
        if step.elements is None:
            raise AssertionError("only a map with reviews or effects has elements")
        self.step: Step = step
        self.plan: ElementsPlan = step.elements
        self.body = body
        self.services = services
        self.durable = durable_of(body, services, is_element=True)
        self._reviews = [one for one in around.ancestors[name] if around.steps[one].kind == "review"]

    def open(self, saver: Any) -> None:  # noqa: ANN401
        """Keep the elements' checkpoints in the store of the run's."""
        self.durable.open_in(saver)

    async def run(self, run: ActiveRun) -> Pass:
        """Start or continue the elements, as far as they get without a person."""
        step = self.step
        inputs = decide(step, run, run.scope, run.outcomes)
        if isinstance(inputs, Outcome):
            return Pass(outcome=record_early(step, run, inputs))
        with run.span(step) as span:
            span.input(inputs)
            try:
                items = items_of(step, self.plan.rules, inputs[EACH], run.run_id)
            except NodeError as error:
                span.set(status_code="ERROR", error_type=error.code, status_message=str(error))
                return Pass(outcome=Outcome("failed", error=error))
            made = await _Going(self, run, items).go()
            failed = sum(one["status"] == "failed" for one in {**run.elements, **made.elements}.values())
            span.set(items=len(items), failed_items=failed)
            outcome = made.outcome
            if outcome is None:
                count = sum(one is not None for one in made.waits.values())
                span.pause(f"waits for {count} review{'' if count == 1 else 's'}")
            elif outcome.error is not None:
                error = outcome.error
                span.set(status_code="ERROR", error_type=error.code, status_message=str(error))
            else:
                span.output(outcome.value)
            return made

    async def rehearse(self, run: ActiveRun, element: str, node: str, trial: Trial) -> Rehearsal:
        """Rehearse a decision of a review in an element.

        Raises:
            ConflictError: ``graph.changed``: the run no longer has the element.
        """
        inputs = self.step.inputs(self.step.view(run.scope))
        at = index_of(element)
        items = [] if isinstance(inputs, str) else items_of(self.step, self.plan.rules, inputs[EACH], run.run_id)
        if at >= len(items):
            what = f"run {run.run_id} no longer has {element}: the list has {len(items)} items"
            raise ConflictError("graph.changed", what, fix="reject the item")
        return await self.durable.rehearse(self.element(run, at, items[at]), node, trial, None)

    def element(self, run: ActiveRun, at: int, value: JsonValue) -> ActiveRun:
        """An element of a run."""
        refused = ""
        for name in self._reviews:
            outcome = run.outcomes.get(name)
            if outcome is not None and isinstance(outcome.value, dict) and outcome.value.get("action") == REJECT:
                refused = f"{name} decided {REJECT}"
        return element_of(self.step, run, at, value, refused_by=refused)

    def owes(self, element: ActiveRun) -> bool:
        """Whether an effect of a failed element was decided and not done: that is never left out."""
        return element.owes or any(
            outcome.status == "failed" and self.body.steps[name].kind == "effect"
            for name, outcome in element.outcomes.items()
        )


class _Going:
    """One pass through the elements of a map."""

    def __init__(self, of: Elements, run: ActiveRun, items: list[JsonValue]) -> None:
        self._of = of
        self._run = run
        self._items = items
        self._elements = [of.element(run, at, item) for at, item in enumerate(items)]
        self._names = [f"{of.step.name}[{at}]" for at in range(len(items))]
        self._before: dict[str, dict[str, str]] = {name: {} for name in self._names}
        self._waits: dict[str, str | None] = {}
        for key, item in run.waits.items():
            if owner_of(key) == of.step.name:
                name = split_element(key)[0]
                # The list may have become shorter.
                self._waits[key] = item if name in self._before else None
                self._before.setdefault(name, {})[key] = item
        self._ended: dict[str, Mapping[str, JsonValue]] = {}
        self._trouble: list[Exception] = []
        self._is_stopped = False

    async def go(self) -> Pass:
        todo = [at for at in range(len(self._items)) if await self._has_work(at)]
        # What a person decided comes first.
        queue = iter(sorted(todo, key=lambda at: not self._before[self._names[at]]))
        async with anyio.create_task_group() as tasks:
            for _ in range(min(self._of.plan.rules.parallel, len(todo))):
                tasks.start_soon(self._worker, queue)
        if self._trouble:
            raise self._trouble[0]
        await self._withdraw_rest()
        outcome = None if any(item is not None for item in self._waits.values()) else self._outcome()
        return Pass(outcome=outcome, waits=self._waits, elements=self._ended)

    async def _withdraw_rest(self) -> None:
        """The list may be shorter than before: nobody needs to decide the rest."""
        run, reviews, name = self._run, self._of.services.reviews, self._of.step.name
        known = [one for one in run.elements if owner_of(one) == name]
        has_begun_again = not known and run.is_resumed
        if reviews is not None and (has_begun_again or any(index_of(one) >= len(self._items) for one in known)):
            start = f"{run.lead}{name}["
            await reviews.withdraw(run.run_id, start, kept=len(self._items))

    async def _has_work(self, at: int) -> bool:
        """Whether an element can continue: it has not ended, and waits for nobody or was decided."""
        name, reviews = self._names[at], self._of.services.reviews
        known, waits = self._run.elements.get(name), self._before[name]
        if known is None or name in self._run.redrafts or not known["is_final"]:
            return True
        if is_outdated(self._elements[at], known):
            return True
        if self._run.answered is not None:
            return not self._run.answered.isdisjoint(waits)
        return reviews is not None and any([await reviews.decision(item) is not None for item in waits.values()])

    async def _worker(self, queue: Any) -> None:  # noqa: ANN401
        var_child_runnable_config.set(None)  # to langgraph an element is a run, not a part of the node around it
        for at in queue:
            # Items in progress end; new ones would be paid for a block that fails anyway.
            if self._trouble or (self._is_stopped and not self._before[self._names[at]]):
                return
            try:
                await self._continue(at)
            except Exception as error:  # noqa: BLE001 - raised when the other elements have stopped
                self._trouble.append(error)

    async def _continue(self, at: int) -> None:
        run, name, element = self._run, self._names[at], self._elements[at]
        waiting = await self._advance(element, run.redrafts.pop(name, None))
        self._waits |= dict.fromkeys(self._before[name])
        self._waits |= {f"{name}.{key}": item for key, item in waiting.items()}
        errors = {element.lead + one: end.error for one, end in element.outcomes.items() if end.error is not None}
        if waiting:
            run.open_failures |= errors
            self._ended[name] = waiting_of(element, has_failed=bool(errors))
            return
        rules = self._of.plan.rules
        outcome = value_of(self._of.step, rules, at, element.scope, element.outcomes, run.run_id)
        is_final = outcome.error is None or (rules.on_error != "fail" and not self._of.owes(element))
        if not is_final:
            run.owes |= self._of.owes(element)
            run.open_failures |= errors
            self._is_stopped |= rules.on_error == "fail"
        self._ended[name] = ended_of(element, outcome, is_final=is_final)

    async def _advance(self, element: ActiveRun, redraft: Any) -> Mapping[str, str]:  # noqa: ANN401
        durable, reviews = self._of.durable, self._of.services.reviews
        if reviews is not None:
            element.instruct(await reviews.instruction(element.run_id, element.lead))
        if redraft is not None:
            node, decides = redraft
            if node in self._of.body.steps:
                element.redraft = decides
                await begin_again(element, self._of.body, durable, node)
                return await durable.advance(element, first_payload(element))
            inner, node = split_element(node)
            element.redrafts[inner] = (node, decides)
        waiting, _ = await advance(element, "running", durable, reviews)
        return waiting

    def _outcome(self) -> Outcome:
        """The outcome of the map: every element has ended, or failed and is tried again with the map."""
        run, step, rules = self._run, self._of.step, self._of.plan.rules
        known = {**run.elements, **self._ended}
        results: list[Outcome] = []
        open_ones: list[tuple[int, CompoundError]] = []
        for at, name in enumerate(self._names):
            data = known.get(name)
            outcome = NOT_STARTED if data is None else from_json(step.path, run.run_id, data)
            results.append(outcome)
            if data is not None and not data["is_final"] and outcome.error is not None:
                open_ones.append((at, outcome.error))
        if open_ones:
            for key in [key for key in run.open_failures if key.startswith(f"{run.lead}{step.name}[")]:
                del run.open_failures[key]  # told as the failure of the map
            return Outcome("failed", error=failure(step, open_ones, len(results), run.run_id))
        return combined(step, rules, self._items, results, run.run_id)
