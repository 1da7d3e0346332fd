"""Reports of the review commands; plain values that print as text or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypedDict

from compound.project.review.conversation_lines import conversation_lines
from compound.project.review.offers import effects_json, next_steps, offer_lines
from compound.project.review.shown_fields import ReviewFields
from compound.project.review.shown_history import (
    ENDED,
    canary_lines,
    decided_lines,
    decision_line,
    decision_record,
    ended_record,
    pending_lines,
    pending_record,
)
from compound.project.review.shown_lines import (
    backlog_item_lines,
    comment_lines,
    context_lines,
    done_lines,
    effect_lines,
)
from compound.project.review.shown_reasons import why_a_person
from compound.project.view.evidence import evidence_lines
from compound.project.view.times import age, moment
from compound.review.stored.call_json import call_to_json
from compound.review.stored.lists import LOOK, READY
from compound.review.stored.offer import shown_offer

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.effect.types import EffectResult
    from compound.review.stored.lists import ReviewEvent, ReviewSummary
    from compound.review.stored.types import Decision, DraftVersion, Review


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow:
    """A row of the list of reviews.

    Attributes:
        age: Age of the review, for people.
        actions: Names of the proposed actions, as in `show`.
        held_by: Holder of the lease; empty without one.
        held_until: End of the lease, ISO 8601.
        ready: Whether the graph's `auto` rule holds for the draft; None if it has none.
    """

    review_id: str
    short_id: str
    item_id: str
    status: str
    age: str
    subject: str
    reasons: tuple[str, ...]
    actions: tuple[str, ...]
    version: int
    queue: str
    created_at: str
    due_at: str | None
    held_by: str
    held_until: str | None
    graph: str = ""
    node: str = ""
    run_id: str = ""
    risk: int = 0
    level: int = 0
    second: tuple[str, ...] = ()
    first_approver: str = ""
    expire_at: str | None = None
    snooze_until: str | None = None
    ready: bool | None = None

    @property
    def draft_state(self) -> str:
        """`ready` or `needs a look`; empty without a rule."""
        return draft_state(self.ready)

    @property
    def asked_by(self) -> str:
        """Graph and node of the review: `support_reply.review`."""
        return f"{self.graph}.{self.node}" if self.graph else self.node

    @classmethod
    def of(cls, review: ReviewSummary, now: float) -> ReviewRow:
        """Internal: the row of a review."""
        is_held = review.lease_user is not None and (review.lease_until or 0.0) > now
        return cls(
            review_id=review.review_id,
            short_id=review.review_id[:10],
            item_id=review.item_id or "",
            status="pending" if review.status == "in_review" and not is_held else review.status.value,
            age=age(now - review.created_at),
            subject=review.subject[:50],
            reasons=why_a_person(review, is_ruled=review.ready is not None),
            actions=tuple(action.name for action in review.draft.actions),
            version=review.version,
            queue=review.queue,
            created_at=moment(review.created_at),
            due_at=_moment(review.due_at),
            held_by=review.lease_user or "" if is_held else "",
            held_until=moment(review.lease_until or 0.0) if is_held else None,
            graph=review.graph_name or "",
            node=review.node,
            run_id=review.run_id,
            risk=review.risk,
            level=review.level,
            second=review.second,
            first_approver=review.first_approver or "",
            expire_at=_moment(review.expire_at),
            snooze_until=_moment(review.snooze_until),
            ready=review.ready,
        )


def _moment(at: float | None) -> str | None:
    return None if at is None else moment(at)


class _Deadlines(TypedDict):
    due_at: str | None
    expire_at: str | None
    on_expire: str
    escalate_to: str
    snooze_until: str | None


def _deadlines(review: Review) -> _Deadlines:
    """When something happens to a review that nobody decides, and what; empty for what never happens."""
    is_escalated = review.expire_at is not None and review.on_expire == "escalate"
    return {
        "due_at": _moment(review.due_at),
        "expire_at": _moment(review.expire_at),
        "on_expire": "" if review.expire_at is None else review.on_expire,
        "escalate_to": review.escalate_to or review.queue if is_escalated else "",
        "snooze_until": _moment(review.snooze_until),
    }


def draft_state(ready: bool | None) -> str:
    """`ready` or `needs a look`; empty without a rule."""
    return "" if ready is None else READY if ready else LOOK


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView(ReviewFields):
    """A review with everything needed for a decision, for people."""

    @classmethod
    def of(
        cls,
        review: Review,
        decisions: Sequence[Decision],
        drafts: Sequence[DraftVersion],
        events: Sequence[ReviewEvent] = (),
    ) -> ReviewView:
        """Internal: build the view of a review with its decisions and drafts."""
        is_held = review.is_held(datetime.now(UTC).timestamp())
        return cls(
            review_id=review.review_id,
            version=review.version,
            status="pending" if review.status == "in_review" and not is_held else review.status.value,
            queue=review.queue,
            run_id=review.run_id,
            item=review.item,
            name=review.item_id or "",
            title=review.title,
            draft=review.draft.text,
            actions=tuple(call_to_json(action) for action in review.draft.actions),
            reasons=why_a_person(review, is_ruled=review.readiness is not None),
            evidence=review.evidence,
            refs=review.refs,
            created_at=moment(review.created_at),
            held_by=review.lease_user or "" if is_held else "",
            held_until=moment(review.lease_until or 0.0) if is_held else None,
            offers=shown_offer(review.decide),
            fields=review.draft.fields,
            effects=effects_json(review.draft),
            ready=None if review.readiness is None else review.readiness.ready,
            audit=review.readiness is not None and review.readiness.audit,
            decisions=tuple(decision_record(one, events) for one in decisions),
            pending=pending_record(review, decisions),
            ended=ended_record(review, events),
            drafts=tuple(_draft(one) for one in drafts),
            stale=str((review.stale_reason or {}).get("what") or ""),
            pruned_at=_moment(review.pruned_at),
            graph=review.graph_name or "",
            node=review.node,
            returns=review.returns,
            level=review.level,
            risk=review.risk,
            **_deadlines(review),
            second=review.second,
            first_approver=review.first_approver or "",
            undo_s=review.undo_s,
        )

    def text(self, *, commands: bool = True) -> str:
        """The review as text: source item, proposal, reasons and evidence; then the commands that decide it."""
        lines = [*self._lines(), *(("", *self._next()) if commands else ())]
        return "\n".join(lines)

    def _lines(self) -> Iterator[str]:
        state = draft_state(self.ready)
        yield f"review {self.review_id}  version {self.version}  {self.status}{f'  {state}' if state else ''}"
        yield from context_lines(self)
        if self.held_by:
            yield f"held by {self.held_by} until {self.held_until}"
        if self.assigned_to:
            yield f"assigned to {self.assigned_to}"
        if self.stale:
            yield f"stale: {self.stale}"
        if self.pruned_at:
            yield f"pruned: item, drafts and evidence were removed on {self.pruned_at} by policy"
            yield from self._history()
            return
        yield from backlog_item_lines(self)
        yield from conversation_lines(self)
        yield from comment_lines(self)
        if self.reasons:
            yield from ("", "why a person:", *(f"  - {reason}" for reason in self.reasons))
        yield from pending_lines(self)
        yield from done_lines(self)
        yield from (
            decided_lines(self)
            if self.status in ENDED
            else offer_lines(self.offers, self.effects, self.fields, self.done, first=self._chosen)
        )
        yield from ("", "evidence (complete with --json):", *evidence_lines(self._evidence))
        yield from self._history()

    @property
    def _evidence(self) -> Mapping[str, JsonValue]:
        """Evidence that is not shown above."""
        return {name: value for name, value in self.evidence.items() if value != self.item}

    @property
    def _chosen(self) -> str:
        """The action that needs a second approver; empty if none does."""
        return "" if self.pending is None else str(self.pending["action"])

    def _history(self) -> Iterator[str]:
        yield from (decision_line(one) for one in self.decisions)
        yield from effect_lines(self)
        shown = self.drafts[-1]["text"] if self.drafts else None
        for one in self.drafts:
            author = str(one["author"])
            if one["text"] and author != "graph" and not author.startswith("policy:") and one["text"] != shown:
                yield f"kept: the text of {author}, draft {one['seq']} (use it: edit --draft {one['seq']}):"
                yield from (f"  {line}" for line in str(one["text"]).splitlines())

    def _next(self) -> Iterator[str]:
        name = self.review_id[:10]
        if self.status == "stale":
            yield f"next: compound review redraft {name}"
        elif self.status in ("pending", "in_review", "awaiting_second"):
            steps = next_steps(self.offers, self.fields, name, self.version)
            if self.pending is not None:
                agree = str(self.pending["agree"])
                steps = [agree, *(one for one in steps if not one.startswith(agree))]
            yield from (f"{'next:' if number == 0 else '     '} {step}" for number, step in enumerate(steps))


UNDOABLE: Final = "waits: the decision can still be undone"
"""State of a run whose decision can still be undone."""
BY_CALLER: Final = "resumed by its caller"
"""State of a run started by langgraph or another program."""


CANARY: Final = "not resumed: the review was a canary"
"""State of the run of a canary."""
ELSEWHERE: Final = "resuming in another process"
"""Status of a run that another process resumes."""
STORED: Final = "resuming"
"""Status of a run whose decision is stored and that the caller resumes."""

ANOTHER: Final = "waiting for another person"
"""State of a run whose decision needs a second person or the next level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The outcome of a decision.

    Attributes:
        decision_id: Id for callers that resume the run themselves: `Command(resume={"decision_id": ...})`.
        run_status: Status of the run; `waiting for another person` after an approval that needs a second one.
        ok: Whether nothing is left to do.
        effects: Name, status and error of each effect.
        is_back: Whether an effect was refused and the review is open again.
        problem: Why it is not ok.
        undo_until: Until when the decision can be undone, ISO 8601; no effect runs before.
        agree: The command for the second approver; empty if none is needed.
        canary: What was planted, if the review was a canary; None for any other.
    """

    review_id: str
    decision_id: str
    action: str
    actor: str
    run_status: str
    ok: bool
    effects: tuple[Mapping[str, JsonValue], ...] = ()
    is_back: bool = False
    problem: str = ""
    undo_until: str | None = None
    agree: str = ""
    canary: Mapping[str, JsonValue] | None = None
    details: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])

    @classmethod
    def of(
        cls,
        decision: Decision,
        run_status: str,
        *,
        effects: Sequence[EffectResult] = (),
        problem: str = "",
        is_back: bool = False,
        undo_until: str | None = None,
    ) -> Decided:
        """Internal: build the outcome of a decision."""
        return cls(
            review_id=decision.review_id,
            decision_id=decision.decision_id,
            action=decision.action,
            actor=decision.actor,
            run_status=run_status,
            ok=run_status != "failed" and not is_back,
            effects=tuple(
                {"name": one.call.name, "status": one.status.value, "error": (one.error or {}).get("what")}
                for one in effects
            ),
            problem=problem,
            is_back=is_back,
            undo_until=undo_until,
        )

    def text(self) -> str:
        """The outcome as text."""
        lines = [f"{self.action} by {self.actor}: run {self.run_status}"]
        if self.run_status == BY_CALLER:
            lines.append(f"  resume it with decision {self.decision_id}")
        lines += [f"  {effect.get('name')}: {effect.get('status')}" for effect in self.effects]
        lines += canary_lines(self.canary)
        if self.problem:
            lines.append(f"  {self.problem}")
        name = self.review_id[:10]
        if self.agree:
            lines.append(f"  another person (not {self.actor}) agrees with: {self.agree}")
        if self.undo_until:
            lines.append(f"  no effect runs before {self.undo_until}; to undo: compound review undo {name}")
            lines.append(f"  after that, resume it with: compound review resume {name}, or compound review sweep")
        if self.is_back:
            lines.append(f"the review is open again: compound review redraft {name}")
        elif not self.ok:
            lines.append(f"the decision is stored; once the problem is fixed: compound review resume {name}")
        return "\n".join(lines)


def _draft(one: DraftVersion) -> Mapping[str, JsonValue]:
    return {
        "seq": one.seq,
        "author": one.author,
        "text": one.draft.text,
        "actions": [call_to_json(action) for action in one.draft.actions],
        "fields": dict(one.draft.fields),
        "at": moment(one.created_at),
    }
