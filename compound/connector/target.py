"""The port through which effects are performed: record stores and mailboxes implement it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from compound.plugins import Setup

if TYPE_CHECKING:
    from pydantic import JsonValue

DeliveryClass = Literal["A", "B", "C", "D"]
"""What a target promises.

- A: it stores the effect's key with the change, in one transaction; the same key again changes nothing.
- B: it writes under a condition (a row version) that a second attempt no longer meets.
- C: it can be asked, before a retry, whether an effect happened (`LookupTarget`).
- D: nothing. After a crash nobody knows, and a person has to look.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEffect:
    """One effect, ready to be performed.

    Attributes:
        effect_key: Names it for ever: the idempotency key that a class A target stores with the change.
        effect: Name of the effect: `cancel_pending_order`.
        args: JSON arguments, as they were decided.
    """

    effect_key: str
    effect: str
    args: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectGroup:
    """The effects of one decision on one target: all happen, in this order, or none does.

    Attributes:
        expected_versions: Row to the version that was seen when the decision was drafted (`orders/#W1` to 3).
            The target compares them inside its transaction, unless it finds the effects' keys there already.
    """

    group_key: str
    decision_id: str
    run_id: str
    effects: tuple[PlannedEffect, ...]
    expected_versions: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectOutcome:
    """What a target says about one effect.

    Attributes:
        status: `sent`, also when it had happened before; `refused`: nothing of the group was changed.
        result: The effect's own answer; the stored one when it had happened before.
        error: Why it was refused, as an error record; None when sent.
    """

    effect_key: str
    status: Literal["sent", "refused"]
    result: JsonValue = None
    error: Mapping[str, object] | None = field(default=None)


class TargetEffect(Protocol):
    """An effect of the project, as its target needs it: `compound.effect.Effect` is one."""

    def perform(self, tx: Any, args: Mapping[str, JsonValue]) -> JsonValue:  # noqa: ANN401 - each target has its own
        """Run it on the target's own transaction; raises `EffectRefused` where a precondition does not hold."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSetup(Setup):
    """What a target is made of.

    Attributes:
        effects: Finds an effect of the project by its name, for `perform`.
        format: The `compound:` line of its file: `ledger/v1`; empty for a target without a file.
        url: Where its database is, of a built-in target that has one.
        lock_wait_s: How long a write waits for another process, in seconds.
    """

    effects: Callable[[str], TargetEffect]
    format: str = ""
    url: str = ""
    lock_wait_s: float = 30.0


class EffectTarget(Protocol):
    """Where effects happen. The outbox hands over each group once, and again only as the class allows.

    A target that remembers what it has done in a file of this host says so by a `place: str` (`host:path`): for a
    host that sees another place, what was tried here is of class D.
    """

    @property
    def delivery_class(self) -> DeliveryClass:
        """What the target promises; D when in doubt."""
        ...

    async def perform(self, group: EffectGroup) -> Sequence[EffectOutcome]:
        """Perform the whole group in one transaction of the target's own.

        Effects whose key is stored are not performed again; their stored result is returned. Otherwise
        the expected versions are compared and every precondition is checked before anything is committed.

        Returns:
            One outcome an effect, in the group's order: all `sent`, or all `refused`.

        Raises:
            EffectRefused: A precondition does not hold, `effect.stale` for a changed row; nothing changed.
            Exception: Anything else means: not known whether it happened.
        """
        ...


@runtime_checkable
class RehearsingTarget(Protocol):
    """A target that can try effects and take all of it back."""

    def rehearse(self, effects: Sequence[tuple[str, Mapping[str, JsonValue]]], expected: Mapping[str, int]) -> None:
        """Perform effects, in order, and leave nothing of it.

        Args:
            effects: Name and arguments of each.
            expected: Row to the version that was seen.

        Raises:
            EffectRefused: One of them would be refused. DataError: Its arguments do not fit.
        """
        ...


class LookupTarget(EffectTarget, Protocol):
    """A class C target."""

    async def find(self, group: EffectGroup) -> Sequence[EffectOutcome] | None:
        """Ask whether the group happened; None when it certainly did not.

        Raises:
            Exception: It cannot be told now.
        """
        ...
