"""Reviews from the command line: read what waits, decide, let the run go on once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

from compound.errors import CompoundError, DataError
from compound.project._ports import action_record, proposed
from compound.project._views import Decided, ItemRow, ItemView

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph import RunResult
    from compound.project._project import Project
    from compound.review import Action, Decision, Edit, ItemSummary, ReviewItem, ReviewQueue

REASONS = ("wrong_fact", "unsupported", "policy", "tone", "other")


class ReviewService:
    """The queue of a project, with runs that go on after a decision."""

    def __init__(self, project: Project) -> None:
        self._project = project

    @property
    def queue(self) -> ReviewQueue:
        """The queue itself."""
        return self._project.services.queue

    def list(self, *, status: str | None = None, include_decided: bool = False, limit: int = 50) -> list[ItemRow]:
        """Items of the queue by urgency; undecided ones unless asked otherwise."""
        from compound.review import UNDECIDED, ItemFilter, Status

        if status is not None and status not in {one.value for one in Status}:
            names = ", ".join(one.value for one in Status)
            raise DataError("review.unknown-status", f"no status {status!r}", fix=f"choices: {names}")
        wanted = (Status(status),) if status else () if include_decided else tuple(sorted(UNDECIDED))
        now = time.time()
        return [self._row(item, now) for item in self.queue.list(ItemFilter(statuses=wanted, limit=limit))]

    def _row(self, item: ItemSummary, now: float) -> ItemRow:
        shown = self.queue.show(item.item_id)
        return ItemRow(
            item_id=item.item_id,
            short_id=item.item_id[:10],
            ticket_id=item.ticket_id or "",
            status=item.status.value,
            age=_age(now - item.created_at),
            subject=str(shown.ticket.get("subject") or shown.ticket.get("body") or "")[:50],
            reasons=item.reasons,
            version=item.version,
        )

    def show(self, item_id: str) -> ItemView:
        """One item, by its id, the beginning of its id, or its ticket's id."""
        item = self.find(item_id)
        decisions = tuple(
            {"action": one.action, "actor": one.actor, "at": one.decided_at, "reason": one.reason}
            for one in self.queue.decisions(item.item_id)
        )
        return ItemView(
            item_id=item.item_id,
            version=item.version,
            status=item.status.value,
            ticket=item.ticket,
            draft=item.draft.text,
            actions=tuple(action_record(action) for action in item.draft.actions),
            reasons=item.reasons,
            evidence=item.evidence,
            decisions=cast("tuple[dict[str, JsonValue], ...]", decisions),
            stale=str((item.stale_reason or {}).get("what") or ""),
        )

    def find(self, item_id: str) -> ReviewItem:
        """The item that an id, the beginning of one, or a ticket id names.

        Raises:
            DataError: `review.unknown-item`, `review.ambiguous-item`.
        """
        from compound.review import ItemFilter

        items = self.queue.list(ItemFilter(limit=100_000))
        found = [one.item_id for one in items if one.item_id.startswith(item_id) or one.ticket_id == item_id]
        if len(found) != 1:
            code = "review.ambiguous-item" if found else "review.unknown-item"
            what = f"{len(found)} items begin with {item_id!r}" if found else f"there is no item {item_id!r}"
            raise DataError(code, what, fix="compound review list --all shows them")
        return self.queue.show(found[0])

    def decide(
        self,
        item_id: str,
        action: Action,
        *,
        user: str,
        version: int | None = None,
        edits: Edit | None = None,
        reason: str = "",
    ) -> Decided:
        """Decide, and let the run go on: effects happen once, or the item comes back and says why not.

        Raises:
            ConflictError: somebody else decided first, or the rows changed; the message says who and what.
        """
        if action == "reject" and reason not in REASONS:
            raise DataError("review.unknown-reason", f"no reason {reason!r}", fix=f"choices: {', '.join(REASONS)}")
        item = self.find(item_id)
        decision = self.queue.decide(
            item.item_id,
            action,
            user=user,
            version=item.version if version is None else version,
            edits=edits,
            reason=reason,
        )
        return self.go_on(decision)

    def go_on(self, decision: Decision) -> Decided:
        """Resume the run of a decision, once; a refused effect brings the item back to the queue."""
        claim = self.queue.claim_resume(decision.item_id)
        if self._project.run_record(decision.run_id) is None:
            # A compiled graph: whoever runs it resumes it with this decision.
            self.queue.finish_resume(claim)
            return Decided(
                item_id=decision.item_id,
                action=decision.action,
                actor=decision.actor,
                run_status="resumed by its caller",
                ok=True,
                details={"decision_id": decision.decision_id},
            )
        try:
            result = self._project.resume(decision.run_id)
        except CompoundError as error:
            self.queue.finish_resume(claim, error=_record(error), retry=True)
            raise
        error = result.error
        self.queue.finish_resume(claim, error=_record(error) if error else None)
        if error is not None and error.code.startswith("effect."):
            self.queue.reopen(decision.item_id, error)
        return _decided(decision, result)


def edits_of(*, text: str | None, actions: str | None) -> Edit:
    """What a person changed, from the command line.

    Raises:
        DataError: `review.bad-edit`: nothing changed, or the actions are no JSON list of `{name, arguments}`.
    """
    import orjson

    from compound.review import Edit

    if text is None and actions is None:
        raise DataError("review.bad-edit", "nothing is edited", fix="give --text, --text-file or --actions")
    if actions is None:
        return Edit(text=text)
    try:
        records = orjson.loads(actions)
    except orjson.JSONDecodeError as error:
        raise DataError(
            "review.bad-edit", f"--actions is not JSON: {error}", fix="a list of {name, arguments}"
        ) from error
    if not isinstance(records, list):
        raise DataError("review.bad-edit", "--actions is no list", fix="a list of {name, arguments}")
    return Edit(text=text, actions=tuple(proposed(record) for record in cast("list[JsonValue]", records)))


def _decided(decision: Decision, result: RunResult) -> Decided:
    effects = [
        effect
        for name in ("apply", "send")
        for effect in cast("list[dict[str, JsonValue]]", result.values.get(name) or [])
    ]
    return Decided(
        item_id=decision.item_id,
        action=decision.action,
        actor=decision.actor,
        run_status=result.status,
        ok=result.status == "done",
        effects=tuple({"name": one["name"], "status": one["status"]} for one in effects),
        problem=str(result.error) if result.error else "",
    )


def _record(error: CompoundError) -> dict[str, JsonValue]:
    return cast("dict[str, JsonValue]", error.to_json())


def _age(seconds: float) -> str:
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"
