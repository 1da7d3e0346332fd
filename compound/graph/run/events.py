"""Events of a run, typed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias, cast

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.run.result import RunResult, RunStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """The input was accepted. A resumed run (after a pause, a crash) starts again with its own id."""

    event: ClassVar = "run_started"
    run_id: str
    graph: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStarted:
    """A node has its inputs and starts.

    Attributes:
        node: Key in the call journal: `answer[2].draft` in the second round of a block.
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
    """A node failed, after its attempts and its fallback. `error` is `{code, what, fix, ...}`."""

    event: ClassVar = "node_failed"
    node: str
    kind: str
    error: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """More text of a model's answer.

    Attributes:
        call: Index of the answer within the node, from 0: the turn of an agent, the repair of a typed answer.
    """

    event: ClassVar = "token"
    node: str
    text: str
    call: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensVoid:
    """Discard the text of this answer so far: it broke off, or did not fit, and starts again."""

    event: ClassVar = "token_void"
    node: str
    call: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOpened:
    """The run will wait here for a person."""

    event: ClassVar = "review_opened"
    node: str
    review_id: str
    queue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectSent:
    """An effect was passed to its target; `status` is `sent`, `scheduled`, or its failure."""

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
    review_ids: tuple[str, ...] = ()
    error: Mapping[str, JsonValue] | None = None

    @classmethod
    def of(cls, result: RunResult) -> RunFinished:
        """The event of a result."""
        error = None if result.error is None else cast("Mapping[str, JsonValue]", result.error.to_json())
        return cls(
            run_id=result.run_id, status=result.status, output=result.output, review_ids=result.review_ids, error=error
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
"""The events of a run, in order; `RunStarted` is the first and `RunFinished` the last."""
Listener: TypeAlias = "Callable[[RunEvent], Awaitable[None]]"
"""A callback for the events of a run, in order; the run waits for it."""


def event_json(event: RunEvent) -> dict[str, JsonValue]:
    """An event as a JSON record: `event` and its fields."""
    fields = {name: getattr(event, name) for name in event.__slots__}
    return {"event": event.event, **{name: _plain(value) for name, value in fields.items()}}


def _plain(value: object) -> JsonValue:
    if isinstance(value, tuple):
        return [_plain(item) for item in cast("tuple[object, ...]", value)]
    return cast("JsonValue", dict(cast("Mapping[str, JsonValue]", value)) if isinstance(value, Mapping) else value)
