"""Run a program as true dataflow: each node starts the moment its inputs are there.

No barriers, no cancellation of siblings: a failing node becomes a failed outcome, what depends on it is
blocked, everything else goes on, because a paid call in flight would be paid for nothing. One of the nodes
that become ready goes on in the task that made it ready, so a chain costs no task at all.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, TypeAlias

import anyio
import anyio.abc

from compound.graph._execute import execute
from compound.graph._outcome import Outcome

if TYPE_CHECKING:
    from compound.graph._active import ActiveRun
    from compound.graph._steps import Program
    from compound.spec._refs import Maybe

Outcomes: TypeAlias = "dict[str, Outcome]"


async def run_program(
    program: Program,
    run: ActiveRun,
    *,
    scope: MutableMapping[str, Maybe],
    outcomes: Outcomes,
    lead: str = "",
) -> None:
    """Run every step that has no outcome yet; add outcomes and values to what is given.

    Args:
        program: The steps.
        run: The run they belong to.
        scope: What references see; gets the value of each step.
        outcomes: What is known; gets the outcome of each step, at the end in the order of the program.
        lead: Prefix of the journal's node names inside a block: `answer[2].`.
    """
    flow = _Flow(program, run, scope, outcomes, lead)
    ready = flow.settled_before()
    if len(ready) == 1 and len(program.steps) == 1:
        await flow.drive(ready[0], None)
    elif ready:
        async with anyio.create_task_group() as tasks:
            for index in ready[1:]:
                tasks.start_soon(flow.drive, index, tasks)
            await flow.drive(ready[0], tasks)
    for step in program.steps:
        outcomes[step.name] = outcomes.pop(step.name)


class _Flow:
    __slots__ = ("lead", "outcomes", "program", "run", "scope", "waiting")

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

    def settled_before(self) -> list[int]:
        """Steps that can start now; those that have an outcome already (a continued run) count as done."""
        known = [at for at, step in enumerate(self.program.steps) if step.name in self.outcomes]
        for at in known:
            for other in self.program.dependents[at]:
                self.waiting[other] -= 1
        return [
            at
            for at, count in enumerate(self.waiting)
            if count == 0 and self.program.steps[at].name not in self.outcomes
        ]

    async def drive(self, index: int, tasks: anyio.abc.TaskGroup | None) -> None:
        """Run a step, then the first that it made ready; the others get a task each."""
        following: int | None = index
        while following is not None:
            step = self.program.steps[following]
            outcome = await execute(step, self.run, self.scope, self.outcomes, self.lead)
            self.outcomes[step.name] = outcome
            self.scope[step.name] = outcome.seen
            ready = self._after(following)
            following = ready[0] if ready else None
            for other in ready[1:]:
                if tasks is not None:
                    tasks.start_soon(self.drive, other, tasks)

    def _after(self, index: int) -> list[int]:
        ready: list[int] = []
        for other in self.program.dependents[index]:
            self.waiting[other] -= 1
            if self.waiting[other] == 0 and self.program.steps[other].name not in self.outcomes:
                ready.append(other)
        return ready
