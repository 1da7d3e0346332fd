"""Effects of runs, for people: how each stands, and what becomes of one whose end nobody knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compound.errors import DataError, choices

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.effect._outbox import Outbox
    from compound.effect._types import EffectResult
    from compound.project.running.opened import OpenedProject


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectView:
    """How an effect stands.

    Attributes:
        key: Names it for ever; its beginning is enough for commands.
        item_id: The review item whose decision it carries out; empty where no person was asked.
        error: Why it was refused or failed, or is unknown.
        next: The command that goes on; empty when there is nothing to do.
    """

    key: str
    effect: str
    target: str
    status: str
    run_id: str
    node: str
    item_id: str
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
        """Effects, the newest first.

        Raises:
            DataError: `effect.unknown-status`.
        """
        from compound.effect._types import EffectStatus

        known = [one.value for one in EffectStatus]
        for name in statuses:
            if name not in known:
                raise DataError("effect.unknown-status", f"no status {name!r}", fix=choices(known, name))
        wanted = [EffectStatus(name) for name in statuses]
        return [self._view(one) for one in self._outbox.list(wanted, run_id=run_id, limit=limit)]

    def reconcile(self, key: str, *, happened: bool, user: str, note: str = "") -> Sequence[EffectView]:
        """Say whether an `unknown` effect happened, after a look at its target; its whole group ends so.

        Args:
            key: The effect's key, or its beginning.
            happened: True: it counts as sent. False: it is handed over again when its run goes on.
            user: Who looked.
            note: What they saw; kept with the effect.

        Raises:
            DataError: `effect.unknown-key`.
            ConflictError: `effect.not-unknown`; `review.actor`: only a person may say so.
        """
        from compound.review.decision.desk import need_person

        need_person(user)
        found = self._outbox.resolve(key)
        if len(found) != 1:
            what = f"there is no effect {key!r}" if not found else f"several effects begin with {key!r}"
            raise DataError("effect.unknown-key", what, fix="compound effects list shows them")
        result = self._outbox.reconcile(found[0].effect_key, happened=happened, user=user, note=note)
        return [self._view(one) for one in self._outbox.group(result.group_key)]

    def _view(self, one: EffectResult) -> EffectView:
        item_id = self._project.services.queue.item_of(one.decision_id) or ""
        return EffectView(
            key=one.effect_key,
            effect=one.effect,
            target=one.target,
            status=one.status.value,
            run_id=one.run_id,
            node=one.node,
            item_id=item_id,
            arguments=one.args,
            result=one.result,
            error=str((one.error or {}).get("what") or ""),
            next=_next(one, item_id),
        )


def _next(one: EffectResult, item_id: str) -> str:
    match one.status.value:
        case "unknown":
            return f"compound effects reconcile {one.effect_key[:12]} --sent, or --not-sent"
        case "scheduled" | "failed" if item_id:
            return f"compound review resume {item_id[:10]}"
        case _:
            return ""
