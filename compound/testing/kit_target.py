"""Conformance kit for effect targets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast
from uuid import uuid4

from compound.connector.target import (
    EffectCall,
    EffectGroup,
    EffectOutcome,
    EffectTarget,
    ForeseeingTarget,
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
    """An unexpected exception of an effect."""


@dataclass(frozen=True)
class _Effect:
    """An effect of the kit: makes a change, then succeeds, refuses or crashes."""

    name: str
    change: Callable[[Any, str], object]

    def perform(self, tx: Any, args: Mapping[str, JsonValue]) -> JsonValue:  # noqa: ANN401 - each target has its own
        """Make a change, then return, refuse or crash."""
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
    """Check an effect target against its port: atomic groups, and idempotence by class.

    Args:
        make: Opens the target with a function that finds an effect by name. Every call must open the same place, as
            after a restart.
        change: Makes a visible change through the target's transaction; called with the transaction and a unique mark.
        seen: Returns the state in which a change is visible; compared with `==`.

    Raises:
        AssertionError: It violates a rule, named in the message.

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
        kit.foresees()
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
        need(self._seen(self._target) != before, "a performed group made no visible change; check `seen`")

    def performs_once(self) -> None:
        """Deliver the same group again, in this process and after a restart."""
        if self._target.delivery_class != "A":
            return
        after = self._seen(self._target)
        for again in ("in the same process", "after reopening it"):
            _are_sent(self._done, self.perform(self._done))
            need(self._seen(self._target) == after, f"class A: the same group made a change {again}")
            self.reopen()
        need(self._seen(self._target) == after, "a change is missing after reopening the target")

    def refuses_all(self, how: str) -> None:
        """One effect of a group fails after others ran: no change of the group may stay."""
        before = self._seen(self._target)
        group = _group("works", how)
        try:
            outcomes = self.perform(group)
        except (EffectRefused, _Crash):
            outcomes = ()
        need(all(one.status == "refused" for one in outcomes), f"a group was sent although one effect {how}")
        need(how == "refuses" or not outcomes, "`perform` must raise unexpected exceptions: the outcome is unknown")
        need(self._seen(self._target) == before, f"one effect of a group {how}, but another one's change stayed")
        if self._target.delivery_class == "A":
            self.reopen()
            need(
                self._seen(self._target) == before,
                f"one effect of a group {how}, but a change appeared after a restart",
            )
            _are_sent(later := _group("works"), self.perform(later))

    def rehearses(self) -> None:
        if not isinstance(self._target, RehearsingTarget):
            return
        before = self._seen(self._target)
        self._target.rehearse(_group("works").effects, {})
        need(self._seen(self._target) == before, "a rehearsal left a change")
        try:
            self._target.rehearse(_group("works", "refuses").effects, {})
        except EffectRefused:
            need(self._seen(self._target) == before, "a refused rehearsal left a change")
        else:
            raise AssertionError("the rehearsal of a refusing effect must raise EffectRefused")

    def foresees(self) -> None:
        if not isinstance(self._target, ForeseeingTarget):
            return
        before = self._seen(self._target)
        works, refuses = self._target.foresee(_group("works", "refuses").effects)
        need(self._seen(self._target) == before, "foreseeing effects left a change")
        need(not works.problem, f"an effect that works is foreseen as refused: {works.problem}")
        need(bool(refuses.problem), "an effect that refuses must be foreseen with its problem")

    def looks_up(self) -> None:
        """Class C: the target knows whether a group happened."""
        if self._target.delivery_class != "C":
            return
        target = cast("LookupTarget", self._target)
        found = asyncio.run(_found(target, self._done))
        need(found is not None, "class C: `find` must find a performed group")
        _are_sent(self._done, found or ())
        need(
            asyncio.run(_found(target, _group("works"))) is None,
            "class C: `find` must return None for an unknown group",
        )


async def _awaited(target: EffectTarget, group: EffectGroup) -> Sequence[EffectOutcome]:
    return await target.perform(group)


async def _found(target: LookupTarget, group: EffectGroup) -> Sequence[EffectOutcome] | None:
    return await target.find(group)


def _group(*names: str) -> EffectGroup:
    key = f"kit-{uuid4().hex}"
    return EffectGroup(
        key=key,
        decision_id=key,
        run_id=key,
        effects=tuple(
            EffectCall(key=f"{key}/{at}", name=name, arguments={"mark": f"{key}-{at}"}) for at, name in enumerate(names)
        ),
    )


def _are_sent(group: EffectGroup, outcomes: Sequence[EffectOutcome]) -> None:
    keys = [one.key for one in group.effects]
    need(
        [one.key for one in outcomes] == keys,
        "`perform` must return one outcome per effect, in the group's order",
    )
    need(all(one.status == "sent" for one in outcomes), "a successful group must be sent")
    wanted = [{**_RESULT, "mark": one.arguments["mark"]} for one in group.effects]
    need([one.result for one in outcomes] == wanted, "an outcome must contain the result of its effect")
