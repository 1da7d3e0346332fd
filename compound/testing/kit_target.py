"""What every target of effects promises; `check_target` tries it out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast
from uuid import uuid4

from compound.connector.target import (
    EffectGroup,
    EffectOutcome,
    EffectTarget,
    PlannedEffect,
    RehearsingTarget,
    TargetEffect,
)
from compound.errors import EffectRefused
from compound.testing.need import need

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.target import LookupTarget

T = TypeVar("T", bound=EffectTarget)
_RESULT = {"kit": "done"}
_CLASSES = ("A", "B", "C", "D")


class _Crash(Exception):
    """A fault of an effect that nobody expects."""


@dataclass(frozen=True)
class _Effect:
    """An effect of the kit: it changes something, and then does what its name says."""

    name: str
    change: Callable[[Any, str], object]

    def perform(self, tx: Any, args: Mapping[str, JsonValue]) -> JsonValue:  # noqa: ANN401 - each target has its own
        """Change, and return, refuse or crash."""
        self.change(tx, str(args["mark"]))
        if self.name == "refuses":
            raise EffectRefused("effect.refused", "the effect refuses")
        if self.name == "crashes":
            raise _Crash("the effect crashes")
        return {**_RESULT, "mark": args["mark"]}


def check_target(
    make: Callable[[Callable[[str], TargetEffect]], T],
    *,
    change: Callable[[Any, str], object],
    seen: Callable[[T], object],
) -> None:
    """Hold a target of effects against its port: all or nothing, and once where its class says so.

    Args:
        make: Opens the target; it is given what finds an effect by its name. Every call must lead to the same place,
            as when a process starts again.
        change: Makes a visible change through the target's transaction; it is given the transaction, and a mark that
            differs each time.
        seen: What of the target a change shows in; compared with `==`.

    Raises:
        AssertionError: It breaks a rule; the message says which one.

    Example:
        testing.check_target(
            lambda effects: Ledger(folder, effects), change=lambda tx, mark: tx.book(mark), seen=lambda one: one.rows()
        )
    """
    effects = {name: _Effect(name, change) for name in ("works", "refuses", "crashes")}
    kit = _Kit(lambda: make(lambda name: effects[name]), seen)
    try:
        kit.performs()
        kit.performs_once()
        kit.refuses_all("refuses")
        kit.refuses_all("crashes")
        kit.rehearses()
        kit.looks_up()
    finally:
        kit.close()


class _Kit(Generic[T]):
    def __init__(self, make: Callable[[], T], seen: Callable[[T], object]) -> None:
        self._make = make
        self._seen = seen
        self._target = make()
        self._done = _group("works", "works")

    def close(self) -> None:
        if callable(close := getattr(self._target, "close", None)):
            close()

    def reopen(self) -> None:
        self.close()
        self._target = self._make()

    def perform(self, group: EffectGroup) -> Sequence[EffectOutcome]:
        return asyncio.run(_awaited(self._target, group))

    def performs(self) -> None:
        need(self._target.delivery_class in _CLASSES, f"delivery_class is {self._target.delivery_class!r}")
        before = self._seen(self._target)
        outcomes = self.perform(self._done)
        _are_sent(self._done, outcomes)
        need(self._seen(self._target) != before, "a performed group shows no change; is `seen` right?")

    def performs_once(self) -> None:
        """The same group again: in this process, and in the next one."""
        if self._target.delivery_class != "A":
            return
        after = self._seen(self._target)
        for again in ("in the same process", "after it was opened again"):
            _are_sent(self._done, self.perform(self._done))
            need(self._seen(self._target) == after, f"class A: the same group changed something {again}")
            self.reopen()
        need(self._seen(self._target) == after, "what was done is gone after the target was opened again")

    def refuses_all(self, how: str) -> None:
        """One effect of a group fails after others did their work: nothing of the group may stay."""
        before = self._seen(self._target)
        group = _group("works", how)
        try:
            outcomes = self.perform(group)
        except (EffectRefused, _Crash):
            outcomes = ()
        need(all(one.status == "refused" for one in outcomes), f"a group of which one effect {how} was sent")
        need(how == "refuses" or not outcomes, "an unexpected exception must leave `perform`: the outcome is unknown")
        need(self._seen(self._target) == before, f"one effect of a group {how}, and the change of another one stayed")
        if self._target.delivery_class == "A":
            self.reopen()
            need(self._seen(self._target) == before, f"one effect of a group {how}, and it showed after a new start")
            _are_sent(later := _group("works"), self.perform(later))

    def rehearses(self) -> None:
        if not isinstance(self._target, RehearsingTarget):
            return
        before = self._seen(self._target)
        self._target.rehearse([("works", {"mark": uuid4().hex})], {})
        need(self._seen(self._target) == before, "a rehearsal left a change")
        try:
            self._target.rehearse([("works", {"mark": uuid4().hex}), ("refuses", {"mark": uuid4().hex})], {})
        except EffectRefused:
            need(self._seen(self._target) == before, "a refused rehearsal left a change")
        else:
            raise AssertionError("the rehearsal of an effect that refuses raised no EffectRefused")

    def looks_up(self) -> None:
        """Class C: the target can tell whether a group happened."""
        if self._target.delivery_class != "C":
            return
        target = cast("LookupTarget", self._target)
        found = asyncio.run(_found(target, self._done))
        need(found is not None, "class C: `find` does not find a group that was performed")
        _are_sent(self._done, found or ())
        need(asyncio.run(_found(target, _group("works"))) is None, "class C: `find` finds a group that never was")


async def _awaited(target: EffectTarget, group: EffectGroup) -> Sequence[EffectOutcome]:
    return await target.perform(group)


async def _found(target: LookupTarget, group: EffectGroup) -> Sequence[EffectOutcome] | None:
    return await target.find(group)


def _group(*names: str) -> EffectGroup:
    key = f"kit-{uuid4().hex}"
    return EffectGroup(
        group_key=key,
        decision_id=key,
        run_id=key,
        effects=tuple(
            PlannedEffect(effect_key=f"{key}/{at}", effect=name, args={"mark": f"{key}-{at}"})
            for at, name in enumerate(names)
        ),
        expected_versions={},
    )


def _are_sent(group: EffectGroup, outcomes: Sequence[EffectOutcome]) -> None:
    keys = [one.effect_key for one in group.effects]
    need([one.effect_key for one in outcomes] == keys, "`perform` returns one outcome an effect, in the group's order")
    need(all(one.status == "sent" for one in outcomes), "a group that works was not sent")
    wanted = [{**_RESULT, "mark": one.args["mark"]} for one in group.effects]
    need([one.result for one in outcomes] == wanted, "an outcome must hold what its effect returned")
