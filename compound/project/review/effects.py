"""Effects of runs, for people: listing, and reconciling unknown outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compound.errors import DataError, choices

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.effect.outbox import Outbox
    from compound.effect.types import EffectResult
    from compound.project.running.opened import OpenedProject


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectView:
    """The status of an effect.

    Attributes:
        key: Its key; commands accept a prefix.
        review_id: The review that decided it; empty without a review.
        error: Why it was refused, failed or is unknown.
        next: The next command; empty if there is nothing to do.
    """

    key: str
    effect: str
    target: str
    status: str
    run_id: str
    node: str
    review_id: str
    arguments: Mapping[str, JsonValue]
    result: JsonValue
    error: str
    next: str


class EffectService:
    """The outbox of a project."""

    def __init__(self, project: OpenedProject) -> None:
        """Internal: `Project.effects` makes it."""
        self._project = project

    @property
    def _outbox(self) -> Outbox:
        return self._project.services.outbox.outbox

    def list(
        self, *, statuses: Sequence[str] = (), run_id: str | None = None, limit: int = 100
    ) -> Sequence[EffectView]:
        """Effects, newest first.

        Raises:
            DataError: `effect.unknown-status`.
        """
        from compound.effect.types import EffectStatus

        known = [one.value for one in EffectStatus]
        for name in statuses:
            if name not in known:
                raise DataError("effect.unknown-status", f"{name!r} is not a status", fix=choices(known, name))
        wanted = [EffectStatus(name) for name in statuses]
        return [self._view(one) for one in self._outbox.list(wanted, run_id=run_id, limit=limit)]

    def reconcile(self, key: str, *, happened: bool, user: str, note: str = "") -> Sequence[EffectView]:
        """Record whether an `unknown` effect and its group happened, after a check of the target.

        Args:
            key: The effect's key or a prefix of it.
            happened: True: it counts as sent. False: it is delivered again when its run resumes.
            user: The person who checked.
            note: What they saw; stored with the effect.

        Raises:
            DataError: `effect.unknown-key`.
            ConflictError: `effect.not-unknown`; `review.actor`: only a person can reconcile.
        """
        from compound.review.stored.people import need_person

        need_person(user)
        found = self._outbox.resolve(key)
        if len(found) != 1:
            what = f"effect {key!r} does not exist" if not found else f"several effects begin with {key!r}"
            raise DataError("effect.unknown-key", what, fix="compound effects list shows them")
        result = self._outbox.reconcile(found[0].call.key, happened=happened, user=user, note=note)
        return [self._view(one) for one in self._outbox.group(result.group_key)]

    def _view(self, one: EffectResult) -> EffectView:
        review_id = self._project.services.queue.review_of(one.decision_id) or ""
        return EffectView(
            key=one.call.key,
            effect=one.call.name,
            target=one.call.target,
            status=one.status.value,
            run_id=one.run_id,
            node=one.call.node,
            review_id=review_id,
            arguments=one.call.arguments,
            result=one.result,
            error=one.of_error("what"),
            next=_next(one, review_id),
        )


def _next(one: EffectResult, review_id: str) -> str:
    match one.status.value:
        case "unknown":
            return f"compound effects reconcile {one.call.key[:12]} --sent, or --not-sent"
        case "scheduled" | "failed" if review_id:
            return f"compound review resume {review_id[:10]}"
        case _:
            return ""
