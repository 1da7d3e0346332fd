"""Delivery: each group is sent to its target once, and retried only if the target is idempotent."""

from __future__ import annotations

import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa

from compound.connector.state import StateStore, tables
from compound.connector.state.owner import is_gone, this_owner
from compound.connector.target import EffectOutcome, EffectTarget, LookupTarget
from compound.effect.decided import recalled
from compound.effect.rows import GroupRows, move_group, read_group
from compound.effect.types import EffectStatus
from compound.errors import CompoundError, EffectRefused, ProjectError, choices, told
from compound.trace.active import child

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import JsonValue

_OUTBOX = tables.outbox
LEASE_S = 60.0
"""Lease of a delivery by another host, in seconds; a dead process on this host is detected at once."""

_in_flight: set[tuple[str, str]] = set()
"""(store, group) pairs that this process delivers; its other claims are left over from failed writes."""
_in_flight_lock = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    status: EffectStatus
    error: Mapping[str, JsonValue] | None = None
    results: Mapping[str, JsonValue] | None = None


class Delivery:
    """Delivers groups to their targets."""

    def __init__(self, store: StateStore, clock: Callable[[], float], targets: Mapping[str, EffectTarget]) -> None:
        self._store = store
        self._clock = clock
        self._targets = targets

    async def deliver(self, group_key: str) -> EffectStatus:
        """Deliver one group; returns its status."""
        mark = (self._store.name, group_key)
        with _in_flight_lock:
            if mark in _in_flight:
                return EffectStatus.SENDING
            _in_flight.add(mark)
        try:
            group = self._read(group_key)
            target = self._target(group)
            with child(f"deliver {group.target}", kind="effect", effects=len(group.rows)) as span:
                if ready := await self._make_ready(group, target):
                    await self._perform(ready, target, again=group.status is not EffectStatus.SCHEDULED)
                status = self._read(group_key).status
                span.set(effect_status=status.value)
                return status
        finally:
            _in_flight.discard(mark)

    def _read(self, group_key: str) -> GroupRows:
        with self._store.read() as db:
            return read_group(db, group_key)

    def _target(self, group: GroupRows) -> EffectTarget:
        if found := self._targets.get(group.target):
            return found
        raise ProjectError(
            "effect.unknown-target",
            f"target {group.target!r} does not exist",
            fix=choices(list(self._targets), group.target),
        )

    async def _make_ready(self, group: GroupRows, target: EffectTarget) -> GroupRows | None:
        """Claim the group; None if nothing is due, its decision was recalled, or another process delivers it."""
        now = self._clock()
        match group.status:
            case EffectStatus.FAILED if _is_elsewhere(group, target):
                self._doubt_elsewhere(group)
                return None
            case EffectStatus.FAILED if target.delivery_class == "C":
                return await self._recover(group, target)
            case EffectStatus.SCHEDULED | EffectStatus.FAILED:
                return self._claim(group, target)
            case EffectStatus.SENDING if self._is_abandoned(group, now):
                if _is_elsewhere(group, target):
                    self._doubt_elsewhere(group)
                    return None
                return await self._recover(group, target)
            case _:
                return None

    def _is_abandoned(self, group: GroupRows, now: float) -> bool:
        owner, lease_until = group.rows[0]["owner"], group.rows[0]["lease_until"] or 0.0
        return is_gone(owner) or owner == this_owner() or lease_until <= now

    async def _recover(self, group: GroupRows, target: EffectTarget) -> GroupRows | None:
        """Find out whether an earlier delivery happened: its process died or lost the store, or it got no answer."""
        match target.delivery_class:
            case "A" | "B":
                return self._claim(group, target)
            case "C":
                try:
                    outcomes = await cast("LookupTarget", target).find(group.planned())
                except Exception as error:  # noqa: BLE001  # any failure here means: nobody knows
                    if group.status is not EffectStatus.FAILED:  # a failed one is looked up again at the next attempt
                        self._move(group, _End(status=EffectStatus.UNKNOWN, error=_record(error)))
                    return None
                if outcomes is None:
                    return self._claim(group, target)
                self._move(group, _judge(group, outcomes))
                return None
            case "D":
                died = {"code": "effect.unknown", "what": "the process ended during the delivery"}
                self._move(group, _End(status=EffectStatus.UNKNOWN, error=cast("dict[str, JsonValue]", died)))
                return None

    async def _perform(self, group: GroupRows, target: EffectTarget, *, again: bool) -> None:
        is_repeatable = target.delivery_class != "D"
        doubt = EffectStatus.FAILED if is_repeatable else EffectStatus.UNKNOWN
        # cancelled, or the interpreter exits: the outcome at the target is unknown here
        end = _End(status=doubt, error={"code": "effect.interrupted", "what": "the delivery was interrupted"})
        try:
            with self._alive(group):
                end = _judge(group, await target.perform(group.planned()))
        except EffectRefused as error:
            end = _End(status=EffectStatus.REFUSED, error=_record(error))
        except Exception as error:  # noqa: BLE001  # targets are others' code; the row tells what they said
            end = _End(status=doubt, error=_record(error))
        finally:
            self._move(group, _doubted(end) if again and target.delivery_class == "B" else end)

    def _doubt_elsewhere(self, group: GroupRows) -> None:
        """The outcome is recorded on another host: only a person can find it out."""
        what = f"it was delivered at {group.rows[0]['place']}; only that host knows whether it happened"
        error: dict[str, JsonValue] = {"code": "effect.elsewhere", "what": what, "fix": "check there, then reconcile"}
        self._move(group, _End(status=EffectStatus.UNKNOWN, error=error))

    def _claim(self, group: GroupRows, target: EffectTarget) -> GroupRows | None:
        now = self._clock()
        with self._store.write() as db:
            # Nothing was sent yet: whatever changed since the decision stops it. A later attempt may have happened.
            if group.status is EffectStatus.SCHEDULED and (why := recalled(db, group.rows[0]["decision_id"])):
                move_group(db, group, EffectStatus.REFUSED, now=now, actor="outbox", error=why)
                return None
            is_mine = move_group(
                db,
                group,
                EffectStatus.SENDING,
                now=now,
                actor="outbox",
                owner=this_owner(),
                place=place_of(target),
                lease_until=now + LEASE_S,
                attempts=group.attempts + 1,
                error=None,
            )
            return read_group(db, group.key) if is_mine else None

    @contextmanager
    def _alive(self, group: GroupRows) -> Generator[None]:
        """Renew the group's lease during the delivery."""
        over = threading.Event()

        def beat() -> None:
            while not over.wait(LEASE_S / 3):
                with suppress(CompoundError):  # the store is unavailable; the next beat retries
                    self._renew(group)

        thread = threading.Thread(target=beat, name=f"effect {group.key}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()

    def _renew(self, group: GroupRows) -> None:
        mine = sa.update(_OUTBOX).where(
            _OUTBOX.c.group_key == group.key,
            _OUTBOX.c.status == EffectStatus.SENDING.value,
            _OUTBOX.c.owner == group.rows[0]["owner"],
            _OUTBOX.c.attempts == group.attempts,
        )
        with self._store.write(durable=False) as db:
            db.execute(mine.values(lease_until=self._clock() + LEASE_S))

    def _move(self, group: GroupRows, end: _End) -> None:
        now = self._clock()
        with self._store.write() as db:
            move_group(
                db,
                group,
                end.status,
                now=now,
                actor="outbox",
                results=end.results,
                owner=None,
                lease_until=None,
                error=end.error,
                sent_at=now if end.status is EffectStatus.SENT else None,
            )


def place_of(target: EffectTarget) -> str | None:
    """The host-local place of a target's record of deliveries; None if all hosts share it."""
    return cast("str | None", getattr(target, "place", None))


def _is_elsewhere(group: GroupRows, target: EffectTarget) -> bool:
    place: str | None = group.rows[0]["place"]
    return place is not None and place != place_of(target)


def _doubted(end: _End) -> _End:
    """The outcome of a repeated delivery of class B: its own first delivery may be why the condition is not met."""
    if end.status is not EffectStatus.REFUSED:
        return end
    why = (end.error or {}).get("what") or "refused"
    what = f"an earlier delivery may have happened, and the next one was refused: {why}"
    return _End(status=EffectStatus.UNKNOWN, error={"code": "effect.unknown", "what": what})


def _judge(group: GroupRows, outcomes: Sequence[EffectOutcome]) -> _End:
    """The outcome of a group: all sent or all refused; any other answer of the target makes it unknown."""
    said = [(outcome.key, outcome.status) for outcome in outcomes]
    keys = [row["effect_key"] for row in group.rows]
    if said == [(key, "sent") for key in keys]:
        results = {outcome.key: outcome.result for outcome in outcomes}
        return _End(status=EffectStatus.SENT, results=results)
    if said == [(key, "refused") for key in keys]:
        errors = [outcome.error for outcome in outcomes if outcome.error]
        return _End(
            status=EffectStatus.REFUSED,
            error=cast("dict[str, JsonValue]", errors[0]) if errors else {"code": "effect.refused", "what": "refused"},
        )
    what = f"target {group.target!r} did not return one outcome for all {len(keys)} effects of the group"
    return _End(status=EffectStatus.UNKNOWN, error={"code": "effect.broken-target", "what": what})


def _record(error: Exception) -> Mapping[str, JsonValue]:
    if isinstance(error, CompoundError):
        return cast("Mapping[str, JsonValue]", error.to_json())
    return {"code": "effect.failed", "what": told(error)}
