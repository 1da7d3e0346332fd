"""What goes to a model and what comes back: plain frozen values, the same for every provider."""

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
    """What a model thought. It goes back unchanged in the next turn, `signature` included."""

    text: str
    signature: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A model asks for a tool.

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
    """The answer to one `ToolCall`: text, or the provider's own content blocks."""

    call_id: str
    content: str | tuple[Mapping[str, JsonValue], ...]
    is_error: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeBlock:
    """A block in the provider's own JSON (image, document, server tool): carried through, never read."""

    data: Mapping[str, JsonValue]


Block = TextBlock | ThinkingBlock | ToolCall | ToolResult | NativeBlock


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of the conversation. `system` as a role is a rule added in the middle; few models take it."""

    role: Literal["user", "assistant", "system"]
    content: str | tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSchema:
    """A tool that the model may call; `parameters` is the JSON Schema of its arguments."""

    name: str
    description: str
    parameters: Mapping[str, JsonValue]


def _nothing() -> Mapping[str, JsonValue]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """One call of one logical model.

    Attributes:
        model: Logical name in `connectors/models.yaml`: `planner`, `writer`.
        messages: The conversation, oldest first, at least one.
        system: The standing instruction; empty for none.
        output_schema: JSON Schema that the answer must fit; None for free text.
        tools: Tools that the model may call.
        max_tokens: Upper bound of the answer in tokens, thinking included; 0 takes the one of models.yaml.
        temperature: None leaves it to the provider (several models refuse one).
        inputs: The node's resolved `in`: the offline provider answers from these, a real one never sees
            them beyond the prompt.
        options: Fields of the provider's own request (`thinking`, `tool_choice`), sent as they are.
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
    """One of several samplings behind one answer: a turn of a server-side loop, a compaction, an advisor.

    Attributes:
        model: The model that sampled; empty for the one that answered.
        input_tokens: As `Usage.input_tokens`, of this step alone; so are the others.
    """

    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one call, as the provider counts them for the answer, and what else it bills.

    Attributes:
        input_tokens: All of the input, cached parts included (OTel GenAI convention).
        output_tokens: All of the output, thinking included.
        cache_read_tokens: Part of the input that was read from the provider's cache.
        cache_write_tokens: Part of the input that was written to it, for any lifetime.
        cache_write_1h_tokens: Part of `cache_write_tokens` that was written to live for an hour.
        reasoning_tokens: Part of the output that was thinking; None when the provider does not say.
        steps: All samplings that are billed, where the provider lists them; they hold more than the counts
            above when it compacted the conversation or asked an advisor. Empty: the counts above are the bill.
        modes: What changes the price of a token, as `name=value`: `service_tier=batch`, `inference_geo=us`,
            `speed=fast`. What is standard is left out.
        server_tools: Uses of tools that the provider runs and bills by use, by its own name:
            `{"web_search_requests": 2}`.
        is_complete: False when the provider did not say what it bills.
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
        """What the tokens of the bill are: `steps`, or the counts of the answer as the only step."""
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
    """What a model answered. Refused, cut, abstained: outcomes with a `reason`, neither values nor errors.

    Attributes:
        text: All text of the answer, without thinking.
        data: The parsed typed answer; None for free text, and when the answer is none (`abstained`, refusal).
        tool_calls: In the order the model made them; none of an answer that was cut or refused.
        stop_reason: Why it ended; `abstained` is ours.
        content: The answer as blocks, to be sent back as the assistant's turn.
        usage: Tokens.
        provider: Name of the provider that answered.
        model: The model that answered, in the provider's words; may differ from the one asked for.
        cost_usd: From the price table; None when a part of the bill is not known, never 0 for unknown.
        known_usd: The part of the bill that is known; the same as `cost_usd` where that is.
        raw_id: The provider's id of the answer.
        cached: Came from the call journal; nothing was called and nothing was paid again.
        abstained: There is no usable answer: the model refused, the answer was cut or stayed paused, the
            solver abstained, or two answers did not fit the schema. `text` holds what there was of it.
        reason: Why there is none; empty otherwise.
    """

    text: str = ""
    data: JsonValue | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    stop_reason: StopReason = "end_turn"
    content: tuple[Block, ...] = ()
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
    """More of what the model thinks."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDelta:
    """More of a tool call's arguments, as a piece of JSON text."""

    index: int
    json_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamAlive:
    """A sign of life with nothing to read in it: a ping, the start of a block. Only providers send it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEnd:
    """The last event of every stream that was not broken: the whole answer."""

    response: ModelResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRestart:
    """The stream broke and begins again: what came before is void. Only gateways send it."""


StreamEvent = TextDelta | ThinkingDelta | ToolDelta | StreamAlive | StreamRestart | StreamEnd
"""One piece of a streamed answer; the last one is `StreamEnd`."""


Told: TypeAlias = "Callable[[StreamEvent], Awaitable[None]]"
"""Takes the pieces of an answer; the sender waits until it has."""


class Provider(Protocol):
    """A door to models. It makes one attempt; retries, budget, journal and repair are the gateway's."""

    @property
    def name(self) -> str:
        """As it is written in models.yaml and in spans."""
        ...

    async def complete(self, request: ModelRequest) -> ModelResponse:
        """Answer one request.

        Raises:
            ModelError: `model.*`; `retryable` and `retry_after_s` say what the gateway may do.
        """
        ...

    def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """Answer piece by piece; ends with exactly one `StreamEnd`, or raises as `complete` does.

        An async generator: closing it hangs up.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CallKey:
    """Names one call of one run, so that it is never paid twice.

    Attributes:
        run_id: The run.
        node: Name of the node; for a node that maps over items, with the item: `plan[3]`.
        attempt: From 1. A rerun after a crash has the same one, a wanted second try another.
        index: Index of the call within that attempt, from 0.
    """

    run_id: str
    node: str
    attempt: int = 1
    index: int = 0
