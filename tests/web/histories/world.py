"""The world outside: customers who write, orders that change, and targets that remember what really happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from compound.connector.state import StateStore
from compound.connector.state.messages import Arrival, Messages, conversation_of_ref, conversation_ref
from compound.effect import DeliveryClass, EffectGroup, EffectOutcome
from compound.errors import ConnectorError, EffectRefused

if TYPE_CHECKING:
    from pydantic import JsonValue

MAILBOX = "inbox"


@dataclass(frozen=True, slots=True)
class Happened:
    """An effect that really happened."""

    key: str
    effect: str
    way: str
    run_id: str
    args: Mapping[str, JsonValue]


@dataclass
class World:
    """What no process of Compound controls.

    Attributes:
        now: The clock of all machines, UTC seconds.
        orders: Order to its version, and the key of the effect that wrote it last.
        happened: Every effect that happened, in order.
        trouble: How the next deliveries go wrong: `before` or `after` the target has done its part.
    """

    store: StateStore
    now: float = 10_000.0
    orders: dict[str, int] = field(default_factory=dict[str, int])
    happened: list[Happened] = field(default_factory=list[Happened])
    trouble: list[str] = field(default_factory=list[str])
    _messages: Iterator[int] = field(default_factory=lambda: iter(range(1, 10**9)))

    def clock(self) -> float:
        """The time."""
        return self.now

    def current(self, refs: Mapping[str, int]) -> Mapping[str, int]:
        """The probe of the queue: versions of orders and of conversations."""
        found: dict[str, int] = {}
        for ref in refs:
            named = conversation_of_ref(ref)
            if named is not None:
                found[ref] = Messages(self.store).count(*named)
            elif ref in self.orders:
                found[ref] = self.orders[ref]
        return found

    def refs(self, run_id: str) -> dict[str, int]:
        """What a draft of this run is made from now."""
        return dict(self.current({f"orders/{run_id}": 0, conversation_ref(MAILBOX, run_id): 0}))

    def writes(self, run_id: str) -> None:
        """The customer of a run writes; the first time, the letter that the run answers."""
        is_first = f"orders/{run_id}" not in self.orders
        self.orders.setdefault(f"orders/{run_id}", 1)
        name = run_id if is_first else f"{run_id}/{next(self._messages)}"
        Messages(self.store).arrive(
            Arrival(mailbox=MAILBOX, item_id=name, thread=run_id), f"run of {name}", now=self.now
        )

    def changes(self, run_id: str) -> None:
        """Somebody changes the order of a run."""
        self.orders[f"orders/{run_id}"] += 1


class Target:
    """A target of a delivery class. A: keys are stored with the change. B: it writes on a condition, and remembers nothing.

    C: it can be asked for a key. D: it knows nothing.

    Args:
        way: The class.
        stops: Called before and after the target does its part: there a process may die.
    """

    def __init__(self, world: World, way: DeliveryClass, stops: Callable[[str], None]) -> None:
        self.delivery_class: DeliveryClass = way
        self._world, self._stops = world, stops

    async def perform(self, group: EffectGroup) -> Sequence[EffectOutcome]:
        """Do the whole group, or none of it."""
        self._stops("before the target")
        trouble = self._world.trouble.pop(0) if self._world.trouble else ""
        if trouble == "before":
            raise ConnectorError("target.gone", "no connection")
        self._do(group)
        self._stops("behind the target")
        if trouble == "after":
            raise ConnectorError("target.gone", "the connection broke")
        return _sent(group)

    async def find(self, group: EffectGroup) -> Sequence[EffectOutcome] | None:
        """Whether it happened."""
        if self._world.trouble and self._world.trouble.pop(0) == "before":
            raise ConnectorError("target.gone", "no connection")
        return _sent(group) if self._knows(group) else None

    def _knows(self, group: EffectGroup) -> bool:
        known = {one.key for one in self._world.happened}
        return all(one.key in known for one in group.effects)

    def _do(self, group: EffectGroup) -> None:
        world, row = self._world, f"orders/{group.run_id}"
        if self.delivery_class == "A" and self._knows(group):
            return
        if self.delivery_class in "AB":
            expected = group.expected_versions.get(row)
            if expected is not None and world.orders[row] != expected:
                raise EffectRefused("effect.stale", f"{row} is at version {world.orders[row]}, not {expected}")
            world.orders[row] += 1
        world.happened += [
            Happened(one.key, one.name, self.delivery_class, group.run_id, dict(one.arguments)) for one in group.effects
        ]


def _sent(group: EffectGroup) -> list[EffectOutcome]:
    return [EffectOutcome(key=one.key, status="sent") for one in group.effects]
