"""Sends events to the listener of a run; creates none if nobody listens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from compound.graph.run.events import NodeFailed, NodeFinished, NodeSkipped, NodeStarted, Token, TokensVoid
from compound.model import StreamEvent, StreamRestart, TextDelta

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.planning.steps import Step
    from compound.graph.run.active import ActiveRun, NodeCall
    from compound.graph.run.outcome import Outcome
    from compound.model.call.types import Told


async def tell_start(run: ActiveRun, step: Step, key: str) -> None:
    """Send the start of a node, after pending events."""
    await tell_untold(run)
    if run.listener is not None:
        await run.listener(NodeStarted(node=key, kind=step.kind))


async def tell_outcome(run: ActiveRun, step: Step, key: str, outcome: Outcome) -> None:
    """Send how a node ended, if somebody listens."""
    if run.listener is not None:
        note_outcome(run, step, key, outcome)
        await tell_untold(run)


async def tell_untold(run: ActiveRun) -> None:
    """Send the pending events, in order."""
    while run.untold and run.listener is not None:
        await run.listener(run.untold.pop(0))


def note_outcome(run: ActiveRun, step: Step, key: str, outcome: Outcome) -> None:
    """Store how a node ended, to be sent with the next event: for code that cannot wait."""
    if outcome.error is not None:
        error = cast("Mapping[str, JsonValue]", outcome.error.to_json())
        run.untold.append(NodeFailed(node=key, kind=step.kind, error=error))
    elif outcome.status == "ok":
        run.untold.append(NodeFinished(node=key, kind=step.kind, value=outcome.value))
    else:
        run.untold.append(NodeSkipped(node=key, kind=step.kind, reason=outcome.reason))


def token_teller(call: NodeCall, number: int) -> Told | None:
    """The receiver of the pieces of a model's answer for a node's listener; None if nobody listens."""
    listener = call.run.listener
    if listener is None:
        return None

    async def told(event: StreamEvent) -> None:
        if isinstance(event, TextDelta):
            await listener(Token(node=call.key, text=event.text, call=number))
        elif isinstance(event, StreamRestart):
            await listener(TokensVoid(node=call.key, call=number))

    return told
