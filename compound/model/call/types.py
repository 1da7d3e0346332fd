"""Requests and responses of models: frozen values, independent of the provider."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from pydantic import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBlock:
    """A piece of text. `cache` asks the provider to cache the prompt up to and including it."""

    text: str
    cache: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkingBlock:
    """The model's thinking. It is sent back unchanged in the next turn, including `signature`."""

    text: str
    signature: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A model's call of a tool.

    Attributes:
        id: The provider's id of this call; a `ToolResult` answers it.
        name: Name of a `ToolSchema` of the request.
        arguments: Decoded; not validated against the tool's schema.
    """

    id: str
    name: str
    arguments: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """The result of a `ToolCall`: text, or the provider's own content blocks."""

    call_id: str
    content: str | tuple[Mapping[str, JsonValue], ...]
    is_error: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeBlock:
    """A block in the provider's own JSON (image, document, server tool), passed through unread."""

    data: Mapping[str, JsonValue]


ContentBlock = TextBlock | ThinkingBlock | ToolCall | ToolResult | NativeBlock


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A turn of the conversation. The role `system` adds an instruction mid-conversation; few models support it."""

    role: Literal["user", "assistant", "system"]
    content: str | tuple[ContentBlock, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSchema:
    """A tool that the model can call; `parameters` is the JSON Schema of its arguments."""

    name: str
    description: str
    parameters: Mapping[str, JsonValue]


def _nothing() -> Mapping[str, JsonValue]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """A call of a logical model.

    Attributes:
        model: Logical name in `connectors/models.yaml`: `planner`, `writer`.
        messages: The conversation, oldest first, at least one.
        system: The system prompt; may be empty.
        output_schema: JSON Schema of the answer; None for free text.
        tools: Tools that the model can call.
        max_tokens: Maximum tokens of the answer, including thinking; 0: the value in models.yaml.
        temperature: None: the provider's default (several models reject a value).
        inputs: The node's resolved `in`: read by the offline provider; a language model sees only the prompt.
        options: Fields of the provider's request (`thinking`, `tool_choice`), sent unchanged.
        prompt_name: For the trace.
        prompt_version: For the trace.
    """

    model: str
    messages: tuple[Message, ...]
    system: str = ""
    output_schema: Mapping[str, JsonValue] | None = None
    tools: tuple[ToolSchema, ...] = ()
    max_tokens: int = 0
    temperature: float | None = None
    inputs: Mapping[str, JsonValue] = field(default_factory=_nothing)
    options: Mapping[str, JsonValue] = field(default_factory=_nothing)
    prompt_name: str = ""
    prompt_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledStep:
    """A billed sampling of an answer: a turn of a server-side loop, a compaction, an advisor.

    Attributes:
        model: The model of this step; empty: the answering model.
        input_tokens: Like `Usage.input_tokens`, for this step only; likewise the other counts.
    """

    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens and other billed items of a call, as counted by the provider.

    Attributes:
        input_tokens: All input tokens, including cached ones (OTel GenAI convention).
        output_tokens: All output tokens, including thinking.
        cache_read_tokens: Input tokens read from the provider's cache.
        cache_write_tokens: Input tokens written to the cache, with any lifetime.
        cache_write_1h_tokens: Part of `cache_write_tokens` with a lifetime of one hour.
        reasoning_tokens: Output tokens of thinking; None if the provider does not report it.
        steps: All billed samplings, if the provider lists them; they exceed the counts above after a compaction or an
            advisor call. Empty: the counts above are billed.
        modes: Non-standard modes that change the price of a token, as `name=value`: `service_tier=batch`,
            `inference_geo=us`, `speed=fast`.
        server_tools: Uses of server tools that the provider bills by use, by name:
            `{"web_search_requests": 2}`.
        is_complete: False if the provider did not report all billed items.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    reasoning_tokens: int | None = None
    steps: tuple[BilledStep, ...] = ()
    modes: tuple[str, ...] = ()
    server_tools: Mapping[str, int] = field(default_factory=dict[str, int])
    is_complete: bool = True

    @property
    def billed(self) -> tuple[BilledStep, ...]:
        """The billed steps: `steps`, or the counts of the answer as the only step."""
        return self.steps or (
            BilledStep(
                input_tokens=self.input_tokens,
                output_tokens=self.output_tokens,
                cache_read_tokens=self.cache_read_tokens,
                cache_write_tokens=self.cache_write_tokens,
                cache_write_1h_tokens=self.cache_write_1h_tokens,
            ),
        )


StopReason = Literal[
    "end_turn",
    "max_tokens",
    "stop_sequence",
    "tool_use",
    "pause_turn",
    "refusal",
    "context_window",
    "abstained",
    "other",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelResponse:
    """A model's answer. A refused, cut off or abstained answer is an outcome with a `reason`, not an error.

    Attributes:
        text: All text of the answer, without thinking.
        data: The parsed typed answer; None for free text, and without an answer (`abstained`, refusal).
        tool_calls: In the model's order; empty for an answer that was cut off or refused.
        stop_reason: Why it ended; `abstained` is set by Compound.
        content: The answer as blocks, for the assistant's turn of a follow-up request.
        usage: Tokens.
        provider: Name of the provider that answered.
        model: The provider's id of the answering model; may differ from the requested one.
        cost_usd: Cost from the price table; None if a part is unknown, never 0 for unknown.
        known_usd: The known part of the cost; equal to `cost_usd` if that is known.
        raw_id: The provider's id of the answer.
        cached: Whether it came from the call journal, without a call or cost.
        abstained: Whether there is no usable answer: the model refused, the answer was cut off or stayed paused, the
            solver abstained, or two answers did not match the schema. `text` holds the partial answer.
        reason: Why there is no usable answer; else empty.
    """

    text: str = ""
    data: JsonValue | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    stop_reason: StopReason = "end_turn"
    content: tuple[ContentBlock, ...] = ()
    usage: Usage = field(default_factory=Usage)
    provider: str = ""
    model: str = ""
    cost_usd: float | None = None
    known_usd: float = 0.0
    raw_id: str = ""
    cached: bool = False
    abstained: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta:
    """More text of the answer."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkingDelta:
    """More of the model's thinking."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDelta:
    """More of a tool call's arguments, as a piece of JSON text."""

    index: int
    json_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamAlive:
    """A heartbeat without content: a ping, the start of a block. Only providers send it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEnd:
    """The last event of every complete stream: the whole answer."""

    response: ModelResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRestart:
    """The stream broke and restarts: discard the earlier events. Only gateways send it."""


StreamEvent = TextDelta | ThinkingDelta | ToolDelta | StreamAlive | StreamRestart | StreamEnd
"""One piece of a streamed answer; the last one is `StreamEnd`."""


Told: TypeAlias = "Callable[[StreamEvent], Awaitable[None]]"
"""Receives the pieces of an answer; the sender awaits it."""


class Provider(Protocol):
    """A provider of models. It makes one attempt; the gateway handles retries, budget, journal and repair."""

    @property
    def name(self) -> str:
        """Name in models.yaml and in spans."""
        ...

    async def complete(self, request: ModelRequest) -> ModelResponse:
        """Answer one request.

        Raises:
            ModelError: `model.*`; `retryable` and `retry_after_s` tell the gateway whether to retry.
        """
        ...

    def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """Stream an answer; ends with exactly one `StreamEnd`, or raises like `complete`.

        An async generator: closing it closes the connection.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CallKey:
    """Identifies a call of a run, so that it is never paid twice.

    Attributes:
        run_id: The run.
        node: Name of the node; in a map, with the index of the item: `plan[3]`.
        attempt: From 1. The same after a crash, incremented for a retry.
        index: Index of the call within that attempt, from 0.
    """

    run_id: str
    node: str
    attempt: int = 1
    index: int = 0
