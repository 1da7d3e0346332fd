"""Runs one node: evaluates its condition, resolves its inputs, tries it, checks its value, returns its outcome."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Final

import anyio
import structlog

from compound.errors import ConnectorError, ModelError, plain_traceback
from compound.graph.run.active import NOTHING, NodeCall
from compound.graph.run.outcome import LOST, OVER_BUDGET, Outcome, as_node_error
from compound.graph.run.telling import tell_outcome, tell_start
from compound.language.references import ABSENT, Absent, EvaluationError

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.planning.steps import Step
    from compound.graph.run.active import ActiveRun
    from compound.language.references import Maybe, Scope
    from compound.spec.words import ErrorClass

log = structlog.stdlib.get_logger(__name__)

_MAX_WAIT_S: Final = 30.0
_WORTH_A_TRY: Final = ("timeout", "connector", "model")
_SPENT: Final = frozenset({"model.budget", "model.unknown-cost", "graph.over-budget"})


async def execute(
    step: Step, run: ActiveRun, scope: MutableMapping[str, Maybe], outcomes: Mapping[str, Outcome], lead: str
) -> Outcome:
    """One node from start to end; only cancellation raises."""
    early = decide(step, run, scope, outcomes)
    if isinstance(early, Outcome):
        return record_early(step, run, early)
    return await perform(step, run, early, scope, lead)


async def perform(
    step: Step, run: ActiveRun, inputs: dict[str, JsonValue], scope: MutableMapping[str, Maybe], lead: str
) -> Outcome:
    """A node that is going to run; only cancellation raises."""
    if run.listener is None:
        return await _perform(step, run, inputs, scope, lead)
    key = f"{lead}{step.name}"
    await tell_start(run, step, key)
    outcome = await _perform(step, run, inputs, scope, lead)
    await tell_outcome(run, step, key, outcome)
    return outcome


async def _perform(
    step: Step, run: ActiveRun, inputs: dict[str, JsonValue], scope: MutableMapping[str, Maybe], lead: str
) -> Outcome:
    outcome = await _attempts(step, run, inputs, scope, lead)
    if outcome.error is not None:
        return await _settle(step, run, step.view(scope), outcome, lead)
    return outcome


def decide(step: Step, run: ActiveRun, scope: Scope, outcomes: Mapping[str, Outcome]) -> dict[str, JsonValue] | Outcome:
    """The node's inputs, or its outcome if it does not run."""
    early = _before(step, outcomes)
    if early is not None:
        return early
    seen = step.view(scope)
    try:
        if step.when is not None:
            holds = step.when(seen)
            if holds is ABSENT:
                return Outcome("skipped", reason="its condition depends on a node that was skipped")
            if not holds:
                return Outcome("skipped", reason="its condition does not hold")
        inputs = step.inputs(seen)
    except EvaluationError as error:
        return Outcome("failed", error=step.error("graph.bad-reference", str(error), run.run_id))
    if isinstance(inputs, str):
        return Outcome("skipped", reason=f"its input {inputs!r} is absent")
    return inputs


def _before(step: Step, outcomes: Mapping[str, Outcome]) -> Outcome | None:
    """The outcome of a step that follows from the outcomes before it."""
    for dep in step.deps:
        before = outcomes.get(dep)
        if before is not None and before.status in LOST:
            return Outcome("blocked", reason=f"{dep} failed" if before.status == "failed" else before.reason)
    gate = None if step.gate is None else outcomes.get(step.gate)
    return Outcome("skipped", reason=gate.reason) if gate is not None and gate.status == "skipped" else None


def record_early(step: Step, run: ActiveRun, outcome: Outcome) -> Outcome:
    """Record a span for a node that did not run."""
    with run.span(step) as span:
        if outcome.error is not None:
            span.set(status_code="ERROR", error_type=outcome.error.code, status_message=str(outcome.error))
        else:
            span.skip(outcome.reason)
    return outcome


