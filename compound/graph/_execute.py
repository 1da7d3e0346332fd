"""Run one node: decide if it runs, fetch its inputs, try it, check its value, say how it ended."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING

import anyio
import structlog

from compound.errors import ConnectorError, ModelError, NodeError
from compound.graph._active import NodeCall
from compound.graph._outcome import LOST, Outcome, as_node_error
from compound.spec._refs import ABSENT, EvaluationError

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph._active import ActiveRun
    from compound.graph._plan import Step
    from compound.spec._refs import Maybe, Scope

log = structlog.stdlib.get_logger(__name__)

_MAX_WAIT_S = 30.0


async def execute(
    step: Step, run: ActiveRun, scope: MutableMapping[str, Maybe], outcomes: Mapping[str, Outcome], lead: str
) -> Outcome:
    """One node from start to end; never raises except to cancel."""
    early = decide(step, run, scope, outcomes)
    if isinstance(early, Outcome):
        return record_early(step, run, early)
    if step.program is not None:
        from compound.graph._blocks import run_block

        return await run_block(step, run, scope, lead)
    return await _attempts(step, run, early, lead)


def decide(step: Step, run: ActiveRun, scope: Scope, outcomes: Mapping[str, Outcome]) -> dict[str, JsonValue] | Outcome:
    """The node's inputs; or how it ends without running."""
    for dep in step.deps:
        before = outcomes.get(dep)
        if before is not None and before.status in LOST:
            return Outcome("blocked", reason=f"{dep} failed" if before.status == "failed" else before.reason)
    try:
        if step.when is not None:
            holds = step.when(scope)
            if holds is ABSENT:
                return Outcome("skipped", reason="its condition depends on a node that was skipped")
            if not holds:
                return Outcome("skipped", reason="its condition does not hold")
        inputs = step.inputs(scope)
    except EvaluationError as error:
        made = NodeError("graph.bad-reference", f"node {step.path}: {error}", node=step.path, run_id=run.run_id)
        return Outcome("failed", error=made)
    if isinstance(inputs, str):
        return Outcome("skipped", reason=f"its input {inputs!r} is absent")
    return inputs


def record_early(step: Step, run: ActiveRun, outcome: Outcome) -> Outcome:
    """Leave a span for a node that did not run."""
    with run.span(step) as span:
        if outcome.error is not None:
            span.set(status_code="ERROR", error_type=outcome.error.code, status_message=str(outcome.error))
        else:
            span.skip(outcome.reason)
    return outcome


async def _attempts(step: Step, run: ActiveRun, inputs: dict[str, JsonValue], lead: str) -> Outcome:
    runner = run.runners[step.path]
    key = f"{lead}{step.name}"
    for attempt in range(1, step.retry.attempts + 1):
        try:
            with run.span(step, attempt=attempt) as span:
                if key != step.path:
                    span.set(journal_key=key)
                span.input(inputs)
                call = NodeCall(run=run, step=step, key=key, attempt=attempt, span=span)
                if step.timeout_s is None:
                    value = await runner(call, inputs)
                else:
                    with anyio.fail_after(step.timeout_s):
                        value = await runner(call, inputs)
                span.output(value)
                return Outcome("ok", value)
        except Exception as error:  # noqa: BLE001 - a failure is a value until the segment settles
            if attempt < step.retry.attempts and is_retryable(error):
                await anyio.sleep(_pause_s(step, attempt, error))
                continue
            return _failed(step, run, error)
    raise AssertionError("a node has at least one attempt")


def _failed(step: Step, run: ActiveRun, error: Exception) -> Outcome:
    if isinstance(error, TimeoutError) and step.timeout_s is not None and not error.args:
        error = TimeoutError(f"took longer than {step.timeout_s:g} s")
    made = as_node_error(error, name=step.path, run_id=run.run_id)
    if made.code == "graph.node-crashed":
        log.error("node.crashed", node=step.path, run_id=run.run_id, exc_info=error)
    return Outcome("failed", error=made)


def is_retryable(error: Exception) -> bool:
    """Another try may help: an overloaded model, a connector that did not answer, a timeout."""
    if isinstance(error, ModelError):
        return error.retryable
    return isinstance(error, ConnectorError | TimeoutError | ConnectionError)


def _pause_s(step: Step, attempt: int, error: Exception) -> float:
    asked = getattr(error, "retry_after_s", None)
    return min(float(asked) if asked is not None else step.retry.wait_s * 2 ** (attempt - 1), _MAX_WAIT_S)
