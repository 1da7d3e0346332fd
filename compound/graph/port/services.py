"""What a graph needs from the rest of Compound, as ports. `compound.project` implements them.

Everything a node calls takes and gives JSON, so that the engine knows nothing of pydantic, SQL or vectors.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, runtime_checkable

from compound.graph.port.doors import Gateway, NodeCache

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.port.catalogue import Shelf
    from compound.model.call.types import CallKey
    from compound.spec import GraphSpec
    from compound.spec.policy_file import PolicyFile

JsonCall: TypeAlias = "Callable[[Mapping[str, JsonValue]], Awaitable[JsonValue]]"
"""A node's work: its resolved `in` -> its value."""


@runtime_checkable
class KeyedCall(Protocol):
    """Work that is paid for or done elsewhere: a node's attempt names the call, so that no crash repeats it."""

    async def __call__(self, inputs: Mapping[str, JsonValue], /) -> JsonValue:
        """Do it, without a name."""
        ...

    async def keyed(self, inputs: Mapping[str, JsonValue], *, call: CallKey) -> JsonValue:
        """Do it once for this name and these inputs."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveRequest:
    """What a retrieve node asks: `query` is text, `where` a filter on metadata."""

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
        name: As the graph file writes it: `prompts/draft.md`.
        text: Jinja2 template; its placeholders are the names of the node's `in`.
        version: Hash of the text, or whatever the project versions prompts by.
        system: System prompt, a template too; empty for none.
    """

    name: str
    text: str
    version: str = ""
    system: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCard:
    """A tool as an agent's model is shown it, and its work.

    Attributes:
        name: As the graph file writes it: `lookup`, `sql.orders`, `retrieve.handbook`.
        parameters: JSON schema of the arguments (an object), without those that the model may not give.
        hidden: Arguments that the graph gives, never the model: who the caller is.
        call: Arguments -> result.
    """

    name: str
    description: str
    parameters: Mapping[str, JsonValue]
    call: JsonCall
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoRuling:
    """What the `auto` rule said, once. Whether it may fire is for the `Reviews` to say, by its certificate.

    Attributes:
        is_automatic: The rule holds, and the policy has nothing against what it would do.
        action: The decision the rule makes: `approve`.
        actor: `policy:<hash of graph and rule>`.
        rule: The rule's text.
        reason: Why not, when it is not automatic.
        score: What the rule's `score` says; None when it has none or the value is absent.
        key: Whose case it is, as the rule's `key` says; None when it has none or the value is absent.
    """

    is_automatic: bool
    action: str
    actor: str
    rule: str
    reason: str = ""
    score: float | None = None
    key: str | None = None


