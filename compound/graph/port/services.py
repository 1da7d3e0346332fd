"""The services that a graph needs, as ports. `compound.project` implements them.

All calls of nodes take and return JSON, so that the engine does not depend on pydantic, SQL or vectors.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, runtime_checkable

from compound.graph.port.doors import Gateway, NodeCache
from compound.graph.port.incoming import Incoming

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.target import EffectCall, EffectGroup
    from compound.effect.types import EffectResult
    from compound.graph.port.catalogue import Shelf
    from compound.model.call.types import CallKey
    from compound.spec import GraphSpec
    from compound.spec.policy_file import PolicyFile

JsonCall: TypeAlias = "Callable[[Mapping[str, JsonValue]], Awaitable[JsonValue]]"
"""A node's work: its resolved `in` -> its value."""


@runtime_checkable
class KeyedCall(Protocol):
    """Work that costs money or is done elsewhere: a node's attempt identifies the call, so that no crash repeats it."""

    async def __call__(self, inputs: Mapping[str, JsonValue], /) -> JsonValue:
        """Do it without an id."""
        ...

    async def keyed(self, inputs: Mapping[str, JsonValue], *, call: CallKey) -> JsonValue:
        """Do it once for this id and these inputs."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveRequest:
    """The query of a retrieve node: `query` is text, `where` a filter on metadata."""

    query: str
    top_k: int = 6
    mode: Literal["hybrid", "lexical", "dense"] = "hybrid"
    where: Mapping[str, JsonValue] | None = None


RetrieveCall: TypeAlias = "Callable[[RetrieveRequest], Awaitable[JsonValue]]"
"""A search; the value is the list of passage records, best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A prompt file.

    Attributes:
        name: As in the graph file: `prompts/draft.md`.
        text: Jinja2 template; its placeholders are the names of the node's `in`.
        version: Hash of the text, or the project's own version of prompts.
        system: System prompt, a template too; empty for none.
    """

    name: str
    text: str
    version: str = ""
    system: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCard:
    """A tool as an agent's model sees it, and its implementation.

    Attributes:
        name: As in the graph file: `lookup`, `sql.orders`, `retrieve.handbook`.
        parameters: JSON schema of the arguments (an object), without those that the model may not set.
        hidden: Arguments that the graph sets, never the model: who the caller is.
        call: Arguments -> result.
    """

    name: str
    description: str
    parameters: Mapping[str, JsonValue]
    call: JsonCall
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoRuling:
    """The result of the `auto` rule. Whether it may fire is decided by `Reviews`, by its certificate.

    Attributes:
        is_automatic: Whether the rule holds and the policy allows its effects.
        action: The decision the rule makes: `approve`.
        actor: `policy:<hash of graph and rule>`.
        rule: The rule's text.
        reason: Why not, if it is not automatic.
        score: Value of the rule's `score`; None if it has none or the value is absent.
        key: Value of the rule's `key`; None if it has none or the value is absent.
    """

    is_automatic: bool
    action: str
    actor: str
    rule: str
    reason: str = ""
    score: float | None = None
    key: str | None = None


Redraft = Literal["no", "ask", "auto"]
"""How a new draft is decided: `ask` a person, or let the `auto` rule decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRequest:
    """A review to open.

    Attributes:
        run_id: With `node` the review's identity: opening it again returns the same review.
        shown: What the reviewer sees, by name, in the order of the file; null for absent values.
        decide: Action to its fields and their JSON schemas.
        effects: Action to its effects.
        covers: Effect nodes whose effects are all in `effects`.
        fields: Fields that have a value in the shown review.
        held: The run's state (`input`, `context`, `outcomes`), if it is not stored here.
        versions: Row key to version as seen while drafting: `{"orders/#W1": 3}`.
        due_s: Seconds from now; None for no due time.
        expire_s: Seconds until `on_expire`; None if nothing happens.
        on_expire: What happens then.
        escalate_to: Queue of the review that an escalation opens; None: the same queue.
        risk: Of two reviews that are due at the same time, the higher is shown first.
        second: Actions that need two different people, as the policy requires for an effect that they start.
        undo_s: Action to how long it can be undone before the run resumes: the longest of the effects that it starts.
        auto: The rule's result; None if the node has no rule. Only that of the first opening counts.
        input: The graph's input.
        item_name: Id of the source item, from the graph's `item`; empty if it has none.
        item: Its fields.
        title: Title of the source item in lists.
        reasons: Why a person is asked, from the graph's `shows`.
        redraft: How the new draft of a stale review is decided; None if this is not a new draft.
        remarks: Notes for the person: models without a usable answer, and why.
    """

    run_id: str
    thread_id: str
    node: str
    graph_name: str
    graph_hash: str
    queue: str
    shown: Mapping[str, JsonValue]
    decide: Mapping[str, Mapping[str, Mapping[str, JsonValue]]]
    versions: Mapping[str, int]
    input: Mapping[str, JsonValue]
    context: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])
    due_s: float | None = None
    expire_s: float | None = None
    on_expire: Literal["escalate", "remind", "close"] = "remind"
    escalate_to: str | None = None
    risk: int = 0
    second: tuple[str, ...] = ()
    undo_s: Mapping[str, float] = field(default_factory=dict[str, float])
    auto: AutoRuling | None = None
    example_id: str | None = None
    redraft: Redraft = "no"
    remarks: tuple[str, ...] = ()
    effects: Mapping[str, Sequence[EffectCall]] = field(default_factory=dict[str, "Sequence[EffectCall]"])
    covers: tuple[str, ...] = ()
    fields: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])
    held: Mapping[str, JsonValue] | None = None
    item_name: str = ""
    item: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])
    title: str = ""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDecision:
    """A stored, final decision.

    Attributes:
        action: One of the node's `decide`: `approve`, `edit`, `reject`.
        actor: A user, or `policy:<hash>`.
        first_by: The first of two approvers; empty if one person decided.
        is_closed: Whether nobody decided an item of a map in time, and its review says `close`: there is no action.
        fields: The fields of the action: given ones, and shown ones that were not changed.
        amends: Node to the value that replaces its own: edited or recomputed.
        versions: Row versions of the review, on which the decision was made.
    """

    decision_id: str
    review_id: str
    action: str
    actor: str
    fields: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])
    versions: Mapping[str, int] = field(default_factory=dict[str, int])
    is_automatic: bool = False
    waited_s: float | None = None
    amends: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])
    first_by: str = ""
    is_closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedReview:
    """A review, with its decision if it is already decided.

    Attributes:
        is_stale: Whether its rows have changed since the draft; it must be drafted again before a decision.
    """

    review_id: str
    decision: ReviewDecision | None = None
    is_stale: bool = False


