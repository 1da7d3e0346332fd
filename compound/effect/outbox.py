"""The outbox: decided effects are written here before they run, and run once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from compound.connector.state import StateStore, tables
from compound.connector.state.audit import append_audit
from compound.connector.target import EffectGroup, EffectTarget
from compound.effect.decided import require_standing
from compound.effect.delivery import Delivery
from compound.effect.done import Canonical, done_before, plain
from compound.effect.rows import GroupRows, move_group, new_rows, read_group, read_results, result_of
from compound.effect.types import EffectResult, EffectStatus
from compound.errors import ConflictError, DataError

if TYPE_CHECKING:
    from pydantic import JsonValue

_OUTBOX = tables.outbox


class Outbox:
    """Effects of decisions, from `scheduled` to a final status. Any number of processes may share a store.

    Args:
        store: The state store.
        clock: UTC seconds; for tests.
    """

    def __init__(self, store: StateStore, *, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock

    def enqueue(self, group: EffectGroup, *, canonical: Canonical = plain) -> list[str]:
        """Write the effects of a decision; idempotent.

        Effects on one target form one atomic group, in this order. For an effect that an earlier decision about the
        same node of the same run has done, the existing key is returned.

        Args:
            group: The effects with their targets. Its decision is a valid one of the review queue or, for a graph
                without a review, an id that stays the same when the node runs again. Two nodes may run the same
                effect for one decision.
            canonical: Normalizes arguments, to detect equal effects.

        Returns:
            The effects' keys, in order.

        Raises:
            ConflictError: `effect.not-decided`: the decision does not approve, is no longer valid, or has other
                effects; `effect.key-conflict`: the key exists with other arguments;
                `effect.unsettled`: an effect of an earlier decision may have happened.
        """
        now = self._clock()
        with self._store.write() as db:
            require_standing(db, group)
            done = done_before(db, group, canonical=canonical, now=now)
            rows = new_rows(group, now=now, without=done)
            _insert(db, rows, now=now)
        own = iter([str(row["effect_key"]) for row in rows])
        return [done[place] if place in done else next(own) for place in range(len(group.effects))]

    async def deliver(self, keys: Sequence[str], targets: Mapping[str, EffectTarget]) -> list[EffectResult]:
        """Deliver the effects group by group, each in one transaction of its target.

        Effects with a final status are not delivered again: their stored results are returned. A group is delivered
        only after the group before it was sent; after a refusal the later groups are cancelled.

        Args:
            keys: From `enqueue`. A key stands for its whole group.
            targets: Name to target.

        Returns:
            The status of each effect: `sent`, `refused`, `failed` (deliver again), `unknown` (needs a person),
            `scheduled` (waits for an earlier group), `sending` (another process).

        Raises:
            DataError: `effect.unknown-key`.
            ProjectError: `effect.unknown-target`.
        """
        delivery = Delivery(self._store, self._clock, targets)
        groups = list(dict.fromkeys(result.group_key for result in self.results(keys)))
        for place, group_key in enumerate(groups):
            status = await delivery.deliver(group_key)
            if status is EffectStatus.REFUSED:
                self._cancel_rest(groups[place + 1 :])
            if status is not EffectStatus.SENT:
                break
        return self.results(keys)

    def _cancel_rest(self, group_keys: Sequence[str]) -> None:
        error: Mapping[str, JsonValue] = {"code": "effect.cancelled", "what": "an earlier effect was refused"}
        with self._store.write() as db:
            for group_key in group_keys:
                group = read_group(db, group_key)
                if group.status is EffectStatus.SCHEDULED:
                    move_group(db, group, EffectStatus.CANCELLED, now=self._clock(), actor="outbox", error=error)

    def results(self, keys: Sequence[str]) -> list[EffectResult]:
        """The status of these effects, in order.

        Raises:
            DataError: `effect.unknown-key`.
        """
        with self._store.read() as db:
            found = read_results(db, keys)
        if len(found) != len(keys):
            known = {result.call.key for result in found}
            missing = next(key for key in keys if key not in known)
            raise DataError("effect.unknown-key", f"effect {missing!r} is not in the outbox")
        return found

    def for_decision(self, decision_id: str) -> list[EffectResult]:
        """All effects of a decision, in the order they were written."""
        query = sa.select(_OUTBOX).where(_OUTBOX.c.decision_id == decision_id)
        with self._store.read() as db:
            rows = db.execute(query.order_by(_OUTBOX.c.created_at, _OUTBOX.c.ordinal)).mappings()
            return [result_of(row) for row in rows]

    def rows_of_run(self, run_id: str) -> frozenset[str]:
        """The rows that the written effects of a run refer to: `orders/#W1`."""
        query = sa.select(_OUTBOX.c.expected_versions).where(_OUTBOX.c.run_id == run_id)
        with self._store.read() as db:
            return frozenset(row for versions in db.execute(query).scalars() for row in versions or ())

    def list(
        self, statuses: Sequence[EffectStatus] = (), *, run_id: str | None = None, limit: int = 100
    ) -> Sequence[EffectResult]:
        """Effects, newest first; empty filters match everything."""
        query = sa.select(_OUTBOX).order_by(_OUTBOX.c.created_at.desc(), _OUTBOX.c.ordinal)
        if statuses:
            query = query.where(_OUTBOX.c.status.in_([one.value for one in statuses]))
        if run_id is not None:
            query = query.where(_OUTBOX.c.run_id == run_id)
        return self._read(query.limit(limit))

    def resolve(self, key: str) -> Sequence[EffectResult]:
        """Effects with this key prefix; at most two."""
        return self._read(sa.select(_OUTBOX).where(_OUTBOX.c.effect_key.startswith(key, autoescape=True)).limit(2))

    def group(self, group_key: str) -> Sequence[EffectResult]:
        """The effects of a group, in order."""
        return self._read(sa.select(_OUTBOX).where(_OUTBOX.c.group_key == group_key).order_by(_OUTBOX.c.ordinal))

    def _read(self, query: sa.Select[Any]) -> Sequence[EffectResult]:
        with self._store.read() as db:
            return [result_of(row) for row in db.execute(query).mappings()]

    def for_run(self, run_id: str) -> list[EffectResult]:
        """All effects of a run, across its decisions, in the order they were written."""
        query = sa.select(_OUTBOX).where(_OUTBOX.c.run_id == run_id)
        with self._store.read() as db:
            rows = db.execute(query.order_by(_OUTBOX.c.created_at, _OUTBOX.c.ordinal)).mappings()
            return [result_of(row) for row in rows]

    def cancel(self, keys: Sequence[str], *, actor: str) -> list[EffectResult]:
        """Cancel effects that are not delivered yet, with their whole groups; atomic.

        Raises:
            ConflictError: `effect.too-late`, naming the effect and its status.
        """
        groups = dict.fromkeys(result.group_key for result in self.results(keys))
        with self._store.write() as db:
            for group_key in groups:
                group = read_group(db, group_key)
                if group.status is EffectStatus.CANCELLED:
                    continue
                is_mine = group.status is EffectStatus.SCHEDULED and move_group(
                    db, group, EffectStatus.CANCELLED, now=self._clock(), actor=actor
                )
                if not is_mine:
                    raise _too_late(read_group(db, group_key))
        return self.results(keys)

    def reconcile(self, key: str, *, happened: bool, user: str, note: str) -> EffectResult:
        """Record whether an `unknown` group happened, after a person checked the target.

        Args:
            key: One effect of the group.
            happened: True makes it `sent`; False makes it `scheduled` again.
            user: The person who checked.
            note: What they saw.

        Raises:
            ConflictError: `effect.not-unknown`.
        """
        (result,) = self.results([key])
        to: Literal[EffectStatus.SENT, EffectStatus.SCHEDULED]
        to = EffectStatus.SENT if happened else EffectStatus.SCHEDULED
        now = self._clock()
        error: Mapping[str, JsonValue] = {"code": "effect.reconciled", "what": f"{user}: {note}"}
        with self._store.write() as db:
            group = read_group(db, result.group_key)
            is_mine = group.status is EffectStatus.UNKNOWN and move_group(
                db, group, to, now=now, actor=user, error=error, sent_at=now if happened else None
            )
            if not is_mine:
                raise ConflictError("effect.not-unknown", f"effect {key[:12]} is {group.status.value}, not unknown")
        return self.results([key])[0]


def _too_late(group: GroupRows) -> ConflictError:
    first = group.rows[0]
    return ConflictError(
        "effect.too-late",
        f"cannot cancel {first['effect']} ({first['effect_key'][:12]}): it is {group.status.value}",
    )


def _insert(db: Connection, rows: Sequence[Mapping[str, object]], *, now: float) -> None:
    known = _known(db, rows)
    if rows and not known:
        dialect = postgresql if db.dialect.name == "postgresql" else sqlite
        db.execute(dialect.insert(_OUTBOX).on_conflict_do_nothing(index_elements=["effect_key"]), rows)
        known = _known(db, rows)
        append_audit(
            db,
            "effect.scheduled",
            at=now,
            actor="outbox",
            subject=str(rows[0]["decision_id"]),
            details={"effects": [[row["effect_key"], row["effect"], row["body_sha256"]] for row in rows]},
        )
    if known != {row["effect_key"]: row["body_sha256"] for row in rows}:
        raise ConflictError(
            "effect.key-conflict",
            f"other effects already exist for decision {str(rows[0]['decision_id'])[:12]}",
            fix="an effect node must return the same effects when it runs again; two nodes need two names",
        )


def _known(db: Connection, rows: Sequence[Mapping[str, object]]) -> Mapping[object, object]:
    """Effect key to body of the effects already in these groups."""
    groups = {row["group_key"] for row in rows}
    query = sa.select(_OUTBOX.c.effect_key, _OUTBOX.c.body_sha256).where(_OUTBOX.c.group_key.in_(groups))
    return {row.effect_key: row.body_sha256 for row in db.execute(query)}
