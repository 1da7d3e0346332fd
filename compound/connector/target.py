"""The port that performs effects; record stores and mailboxes implement it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from compound.plugins import Setup

if TYPE_CHECKING:
    from pydantic import JsonValue

DeliveryClass = Literal["A", "B", "C", "D"]
"""Delivery class: the guarantee of a target.

- A: idempotent: it stores the effect's key with the change in one transaction; a repeated key changes nothing.
- B: conditional: it writes under a condition (a row version) that a retry no longer meets. A retry that is refused is
  `unknown`: the first delivery may have happened.
- C: queryable: it is asked before each retry whether the effect happened (`LookupTarget`).
- D: no guarantee: after a crash a person must check.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectCall:
    """An effect on its way: proposed, shown to a person, decided, stored in the outbox and performed.

    Attributes:
        name: Name of the effect, as declared with `@effect`: `cancel_pending_order`.
        arguments: JSON arguments; before a decision `<name>` stands for a field that the decider must give.
        target: Name of its target; empty until the project has looked it up.
        node: The effect node that performs it; empty outside a graph.
        when: A condition that is known only after the decision; empty for an effect that surely follows.
        key: The idempotency key, which a class A target stores with the change; empty until the outbox has stored it.
        details: Further facts from the planner (confidence, evidence); passed through to the person.
    """

    name: str
    arguments: Mapping[str, JsonValue]
    target: str = ""
    node: str = ""
    when: str = ""
    key: str = ""
    details: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectGroup:
    """The effects of one node under one decision, in order.

    The outbox splits it by target; each part is atomic, in one transaction of its target.

    Attributes:
        decision_id: With `node` the group's identity: to enqueue it again changes nothing.
        expected_versions: Row to the version seen at drafting (`orders/#W1` to 3). The target checks them in its
            transaction, unless the effects' keys are already stored.
        key: Key of the part for one target; empty before the outbox has split the group.
    """

    decision_id: str
    effects: Sequence[EffectCall]
    run_id: str = ""
    node: str = ""
    expected_versions: Mapping[str, int] = field(default_factory=dict[str, int])
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectOutcome:
    """A target's outcome of one effect.

    Attributes:
        status: `sent`, also if it had already happened; `refused`: nothing of the group was changed.
        result: The effect's result; the stored one if it had already happened.
        error: Why it was refused, as an error record; None if sent.
    """

    key: str
    status: Literal["sent", "refused"]
    result: JsonValue = None
    error: Mapping[str, object] | None = field(default=None)


class TargetEffect(Protocol):
    """The interface of an effect for its target: `compound.effect.Effect` is one."""

    def perform(self, tx: Any, args: Mapping[str, JsonValue]) -> JsonValue:  # noqa: ANN401 - each target has its own
        """Run it in the target's transaction; raises `EffectRefused` if a precondition does not hold."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSetup(Setup):
    """Setup of a target.

    Attributes:
        effects: Finds an effect of the project by name, for `perform`.
        format: The `compound:` line of its file: `ledger/v1`; empty for a target without a file.
        url: URL of its database, for built-in targets.
        lock_wait_s: How long a write waits for a lock, in seconds.
    """

    effects: Callable[[str], TargetEffect]
    format: str = ""
    url: str = ""
    lock_wait_s: float = 30.0


class EffectTarget(Protocol):
    """The target of effects. The outbox delivers each group once, and retries only as the class allows.

    A target that records deliveries in a file of this host has an attribute `place: str` (`host:path`): for a host with
    another place, deliveries tried here are of class D.
    """

    @property
    def delivery_class(self) -> DeliveryClass:
        """The guarantee of the target; D if in doubt."""
        ...

    async def perform(self, group: EffectGroup) -> Sequence[EffectOutcome]:
        """Perform the whole group in one transaction of the target.

        Effects whose key is stored are not performed again; their stored result is returned. Otherwise
        the expected versions are compared and every precondition is checked before anything is committed.

        Returns:
            One outcome per effect, in the group's order: all `sent`, or all `refused`.

        Raises:
            EffectRefused: A precondition does not hold, `effect.stale` for a changed row; nothing changed.
            Exception: Any other exception means that the outcome is unknown.
        """
        ...


@runtime_checkable
class RehearsingTarget(Protocol):
    """A target that can rehearse effects."""

    def rehearse(self, effects: Sequence[EffectCall], expected: Mapping[str, int]) -> None:
        """Perform effects in order and roll back.

        Args:
            effects: Effects of this target, in order.
            expected: Row to the version that was seen.

        Raises:
            EffectRefused: One of them would be refused. DataError: Its arguments are invalid.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """A value of a row that an effect changes.

    Attributes:
        name: Its place in the row: `status`, `address.city`.
        before: What the row says now; None if it has no such value.
        after: What it says afterwards; None if the value is removed.
    """

    name: str
    before: JsonValue
    after: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """A row that an effect changes.

    Attributes:
        ref: Name of the row: `orders/#W1`.
        version: Its version now; 0 for a row that the effect adds.
        fields: The changed values.
    """

    ref: str
    version: int
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeseenMessage:
    """A message that an effect sends.

    Attributes:
        kind: `reply` to the sender of an item, or `transfer` to a person.
        to: The item or the address; empty without one.
    """

    kind: str
    to: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What an effect would do now.

    Attributes:
        rows: The rows that it changes.
        messages: The messages that it sends.
        problem: Why it would be refused; empty if it would happen.
    """

    rows: tuple[RowChange, ...] = ()
    messages: tuple[ForeseenMessage, ...] = ()
    problem: str = ""


@runtime_checkable
class ForeseeingTarget(Protocol):
    """A target that can say what effects would do, for the person who decides them."""

    def foresee(self, effects: Sequence[EffectCall]) -> Sequence[Foreseen]:
        """What each effect would do to the present data, in order; nothing is changed and no lock is kept."""
        ...


class LookupTarget(EffectTarget, Protocol):
    """A class C target."""

    async def find(self, group: EffectGroup) -> Sequence[EffectOutcome] | None:
        """Find out whether the group happened; None if it certainly did not.

        Raises:
            Exception: It cannot be determined now.
        """
        ...
