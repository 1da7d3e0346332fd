"""The state of a run and of a node while they run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from anyio import Lock, current_time

from compound.trace.active import SILENT, ActiveSpan

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.state.items import RunItem
    from compound.errors import CompoundError
    from compound.graph.planning.steps import Step
    from compound.graph.port.services import EffectGate, Redraft
    from compound.graph.run.events import Listener, RunEvent
    from compound.graph.run.outcome import Outcome
    from compound.graph.wiring.roles import Roles
    from compound.language.references import Maybe, Scope
    from compound.model.gateway.budget import Budget
    from compound.trace.recorder import Recorder


@dataclass(slots=True, kw_only=True)
class ActiveRun:
    """One run while it is in memory.

    Attributes:
        item: Id of the backlog item that it answers, if the caller sets it.
        roles: Roles of its graph.
        scope: Name to value, as references see it: nodes, `input`, `context`, `run`.
        outcomes: How each top-level node ended so far.
        runners: Node path to its work; made once per engine.
        budget: Limit of its model calls; None for that of the gateway.
        seen_input: The input as references see it, with omitted optional fields as null; None: unchanged.
        seconds: Limit on working time in this leg; None for no limit.
        asks_when_spent: Whether nodes stopped by a spent budget are skipped and a person decides; otherwise they fail.
        checkpoint_id: Its id in langgraph's store; changes when it moves to a changed graph.
        message: The conversation of its item, as its caller names it; empty: as the item says.
        is_replay: Whether it replays a recorded run.
        reopens: Review nodes whose open review must show the run's present content.
        gate: Awaited before the first delivery; None if it has passed or does not exist.
        listener: Called with events; None if nobody listens.
        untold: Events that wait for the next one that is sent.
        redraft: Whether this leg drafts the run again.
        stale_ids: Reviews that this leg found stale.
        is_rehearsal: Whether it only rehearses a decision.
        is_elsewhere: Whether the program that runs it stores its state, not the table of runs and the checkpoint file.
        amended: Steps whose value a decision of this leg replaced, with their present value.
        is_resumed: Whether it has run before.
        lead: Prefix of the names of its steps in the whole run: `letters[3].` in an element of a map; else empty.
        stands_on: Digest of what an element was made from; empty for a whole run.
        each: In an element of a map: name of the item (`as`) to the item; of nested maps also those around it.
        refused_by: Why no effect of it may happen: a review around the element rejected. Empty if none did.
        elements: Outcomes of elements, by name: `letters[3]`; see `Elements`.
        waits: Reviews that wait, with their items, by name: `letters[3].review`.
        answered: Names of those that were decided since; None if it is unknown.
        redrafts: Element to the review in it whose draft this leg makes again, and how that is decided.
        owes: Whether an effect in an element of it was decided and not done.
        open_failures: Failures of elements that may still end well, by node.
    """

    run_id: str
    thread_id: str
    graph_name: str
    graph_hash: str
    input: Mapping[str, JsonValue]
    context: Mapping[str, JsonValue]
    runners: Mapping[str, Runner]
    recorder: Recorder | None = None
    example_id: str | None = None
    item: RunItem | None = None
    message: Mapping[str, str] = field(default_factory=dict[str, str])
    roles: Roles | None = None
    checkpoint_id: str = ""
    is_replay: bool = False
    reopens: frozenset[str] = frozenset()
    gate: EffectGate | None = None
    seen_input: JsonValue = None
    listener: Listener | None = None
    redraft: Redraft = "no"
    stale_ids: list[str] = field(default_factory=list[str])
    amended: dict[str, Outcome] = field(default_factory=dict[str, "Outcome"])
    is_resumed: bool = False
    lead: str = ""
    stands_on: str = ""
    each: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])
    refused_by: str = ""
    elements: dict[str, Mapping[str, JsonValue]] = field(default_factory=dict[str, "Mapping[str, JsonValue]"])
    waits: dict[str, str] = field(default_factory=dict[str, str])
    answered: frozenset[str] | None = None
    redrafts: dict[str, tuple[str, Redraft]] = field(default_factory=dict[str, "tuple[str, Redraft]"])
    owes: bool = False
    open_failures: dict[str, CompoundError] = field(default_factory=dict[str, "CompoundError"])
    budget: Budget | None = None
    seconds: float | None = None
    asks_when_spent: bool = False
    is_rehearsal: bool = False
    is_elsewhere: bool = False
    scope: dict[str, Maybe] = field(default_factory=dict[str, "Maybe"])
    outcomes: dict[str, Outcome] = field(default_factory=dict[str, "Outcome"])
    untold: list[RunEvent] = field(default_factory=list["RunEvent"])
    _deadline: float | None = None
    _gating: Lock | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        run: dict[str, JsonValue] = {
            "id": self.run_id,
            "thread_id": self.thread_id,
            "example_id": self.example_id,
            "instruction": None,
        }
        self.checkpoint_id = self.checkpoint_id or self.run_id
        if self.seconds is not None:
            self._deadline = current_time() + self.seconds
        given = dict(self.input) if self.seen_input is None else self.seen_input
        self.scope.update(input=given, context=dict(self.context), run=run)

    @property
    def key(self) -> str:
        """Its id among the runs in memory; elements of one run differ."""
        return f"{self.run_id}~{self.lead}" if self.lead else self.run_id

    def at(self, step: Step) -> str:
        """Name of a step in the whole run: `letters[3].review`."""
        return self.lead + step.name if self.lead else step.path

    def element(
        self, name: str, around: Scope, *, each: Mapping[str, JsonValue], stands_on: str, refused_by: str
    ) -> ActiveRun:
        """One element of a map of this run: a run of its own for its steps, the same run to everybody else.

        Args:
            name: `letters[3]`.
            around: What its references see around it, with its item.
            each: See `ActiveRun`.
            stands_on: See `ActiveRun`.
            refused_by: See `ActiveRun`.
        """
        made = replace(
            self,
            checkpoint_id=f"{self.checkpoint_id}~{name}.",
            lead=f"{self.lead}{name}.",
            each=each,
            stands_on=stands_on,
            refused_by=refused_by,
            gate=None if self.gate is None else self.pass_gate,
            redraft="no",
            reopens=frozenset(),
            answered=None,
            redrafts={},
            owes=False,
            waits={},
            elements={},
            amended={},
            outcomes={},
            scope={},
        )
        made.scope.update(around)
        made._deadline = self._deadline
        made._gating = None
        return made

    @property
    def is_out_of_time(self) -> bool:
        """Raise if the seconds of its budget are spent."""
        return self._deadline is not None and current_time() >= self._deadline

    def limit_s(self, timeout_s: float | None) -> float | None:
        """Seconds that a node may take now: its own timeout, or the rest of the run's."""
        if self._deadline is None:
            return timeout_s
        left = max(0.0, self._deadline - current_time())
        return left if timeout_s is None else min(left, timeout_s)

    def instruct(self, instruction: str) -> None:
        """Set `$run.instruction` to the changes that a person who returned a draft asked for."""
        known = cast("Mapping[str, JsonValue]", self.scope["run"])
        self.scope["run"] = {**known, "instruction": instruction or None}

    async def pass_gate(self) -> None:
        """Wait for the gate, once; concurrent effects wait with it."""
        if self.gate is None:
            return
        if self._gating is None:
            self._gating = Lock()
        async with self._gating:
            if self.gate is not None:
                await self.gate()
                self.gate = None

    def keep_spans(self) -> None:
        """Store spans before the checkpoint that makes their nodes final: no later leg records them."""
        if self.recorder is not None:
            self.recorder.hand_over()

    def settle(self, name: str, outcome: Outcome) -> None:
        """Store how a top-level node ended and make its value visible to references."""
        self.outcomes[name] = outcome
        self.scope[name] = outcome.seen

    def amend(self, name: str, value: JsonValue) -> None:
        """Replace the value of a step, after a person's decision."""
        from compound.graph.run.outcome import Outcome

        self.amended[name] = Outcome("ok", value)
        self.settle(name, self.amended[name])

    def span(self, step: Step, *, attempt: int = 1) -> ActiveSpan:
        """The span of one attempt of a node; silent without a recorder."""
        if self.recorder is None:
            return SILENT
        span = self.recorder.node(step.path, kind=step.kind, attempt=attempt, config_hash=step.config_hash)
        if self.is_replay:
            span.set(is_replay=True)
        if self.is_rehearsal:
            span.set(is_rehearsal=True)
        if self.lead:
            span.set(journal_key=self.lead + step.name)
        return span


NOTHING: Final[Scope] = {}


@dataclass(slots=True)  # not frozen: a frozen one takes three times as long to make, and one is made for each attempt
class NodeCall:
    """One attempt of a node; only its runner changes it, to leave a remark.

    Attributes:
        key: The node's key in the call journal: `answer[2].draft` in the second round of a block.
        attempt: From 1.
        scope: What the inside of a block sees around it; empty for other nodes.
        remark: Why its value is null, if a model gave no usable answer.
    """

    run: ActiveRun
    step: Step
    key: str
    attempt: int
    span: ActiveSpan
    scope: Scope
    remark: str = ""


Runner: TypeAlias = "Callable[[NodeCall, dict[str, JsonValue]], Awaitable[JsonValue]]"
"""A node's work: resolved inputs -> value."""
