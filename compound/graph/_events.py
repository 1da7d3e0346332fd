"""What a run tells while it runs: typed events, and what they cost nothing when nobody listens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias, cast

from compound.graph._outcome import Outcome
from compound.model import StreamEvent, StreamRestart, TextDelta

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph._active import ActiveRun, NodeCall
    from compound.graph._result import RunResult, RunStatus
    from compound.graph._steps import Step
    from compound.model import Told


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """The input was accepted. A run that goes on (after a pause, a crash) starts again with its own id."""

    event: ClassVar = "run_started"
    run_id: str
    graph: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStarted:
    """A node has its inputs and begins.

    Attributes:
        node: As the call journal knows it: `answer[2].draft` in the second round of a block.
    """

    event: ClassVar = "node_started"
    node: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFinished:
    """A node has its value."""

    event: ClassVar = "node_finished"
    node: str
    kind: str
    value: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSkipped:
    """A node does not run: its condition, an absent input, or a failure before it."""

    event: ClassVar = "node_skipped"
    node: str
    kind: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFailed:
    """A node failed for good, after its tries and its fallback. `error` is `{code, what, fix, ...}`."""

    event: ClassVar = "node_failed"
    node: str
    kind: str
    error: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """More text of a model's answer.

    Attributes:
        call: The how-manieth answer of the node, from 0: the turn of an agent, the repair of a typed answer.
    """

    event: ClassVar = "token"
    node: str
    text: str
    call: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensVoid:
    """The text of this answer so far is void: it broke off, or did not fit, and begins again."""

    event: ClassVar = "token_void"
    node: str
    call: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOpened:
    """The run will wait here for a person."""

    event: ClassVar = "review_opened"
    node: str
    item_id: str
    queue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectSent:
    """An effect was handed to its target; `status` is `sent`, `scheduled`, or how it ended otherwise."""

    event: ClassVar = "effect_sent"
    node: str
    effect: str
    status: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """The last event: the run is done, has failed, or waits for a person."""

    event: ClassVar = "run_finished"
    run_id: str
    status: RunStatus
    output: Mapping[str, JsonValue] | None
    item_ids: tuple[str, ...] = ()
    error: Mapping[str, JsonValue] | None = None

    @classmethod
    def of(cls, result: RunResult) -> RunFinished:
        """The event of a result."""
        error = None if result.error is None else cast("Mapping[str, JsonValue]", result.error.to_json())
        return cls(
            run_id=result.run_id, status=result.status, output=result.output, item_ids=result.item_ids, error=error
        )


RunEvent: TypeAlias = (
    RunStarted
    | NodeStarted
    | NodeFinished
    | NodeSkipped
    | NodeFailed
    | Token
    | TokensVoid
    | ReviewOpened
    | EffectSent
    | RunFinished
)
Listener: TypeAlias = "Callable[[RunEvent], Awaitable[None]]"
"""Takes the events of a run, one after the other; the run waits until it has."""


def event_json(event: RunEvent) -> dict[str, JsonValue]:
    """An event as a JSON record: `event` and its fields."""
    fields = {name: getattr(event, name) for name in event.__slots__}
    return {"event": event.event, **{name: _plain(value) for name, value in fields.items()}}


def _plain(value: object) -> JsonValue:
    if isinstance(value, tuple):
        return [_plain(item) for item in cast("tuple[object, ...]", value)]
    return cast("JsonValue", dict(cast("Mapping[str, JsonValue]", value)) if isinstance(value, Mapping) else value)


async def tell_start(run: ActiveRun, step: Step, key: str) -> None:
    """Tell that a node begins, after what is not told yet."""
    await tell_untold(run)
    if run.listener is not None:
        await run.listener(NodeStarted(node=key, kind=step.kind))


async def tell_outcome(run: ActiveRun, step: Step, key: str, outcome: Outcome) -> None:
    """Tell how a node ended, where somebody listens."""
    if run.listener is not None:
        note_outcome(run, step, key, outcome)
        await tell_untold(run)


async def tell_untold(run: ActiveRun) -> None:
    """Tell what was noted, in order."""
    while run.untold and run.listener is not None:
        await run.listener(run.untold.pop(0))


def note_outcome(run: ActiveRun, step: Step, key: str, outcome: Outcome) -> None:
    """Note how a node ended, to be told with the next event: for where nothing can wait."""
    if outcome.error is not None:
        error = cast("Mapping[str, JsonValue]", outcome.error.to_json())
        run.untold.append(NodeFailed(node=key, kind=step.kind, error=error))
    elif outcome.status == "ok":
        run.untold.append(NodeFinished(node=key, kind=step.kind, value=outcome.value))
    else:
        run.untold.append(NodeSkipped(node=key, kind=step.kind, reason=outcome.reason))


def token_teller(call: NodeCall, number: int) -> Told | None:
    """What takes the pieces of a model's answer for a node's listener; None when nobody listens."""
    listener = call.run.listener
    if listener is None:
        return None

    async def told(event: StreamEvent) -> None:
        if isinstance(event, TextDelta):
            await listener(Token(node=call.key, text=event.text, call=number))
        elif isinstance(event, StreamRestart):
            await listener(TokensVoid(node=call.key, call=number))

    return told
