"""The review service: list, claim, decide and redraft reviews; each run is resumed once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast

from compound.errors import CompoundError, ConflictError, DataError, choices
from compound.project.decision.aftermath import reopen_refused
from compound.project.decision.done import done_of, effects_of
from compound.project.review.conversation_lines import conversation_before
from compound.project.review.elsewhere import RESUMED_ELSEWHERE, require_here
from compound.project.review.learning.canaries import canary_record
from compound.project.review.learning.feedback import ReviewFeedback
from compound.project.review.named import named_review
from compound.project.review.shown import (
    ANOTHER,
    BY_CALLER,
    CANARY,
    ELSEWHERE,
    STORED,
    UNDOABLE,
    Decided,
    ReviewRow,
    ReviewView,
)
from compound.project.review.shown_effects import with_effects
from compound.project.review.shown_history import decision_record, pending_record
from compound.project.view.times import moment
from compound.review.decision.heartbeat import kept_alive
from compound.review.decision.resume import RESUME_LEASE_S

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import JsonValue

    from compound.graph import RunResult
    from compound.project.running.opened import OpenedProject
    from compound.review import Edit, ReviewFilter
    from compound.review.feedback.canaries import Canary
    from compound.review.queue.queue import ReviewQueue
    from compound.review.stored.types import Action, Decision, Review

CLAIM_S = 900.0
"""Lease of a claim from a terminal, which sends no heartbeat, in seconds."""


class ReviewService(ReviewFeedback):
    """The review queue of a project; runs are resumed after a decision."""

    def __init__(self, project: OpenedProject) -> None:
        """Internal: `Project.reviews` makes it."""
        self._project = project
        self.lease_s = RESUME_LEASE_S
        self._ended = set()

    @property
    def queue(self) -> ReviewQueue:
        """Internal: the queue itself."""
        return self._project.services.queue

    def list(self, where: ReviewFilter | None = None) -> Sequence[ReviewRow]:
        """Reviews by urgency; open ones by default. Due work is processed first."""
        from compound.review import ReviewFilter
        from compound.review.stored.machine import UNDECIDED

        self.sweep(goes_on=False)
        now = self._project.resources.clock()
        return [
            ReviewRow.of(review, now) for review in self.queue.list(where or ReviewFilter(statuses=tuple(UNDECIDED)))
        ]

    def counts(self) -> dict[str, int]:
        """Number of reviews by status."""
        return {status.value: number for status, number in self.queue.counts().items()}

    def show(self, review_id: str, *, to: str = "") -> ReviewView:
        """A review, by its id, a prefix of it, or the id of its source item.

        Args:
            review_id: As for `find`.
            to: The person who reads it now; when an open review was first shown is part of what is learned from it.
        """
        review = self.find(review_id)
        if to:
            self.note_shown(review, to)
        return self._view(review)

    def _view(self, review: Review) -> ReviewView:
        queue = self.queue
        view = ReviewView.of(
            review, queue.decisions(review.review_id), queue.drafts(review.review_id), queue.events(review.review_id)
        )
        if review.status == "decided":
            decision_id = queue.decisions(review.review_id)[-1].decision_id
            until, left = queue.undo_until(decision_id), queue.not_carried_out(decision_id)
            view = replace(
                view,
                undo_until=None if until is None else moment(until),
                resuming=None if left is None else {"attempts": left[0], "error": left[1]},
            )
        assigned = queue.desk.assignment(review.review_id)
        canary = self.canary_of(review.review_id)
        view = replace(
            view,
            conversation=conversation_before(
                self._project.resources, review.run_id if canary is None else canary.source_run_id
            ),
            canary=None if canary is None or canary.decided_at is None else canary_record(canary),
            assigned_to="" if assigned is None else assigned.assignee,
            comments=tuple(
                {"author": one.author, "at": moment(one.at), "text": one.text}
                for one in queue.desk.comments(review.review_id)
            ),
        )
        effects = effects_of(queue, self._outbox, review)
        return with_effects(view, review, effects, self._project.resources.parts.effects) if effects else view

    def find(self, named: str | Review) -> Review:
        """Internal: find a review by its id, a prefix of it, or the id of its source item; of several, the open one.

        A review is returned as it is.

        Raises:
            DataError: `review.unknown`, `review.ambiguous`.
        """
        return named_review(self.queue, named) if isinstance(named, str) else named

    def claim(self, review_id: str, *, user: str, lease_s: float = CLAIM_S, takeover: bool = False) -> ReviewView:
        """Claim a review, so that nobody else can decide it.

        Raises:
            ConflictError: `review.claimed`: another user holds it; `review.decided`, `review.transition`.
        """
        review = self.find(review_id)
        claimed = self.queue.claim(review.review_id, user, lease_s=lease_s, takeover=takeover)
        self.note_shown(claimed, user)
        return self._view(claimed)

    def claim_next(self, *, user: str, queue: str | None = None, lease_s: float = CLAIM_S) -> ReviewView | None:
        """Claim the most urgent unclaimed review; None if there is none."""
        self.sweep(goes_on=False)
        review = self.queue.claim_next(user, queue=queue, lease_s=lease_s)
        if review is None:
            return None
        self.note_shown(review, user)
        return self._view(review)

    def release(self, review_id: str, *, user: str) -> ReviewView:
        """Release a review.

        Raises:
            ConflictError: `review.lease-lost`: the user does not hold it.
        """
        return self._view(self.queue.release(self.find(review_id).review_id, user))

    def decide(  # noqa: PLR0913 - one call: what, who, which version, why
        self,
        review_id: str,
        action: Action,
        *,
        user: str,
        version: int | None = None,
        fields: Mapping[str, JsonValue] | None = None,
        edits: Edit | None = None,
        reason: str = "",
        note: str = "",
        goes_on: bool = True,
        key: str | None = None,
    ) -> Decided:
        """Decide a review and resume its run: effects run once, or the review is reopened with the reason.

        Repeating the same decision by the same person resumes after a crash.

        Args:
            review_id: As for `find`.
            action: An action of the review's offer, or `return`, `escalate`.
            user: The deciding user.
            version: The version that was read; None: the current one.
            fields: Declared fields of the action, by name. Fields with a shown value may be left out.
            edits: The fields `text` and `actions`.
            reason: The field `reason`.
            note: Free text; for `return` the required instruction.
            goes_on: False: only store the decision; `resume` goes on, in this process or another.
            key: Names the request: repeated with the same key, it returns the decision that it made.

        Raises:
            ConflictError: another user was first, or the rows changed; the message says who and what.
                `review.drafted-again`: not decided; the edit led to a new draft.
            DataError: `review.not-offered`, `review.missing-field`, `review.edit`, `review.text-needed`, `policy.*`:
                the decision is not valid and is not stored.
        """
        review = self.find(review_id)
        if action == "return":
            self._require_returnable(review, note, self.canary_of(review.review_id))
        require_here(self._project, review.run_id)
        given = {**(edits.to_fields() if edits else {}), **({"reason": reason} if reason else {}), **(fields or {})}
        read = review.version if version is None else version
        ask = partial(self.queue.decide, review.review_id, action, user=user, version=read)
        try:
            decision = ask(fields=given, note=note, idempotency_key=key)
        except ConflictError as error:
            decision = self._unfinished(review.review_id, action, user) if error.code == "review.decided" else None
            if decision is None:
                raise
        return self._gone_on(decision) if goes_on else self._not_yet(decision) or Decided.of(decision, STORED)

    def _require_returnable(self, review: Review, note: str, canary: Canary | None) -> None:
        """Raise unless the review's graph can draft again, and is told how."""
        if canary is None and self._project.run_record(review.run_id) is None:
            what = f"the run of review {review.review_id} belongs to another program, which cannot draft again"
            raise ConflictError("review.no-return", what, fix="reject or edit it")
        if not note.strip():
            what = "return needs an instruction for the new draft"
            raise DataError("review.no-instruction", what, fix="--instruction TEXT")

    def _gone_on(self, decision: Decision) -> Decided:
        """Resume the run, unless another process does."""
        try:
            return self.go_on(decision)
        except ConflictError as error:
            if error.code not in RESUMED_ELSEWHERE:
                raise
            return Decided.of(decision, ELSEWHERE)

    def _unfinished(self, review_id: str, action: Action, user: str) -> Decision | None:
        if review_id not in self.queue.open_resumes():
            return None
        decision = self.queue.decisions(review_id)[-1]
        return decision if (decision.actor, decision.action) == (user, action) else None

    def go_on(self, decision: Decision) -> Decided:
        """Internal: resume the run of a decision, once; a refused effect reopens the review.

        Other failures keep the decision: `resume` retries, and no effect runs twice.
        """
        if (waits := self._not_yet(decision)) is not None:
            return waits
        require_here(self._project, decision.run_id)
        if self.queue.show(decision.review_id).status == "decided":
            review = self.queue.recall(decision.review_id)
            if review.status == "stale":
                return self._back(decision, review)
        claim = self.queue.claim_resume(decision.review_id, lease_s=self.lease_s)
        if claim.attempts == 1:  # from here on it cannot be undone
            self._score(decision)
        if self._project.run_record(decision.run_id) is None:
            # A compiled graph: the program that runs it resumes it with this decision.
            self.queue.finish_resume(claim)
            return Decided.of(decision, BY_CALLER)
        interrupted: dict[str, JsonValue] = {"code": "review.interrupted", "what": "the process was stopped", "fix": ""}
        try:
            with kept_alive(lambda: self.queue.renew_resume(claim, lease_s=self.lease_s), every_s=self.lease_s / 4):
                result = self._resumed(decision)
        except BaseException as error:
            told = _record(error) if isinstance(error, CompoundError) else interrupted
            self.queue.finish_resume(claim, error=told, retry=True)
            raise
        error = result.error
        reopened = reopen_refused(self.queue, self._outbox, decision.run_id) if error else ()
        self.queue.finish_resume(claim, error=_record(error) if error else None, retry=not reopened)
        return self._decided(decision, result, is_back=bool(reopened))

    def _not_yet(self, decision: Decision) -> Decided | None:
        """Why nothing is done yet: it was a canary, a second person must agree, or it can be undone; else None."""
        if (canary := self.canary_of(decision.review_id)) is not None:
            return replace(Decided.of(decision, CANARY), canary=canary_record(canary))
        if not decision.final:
            pending = pending_record(self.queue.show(decision.review_id), [decision])
            return replace(Decided.of(decision, ANOTHER), agree="" if pending is None else str(pending["agree"]))
        if (until := self.queue.undo_until(decision.decision_id)) is not None:
            return Decided.of(decision, UNDOABLE, undo_until=moment(until))
        return None

    def _back(self, decision: Decision, review: Review) -> Decided:
        """A decision that was recalled: nothing was done."""
        what = f"nothing was done: {(review.stale_reason or {}).get('what')}"
        return Decided.of(decision, "waiting_review", problem=what, is_back=True)

    def _resumed(self, decision: Decision) -> RunResult:
        if decision.action == "return":
            return self._project.redraft(decision.run_id, decision.node)
        return self._project.resume(decision.run_id)

    def _decided(self, decision: Decision, result: RunResult, *, is_back: bool) -> Decided:
        return self._told(decision, result.status, problem=str(result.error or ""), is_back=is_back)

    def _told(self, decision: Decision, run_status: str, *, problem: str, is_back: bool) -> Decided:
        review = self.queue.show(decision.review_id)
        effects = effects_of(self.queue, self._outbox, review)
        own = [one for one in effects if one.decision_id == decision.decision_id]
        before = [one for one in effects if one.decision_id != decision.decision_id]
        refused = str((review.stale_reason or {}).get("what") or "") if is_back else ""
        told, done = refused or problem, [*done_of(before), *own]
        return Decided.of(decision, run_status, effects=done, problem=told, is_back=is_back)

    def outcome(self, review_id: str, decision_id: str) -> Decided:
        """What a decision has led to until now; `run_status` is `resuming` while its run has yet to go on.

        Raises:
            DataError: `review.unknown-decision`.
        """
        review = self.find(review_id)
        made = {one.decision_id: one for one in self.queue.decisions(review.review_id)}
        if decision_id not in made:
            what = f"review {review.review_id} has no decision {decision_id!r}"
            raise DataError("review.unknown-decision", what, fix=choices(list(made), decision_id))
        decision = made[decision_id]
        if (waits := self._not_yet(decision)) is not None:
            return waits
        status, error = self.queue.resumption(decision_id) or ("cancelled", "")
        if status in ("pending", "running"):
            return replace(Decided.of(decision, STORED, problem=error), ok=not error)
        if status == "cancelled":
            return Decided.of(decision, "waiting_review", problem=self._taken_back(review, decision), is_back=True)
        record = self._project.run_record(decision.run_id)
        is_back = status == "dead" and (review.status != "decided" or list(made)[-1] != decision_id)
        run_status = BY_CALLER if record is None else "failed" if error and not is_back else record.status
        return self._told(decision, run_status, problem=error, is_back=is_back)

    def _taken_back(self, review: Review, decision: Decision) -> str:
        undone = decision_record(decision, self.queue.events(review.review_id))["undone"]
        return f"undone by {cast('Mapping[str, JsonValue]', undone)['by']}" if undone else "nothing was done"

    def fields(self, review_id: str, action: str, written: Sequence[str]) -> dict[str, JsonValue]:
        """Parse fields of an action from the command line, `card=C-1 amount=40`, by their declared types.

        Raises:
            DataError: `review.bad-field`.
        """
        from compound.review.stored.offer import read_fields

        return read_fields(self.find(review_id).decide, action, written)

    def draft_fields(self, review_id: str, seq: int) -> dict[str, JsonValue]:
        """An earlier draft of a review as fields of an edit.

        Raises:
            DataError: `review.unknown-draft`.
        """
        review = self.find(review_id)
        drafts = {one.seq: one.draft for one in self.queue.drafts(review.review_id)}
        if seq not in drafts:
            known = choices([str(one) for one in drafts])
            raise DataError("review.unknown-draft", f"review {review.review_id} has no draft {seq}", fix=known)
        offered = review.decide.get("edit", {})
        given: dict[str, JsonValue] = {
            name: value for name, value in drafts[seq].given.items() if isinstance(value, str) and name in offered
        }
        return given or {"text": drafts[seq].text}

    def open_resumes(self) -> Sequence[str]:
        """Decided reviews whose run is not resumed and not part of a batch."""
        from compound.batch.ledger import unsettled_runs

        batch = unsettled_runs(self._project.resources.state)
        return [review_id for review_id in self.queue.open_resumes() if self.queue.show(review_id).run_id not in batch]

    def resume(self, review_id: str) -> Decided:
        """Resume a decided review whose process ended or whose effects failed temporarily."""
        review = self.find(review_id)
        decisions = self.queue.decisions(review.review_id)
        if not decisions:
            raise ConflictError("review.undecided", f"review {review.review_id} is {review.status.value}, not decided")
        return self.go_on(decisions[-1])

    def redraft(self, review_id: str, *, user: str) -> ReviewView:
        """Draft a stale review again from current data; it is open with the new draft.

        Drafts that people wrote are kept. Only a person can decide the new draft.

        Raises:
            ConflictError: `review.transition`: it is not stale.
        """
        review = self.find(review_id)
        require_here(self._project, review.run_id)
        review = self.queue.check_stale(review.review_id)
        if review.status != "stale":
            what = f"review {review.review_id} is {review.status.value}: none of its rows has changed"
            raise ConflictError("review.transition", what, fix="approve, edit or reject it")
        result = self._project.redraft(review.run_id, review.node)
        if result.error is not None:
            raise result.error
        review = self.queue.show(review.review_id)
        if result.status == "done" and review.status == "stale":
            why = "the graph no longer asks for a review"
            review = self.queue.withdraw(review.review_id, actor=user, reason=why)
        return self._view(review)


def _record(error: CompoundError) -> dict[str, JsonValue]:
    return cast("dict[str, JsonValue]", error.to_json())