class Reviews(Protocol):
    """The review queue as the engine sees it."""

    async def open(self, request: ReviewRequest) -> OpenedReview:
        """Open the review, or return the existing one of this run's node, with its decision.

        An automatic result of a first opening is stored as the decision of `policy:<hash>`, if a certificate covers
        it.
        """
        ...

    async def reopen(self, request: ReviewRequest) -> OpenedReview:
        """Like `open`; an undecided review that shows something else gets this draft as a new version.

        Reopening with the same content changes nothing.
        """
        ...

    async def decision(self, review_id: str) -> ReviewDecision | None:
        """The final decision; None while the review waits, or the decision can still be undone."""
        ...

    async def withdraw(self, run_id: str, elements: str, *, kept: int) -> None:
        """Withdraw the undecided items of elements that a map no longer has.

        Args:
            run_id: The run.
            elements: What their names begin with: `letters[`.
            kept: Number of elements that the map has.
        """
        ...

    async def instruction(self, run_id: str, lead: str = "") -> str:
        """The changes that the person who last returned a draft of this run asked for; empty if nobody did.

        With `lead` (`letters[3].`) a draft of this element of the run; else one that is not of an element.
        """
        ...


class Outbox(Protocol):
    """The outbox as the engine sees it."""

    async def enqueue(self, group: EffectGroup) -> Sequence[str]:
        """Look up the effects' targets, store the effects (once) and return their keys in order."""
        ...

    async def deliver(self, keys: Sequence[str]) -> Sequence[EffectResult]:
        """Perform the pending ones, group by group; returns every result in the order of the keys."""
        ...


class Services(Protocol):
    """Every look-up of a graph; each is made once per engine, none per run.

    An unknown name raises `ProjectError`; `check` finds it earlier.
    """

    @property
    def gateway(self) -> Gateway:
        """The gateway to models."""
        ...

    @property
    def reviews(self) -> Reviews | None:
        """The review queue; None if the graph may not have reviews."""
        ...

    @property
    def outbox(self) -> Outbox | None:
        """The outbox; None if the graph may not have effects."""
        ...

    def arrive(self, incoming: Incoming) -> None:
        """Register the item of a new run, before its first node; idempotent."""
        ...

    def function(self, name: str) -> JsonCall:
        """A Python tool, or the tool of a server, which is then a `KeyedCall`."""
        ...

    def check(self, kind: str) -> JsonCall:
        """A check; its value is `{ok, score, problems, details}`."""
        ...

    def sql_tool(self, name: str) -> JsonCall:
        """A SQL tool; its value is the list of rows, or one row or null."""
        ...

    def retriever(self, name: str) -> RetrieveCall:
        """A document index."""
        ...

    def specialist(self, ref: str) -> JsonCall:
        """A trained model; `in` -> its prediction record."""
        ...

    def prompt(self, path: str) -> Prompt:
        """A prompt file, by its path next to the graph."""
        ...

    def graph(self, name: str) -> GraphSpec:
        """Another graph of the project, for a node of kind `graph`."""
        ...

    def card(self, ref: str) -> ToolCard:
        """A tool for an agent: `name`, `sql.name`, `retrieve.index`."""
        ...

    def proposal(self, effect: str) -> ToolCard:
        """An effect that an agent may propose; its `call` refuses invalid arguments."""
        ...

    @property
    def cache(self) -> NodeCache | None:
        """The cache of node values; None if nothing is cached."""
        ...

    def policy(self, name: str) -> PolicyFile:
        """What an application may do: graphs/policies/<name>.yaml."""
        ...

    def log_policy(self, record: Mapping[str, JsonValue]) -> None:
        """Store a judgement of the policy durably, before its effect is enqueued."""
        ...

    def pin(self, shelf: Shelf, name: str) -> str:
        """Version of the present definition of a name (code, prompt, model, data): part of every cache key."""
        ...


EffectGate: TypeAlias = "Callable[[], Awaitable[None]]"
"""Awaited before the first delivery of a run; a batch uses it to preserve the backlog's order."""