Redraft = Literal["no", "ask", "auto"]
"""Whether a run is being drafted again: `ask` a person about the new draft, or let the `auto` rule decide it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRequest:
    """A review item to open.

    Attributes:
        run_id: With `node` the item's identity: opening it again returns the same item.
        shown: What the reviewer sees, by name, in the order of the file; null where nothing is there.
        decide: Action to its fields and their JSON schemas.
        effects: Action to what deciding so does.
        covers: Effect nodes of which `effects` holds everything.
        fields: Fields that have a value as the item is shown.
        held: What the run knows so far (`input`, `context`, `outcomes`), where nobody else here keeps it.
        versions: Row key to version as seen while drafting: `{"orders/#W1": 3}`.
        due_s: Seconds from now; None for no due time.
        expire_s: Seconds from now to what `on_expire` says; None when nothing happens.
        on_expire: What happens then.
        escalate_to: Queue of the item that an escalation opens; its own when None.
        risk: Of two items that are due at once the higher is shown first.
        second: Two different people must approve it: the policy asks that of an effect behind it.
        undo_s: How long its decision can be taken back before the run goes on.
        auto: The rule's ruling; None when the node has no rule. Only that of the first opening counts.
        input: The graph's input.
        item_name: What names the item of the backlog, as the graph's `item` says; empty where nothing does.
        item: The item itself.
        title: What lists show of it.
        reasons: Why a person is asked, as the graph's `shows` says.
        redraft: The run is drafted again: a stale item gets this draft in place of its old one.
        remarks: What a person should know besides: models that gave no usable answer, and why.
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
    second: bool = False
    undo_s: float = 0.0
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
        actor: Who: a user, or `policy:<hash>`.
        first_by: Who approved first, where two people must; empty where one decided.
        fields: The fields that the action carries: what was given, and what was shown and not changed.
        amends: Node to the value that it has now in place of its own: what an edit changed, and what was run again.
        versions: Row versions the decision was made on; those of the item.
    """

    decision_id: str
    item_id: str
    action: str
    actor: str
    fields: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])
    versions: Mapping[str, int] = field(default_factory=dict[str, int])
    is_automatic: bool = False
    waited_s: float | None = None
    amends: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])
    first_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedReview:
    """An item, and its decision when it is already decided.

    Attributes:
        is_stale: It was drafted from rows that have changed since; nobody can decide it before it is drafted again.
    """

    item_id: str
    decision: ReviewDecision | None = None
    is_stale: bool = False


class Reviews(Protocol):
    """The review queue as the engine sees it."""

    async def open(self, request: ReviewRequest) -> OpenedReview:
        """Open the item, or return the one that this run's node already has, with its decision.

        An automatic ruling of a first opening is stored as the decision of `policy:<hash>`, where a certificate
        covers it.
        """
        ...

    async def reopen(self, request: ReviewRequest) -> OpenedReview:
        """As `open`; an undecided item that shows something else gets this draft as a new version.

        Reopening with what the item shows already changes nothing.
        """
        ...

    async def decision(self, item_id: str) -> ReviewDecision | None:
        """The final decision; None while the item waits, or the decision can still be taken back."""
        ...

    async def instruction(self, run_id: str) -> str:
        """What a person who returned a draft of this run last wants done otherwise; empty when nobody did."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectCall:
    """One effect to perform, or that a decision would lead to.

    Attributes:
        name: As declared with `@effect`.
        args: JSON arguments; before a decision `<name>` stands for what the decider has yet to give.
        node: The effect node.
        when: Its condition, where that only shows after the decision; empty for an effect that surely follows.
    """

    name: str
    args: Mapping[str, JsonValue]
    node: str = ""
    when: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectGroup:
    """Effects that happen together or not at all, in one transaction of their target.

    Attributes:
        decision_id: With `node` the group's identity: enqueuing it again changes nothing.
        versions: Expected row versions; a changed row refuses the group.
    """

    decision_id: str
    run_id: str
    node: str
    calls: Sequence[EffectCall]
    versions: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectOutcome:
    """How one effect ended.

    Attributes:
        code: Of the error; empty when there is none.
        error: What the error found.
        fix: What its reader can do.
    """

    name: str
    status: Literal["sent", "refused", "failed", "unknown", "cancelled", "scheduled"]
    key: str = ""
    value: JsonValue = None
    code: str = ""
    error: str = ""
    fix: str = ""


class Outbox(Protocol):
    """The outbox as the engine sees it."""

    async def enqueue(self, group: EffectGroup) -> Sequence[str]:
        """Store the effects (once) and return their keys in order."""
        ...

    async def deliver(self, keys: Sequence[str]) -> Sequence[EffectOutcome]:
        """Perform what is not yet performed, as one group; return every outcome in the order of the keys."""
        ...


class Services(Protocol):
    """Every look-up a graph makes; each is made once per engine, none per run.

    A look-up of an unknown name raises `ProjectError`; `check` has found it before.
    """

    @property
    def gateway(self) -> Gateway:
        """The door to models."""
        ...

    @property
    def reviews(self) -> Reviews | None:
        """The review queue; None where the graph may not have reviews."""
        ...

    @property
    def outbox(self) -> Outbox | None:
        """The outbox; None where the graph may not have effects."""
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
        """A prompt file, by its path beside the graph."""
        ...

    def graph(self, name: str) -> GraphSpec:
        """Another graph of the project, for a node of kind `graph`."""
        ...

    def card(self, ref: str) -> ToolCard:
        """A tool for an agent: `name`, `sql.name`, `retrieve.index`."""
        ...

    def proposal(self, effect: str) -> ToolCard:
        """An effect as an agent may propose it; its `call` refuses arguments that the effect does not take."""
        ...

    @property
    def cache(self) -> NodeCache | None:
        """The cache of node values; None where nothing is cached."""
        ...

    def policy(self, name: str) -> PolicyFile:
        """What an application may do: graphs/policies/<name>.yaml."""
        ...

    def log_policy(self, record: Mapping[str, JsonValue]) -> None:
        """Keep one judgement of the policy, durably, before its effect is handed over."""
        ...

    def pin(self, shelf: Shelf, name: str) -> str:
        """Version of what a name stands for now (code, prompt, model, data): part of every cache key."""
        ...


EffectGate: TypeAlias = "Callable[[], Awaitable[None]]"
"""Awaited before the first delivery of a run; a batch uses it to keep the backlog's order."""
