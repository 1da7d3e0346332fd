"""Runs a program as dataflow: each node starts as soon as its inputs are ready.

No barriers, no cancellation of siblings: a failing node becomes a failed outcome, its dependents are blocked,
everything else continues, because a paid call in progress would be wasted. One of the nodes that become ready
continues in the task that made it ready, so a chain needs no extra tasks.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, TypeAlias

import anyio
import anyio.abc

from compound.graph.run.attempts import decide, perform, record_early
from compound.graph.run.outcome import Outcome
from compound.graph.run.telling import note_outcome, tell_untold

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.planning.steps import Program
    from compound.graph.run.active import ActiveRun
    from compound.language.references import Maybe

Outcomes: TypeAlias = "dict[str, Outcome]"
_Start: TypeAlias = "tuple[int, dict[str, JsonValue]]"
"""A step that is going to run, and its inputs."""


async def run_program(
    program: Program,
    run: ActiveRun,
    *,
    scope: MutableMapping[str, Maybe],
    outcomes: Outcomes,
    lead: str = "",
) -> None:
    """Run every step without an outcome; adds outcomes and values to the arguments.

    Args:
        program: The steps.
        run: The run they belong to.
        scope: What references see; gets the value of each step.
        outcomes: Known outcomes; gets the outcome of each step, at the end in the order of the program.
        lead: Prefix of the journal's node names inside a block: `answer[2].`.
    """
    flow = _Flow(program, run, scope, outcomes, lead)
    ready = flow.settled_before()
    if ready:
        await flow.run_all(ready)
        if run.untold:
            await tell_untold(run)
    for step in program.steps:
        outcomes[step.name] = outcomes.pop(step.name)


class _Flow:
    __slots__ = ("lead", "outcomes", "program", "run", "scope", "tasks", "waiting")

    def __init__(
        self,
        program: Program,
        run: ActiveRun,
        scope: MutableMapping[str, Maybe],
        outcomes: Outcomes,
        lead: str,
    ) -> None:
        self.program = program
        self.run = run
        self.scope = scope
        self.outcomes = outcomes
        self.lead = lead
        self.waiting = list(program.waits)
        self.tasks: anyio.abc.TaskGroup | None = None

    def settled_before(self) -> list[int]:
        """Steps that can start now; those with an outcome (in a resumed run) count as done."""
        steps, outcomes = self.program.steps, self.outcomes
        if outcomes:
            for at, step in enumerate(steps):
                if step.name in outcomes:
                    for other in self.program.dependents[at]:
                        self.waiting[other] -= 1
        return [at for at, count in enumerate(self.waiting) if count == 0 and steps[at].name not in outcomes]

    async def run_all(self, ready: list[int]) -> None:
        """Run everything; a task group is created only when two nodes run at the same time."""
        try:
            await self._drive(ready)
        except BaseException as error:
            if self.tasks is None or not await self.tasks.__aexit__(type(error), error, error.__traceback__):
                raise
        else:
            if self.tasks is not None:
                await self.tasks.__aexit__(None, None, None)

    async def _drive(self, ready: list[int]) -> None:
        """Run the first of the steps that can start, then the first that it made ready; the others get a task each."""
        while ready:
            first: _Start | None = None
            for start in self._starts(ready):
                if first is None:
                    first = start
                    continue
                if self.tasks is None:
                    self.tasks = anyio.create_task_group()
                    await self.tasks.__aenter__()
                self.tasks.start_soon(self._follow, start)
            if first is None:
                return
            ready = await self._perform(first)

    async def _follow(self, start: _Start) -> None:
        await self._drive(await self._perform(start))

    async def _perform(self, start: _Start) -> list[int]:
        index, inputs = start
        step = self.program.steps[index]
        return self._end(index, await perform(step, self.run, inputs, self.scope, self.lead))

    def _starts(self, ready: list[int]) -> list[_Start]:
        """Those that run, with their inputs. The others end at once, and so do steps that only waited for them."""
        starts: list[_Start] = []
        for index in ready:  # grows during iteration
            step = self.program.steps[index]
            early = decide(step, self.run, self.scope, self.outcomes)
            if isinstance(early, Outcome):
                if self.run.listener is not None:
                    note_outcome(self.run, step, f"{self.lead}{step.name}", early)
                ready += self._end(index, record_early(step, self.run, early))
            else:
                starts.append((index, early))
        return starts

    def _end(self, index: int, outcome: Outcome) -> list[int]:
        """Publish a step's outcome; returns the steps that can start now."""
        steps, waiting = self.program.steps, self.waiting
        name = steps[index].name
        self.outcomes[name] = outcome
        self.scope[name] = outcome.seen
        ready: list[int] = []
        for other in self.program.dependents[index]:
            waiting[other] -= 1
            if waiting[other] == 0 and steps[other].name not in self.outcomes:
                ready.append(other)
        return ready