async def _attempts(
    step: Step, run: ActiveRun, inputs: dict[str, JsonValue], scope: Mapping[str, Maybe], lead: str
) -> Outcome:
    runner = run.runners[step.path]
    key = f"{lead}{step.name}"
    inside: Scope = NOTHING if step.block is None else step.view(scope)
    for attempt in range(1, step.retry.attempts + 1):
        limit_s = run.limit_s(step.timeout_s)
        try:
            with run.span(step, attempt=attempt) as span:
                if key != step.path:
                    span.set(journal_key=key)
                span.input(inputs)
                call = NodeCall(run=run, step=step, key=key, attempt=attempt, span=span, scope=inside)
                if limit_s is None:
                    value = await runner(call, inputs)
                else:
                    with anyio.fail_after(limit_s):
                        value = await runner(call, inputs)
                span.output(value)
                return Outcome("ok", value, call.remark)
        except Exception as error:  # noqa: BLE001 - a failure is a value until the segment settles
            if attempt < step.retry.attempts and is_retryable(error, step.retry.on) and not run.is_out_of_time:
                await anyio.sleep(_pause_s(step, attempt, error))
                continue
            return failed(step, run, error)
    raise AssertionError("a node has at least one attempt")


def failed(step: Step, run: ActiveRun, error: Exception) -> Outcome:
    """An error of a node as its outcome."""
    if isinstance(error, TimeoutError) and not error.args:
        if run.is_out_of_time:
            what, fix = f"the run has used its {run.seconds:g} s", "raise `budget.seconds` of the graph"
            return Outcome("failed", error=step.error("graph.over-budget", what, run.run_id, fix=fix))
        if step.timeout_s is not None:
            error = TimeoutError(f"took longer than {step.timeout_s:g} s")
    made = as_node_error(error, step, run.run_id)
    # It was given null: the cause is the model's answer, not this node.
    for dep in step.deps:
        before = run.outcomes.get(dep)
        if before is not None and before.status == "ok" and before.reason:
            made.what = f"{made.what}; node {dep} gave no value: {before.reason}"
    if made.code == "graph.node-crashed":
        log.error("node.crashed", node=step.path, run_id=run.run_id, exception=plain_traceback(error))
    return Outcome("failed", error=made)


async def _settle(step: Step, run: ActiveRun, scope: Scope, outcome: Outcome, lead: str) -> Outcome:
    """The replacement for a failed node: its fallback or, if the run is out of budget, a person."""
    rescue, error = step.rescue, outcome.error
    if rescue is not None and error is not None and (not rescue.on or _class_of(error) in rescue.on):
        stand_in = await _rescue(step, run, scope, lead)
        if stand_in is not None:
            return stand_in
    if error is not None and error.code in _SPENT and run.asks_when_spent:
        return Outcome("skipped", reason=OVER_BUDGET)
    return outcome


async def _rescue(step: Step, run: ActiveRun, scope: Scope, lead: str) -> Outcome | None:
    """The fallback's outcome; None if it has no inputs or no value either."""
    rescue = step.rescue
    if rescue is None:
        return None
    if rescue.step is not None:
        other = await execute(rescue.step, run, dict(scope), {}, lead)
        return other if other.status == "ok" else None
    if rescue.value is None:
        return None
    try:
        value = rescue.value(scope)
    except EvaluationError:
        return None
    with run.span(step) as span:
        span.set(fallback=True)
        if isinstance(value, Absent):
            span.skip("the fallback is absent")
            return None
        span.output(value)
    return Outcome("ok", value)


def _class_of(error: BaseException) -> ErrorClass:
    cause = error.__cause__ or error
    code = str(getattr(error, "code", ""))
    if isinstance(cause, TimeoutError) or code in {"graph.timeout", "model.timeout"}:
        return "timeout"
    if isinstance(cause, ModelError):
        return "model"
    if isinstance(cause, ConnectorError | ConnectionError):
        return "connector"
    return "value" if code == "graph.bad-value" else "tool"


def is_retryable(error: Exception, on: tuple[ErrorClass, ...] = ()) -> bool:
    """Whether another attempt may help: an error of these classes; default: an overloaded model or store, a timeout.

    A model call that was refused for good (a bad request, a spent budget) is never retried.
    """
    if isinstance(error, ModelError) and not error.retryable:
        return False
    wanted = on or _WORTH_A_TRY
    return "any" in wanted or _class_of(error) in wanted


def _pause_s(step: Step, attempt: int, error: Exception) -> float:
    asked = getattr(error, "retry_after_s", None)
    return min(float(asked) if asked is not None else step.retry.wait_s * 2 ** (attempt - 1), _MAX_WAIT_S)
