"""`repeat`: run a block's nodes in rounds until its condition holds, at most so many times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from compound.errors import CompoundError, NodeError
from compound.graph._outcome import Outcome
from compound.graph._schedule import run_program
from compound.spec._refs import ABSENT, EvaluationError

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph._active import ActiveRun
    from compound.graph._plan import Program, Step
    from compound.spec._refs import Maybe


async def run_block(step: Step, run: ActiveRun, scope: Mapping[str, Maybe], lead: str) -> Outcome:
    """Run the rounds; the value is the block's `out` after the last one."""
    program = step.program
    if program is None:
        raise AssertionError("a block has a program")
    with run.span(step) as span:
        try:
            outcome, rounds = await _rounds(step, program, run, scope, lead)
        except EvaluationError as error:
            what = f"node {step.path}: {error}"
            made = NodeError("graph.bad-reference", what, node=step.path, run_id=run.run_id)
            outcome, rounds = Outcome("failed", error=made), 0
        span.set(rounds=rounds)
        if outcome.error is not None:
            span.set(status_code="ERROR", error_type=outcome.error.code, status_message=str(outcome.error))
        else:
            span.output(outcome.value)
        return outcome


async def _rounds(
    step: Step, program: Program, run: ActiveRun, scope: Mapping[str, Maybe], lead: str
) -> tuple[Outcome, int]:
    previous: Maybe = ABSENT
    for number in range(1, program.max_rounds + 1):
        inner: dict[str, Maybe] = {**scope, "previous": previous}
        outcomes: dict[str, Outcome] = {}
        await run_program(program, run, scope=inner, outcomes=outcomes, lead=f"{lead}{step.name}[{number}].")
        error = _first_error(outcomes)
        if error is not None:
            return Outcome("failed", error=error), number
        values = {name: _or_null(outcome.seen) for name, outcome in outcomes.items()}
        previous = cast("JsonValue", values)
        is_last = number == program.max_rounds
        if is_last or (program.until is not None and _holds(program.until(inner))):
            value = values if program.out is None else program.out(inner)
            return Outcome("ok", cast("JsonValue", value)), number
    raise AssertionError("a block has at least one round")


def _holds(value: Maybe) -> bool:
    return value is not ABSENT and bool(value)


def _or_null(value: Maybe) -> JsonValue:
    return None if value is ABSENT else cast("JsonValue", value)


def _first_error(outcomes: Mapping[str, Outcome]) -> CompoundError | None:
    return next((outcome.error for outcome in outcomes.values() if outcome.error is not None), None)
