"""What a project learns from decisions: examples, and how many planted faults its reviewers catch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from compound.errors import DataError, choices
from compound.project.review.learning.canaries import CanaryReport, plant_due
from compound.project.review.sight.desk import ReviewDesk
from compound.review.feedback.examples import KINDS, Kind, row_of
from compound.review.stored.machine import UNDECIDED

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.project.review.upkeep import Swept
    from compound.review.stored.types import Decision, Review

LEAVINGS: Final = ("rubber-stamps", "unseen")


class ReviewFeedback(ReviewDesk):
    """The part of the review service that learns from decisions."""

    def export(
        self,
        kind: Kind,
        *,
        since: float | None = None,
        queues: Sequence[str] = (),
        without: Sequence[str] = (),
        canaries: bool = False,
        left_out: Counter[str] | None = None,
    ) -> Iterator[dict[str, JsonValue]]:
        """Decisions of people as rows for suites and trainers, oldest first.

        Decisions that were undone, that a rule made, or whose content a policy removed have no row. Every row says
        which review, run and person it comes from, and whether it is a rubber stamp.

        Args:
            kind: `eval`: cases of a suite; `sft`: chats with the final text; `dpo`: the final text preferred to the
                draft, where they differ.
            since: Only decisions at or after this time, UTC seconds.
            queues: Only reviews of these queues; empty: of all.
            without: `rubber-stamps`: approved unedited, faster than a person can read; `unseen`: decided by a person
                to whom the draft was never shown.
            canaries: Whether `eval` has canaries too. They are never training examples.
            left_out: Counts, by reason, decisions that have no row.

        Raises:
            DataError: `review.bad-export`: an unknown kind, or canaries as training examples.
        """
        _require_possible(kind, without, canaries=canaries)
        return self._exported(
            kind, since, queues, frozenset(without), Counter() if left_out is None else left_out, canaries=canaries
        )

    def _exported(
        self,
        kind: Kind,
        since: float | None,
        queues: Sequence[str],
        without: frozenset[str],
        left_out: Counter[str],
        *,
        canaries: bool,
    ) -> Iterator[dict[str, JsonValue]]:
        from compound.review.feedback.judged import judged_drafts

        state = self._project.resources.state
        for judged in judged_drafts(state, since=since, queues=queues, with_canaries=canaries):
            if "rubber-stamps" in without and judged.is_rubber_stamp:
                left_out["they are rubber stamps"] += 1
                continue
            if "unseen" in without and judged.shown_at is None:
                left_out["the draft was not shown to the person who decided"] += 1
                continue
            row = row_of(kind, judged)
            if isinstance(row, str):
                left_out[row] += 1
            else:
                yield row

    def note_shown(self, review: Review, person: str) -> None:
        """Internal: write down when the draft of an open review was first shown to a person."""
        from compound.review.feedback.reading import first_shown, note_shown

        if review.status not in UNDECIDED:
            return
        state, key = self._project.resources.state, (review.review_id, person, review.draft_seq)
        with state.read() as db:
            if first_shown(db, *key) is not None:
                return
        with state.write(durable=False) as db:
            note_shown(db, *key, now=self.queue.now())

    def sweep(self, *, goes_on: bool = True) -> Swept:
        """Process everything that is due, and open a canary where one is due."""
        swept = super().sweep(goes_on=goes_on)
        plant_due(self._project)
        return swept

    def keep_up(self) -> Sequence[str]:
        """Internal: process everything that is due but decided runs, and open a canary where one is due."""
        due = super().keep_up()
        plant_due(self._project)
        return due

    def canaries(self, *, queues: Sequence[str] = ()) -> CanaryReport:
        """Internal: how many planted faults each reviewer and all caught, with Wilson intervals.

        Args:
            queues: Only canaries of these queues; empty: of all.
        """
        from compound.review.feedback.canaries import decided_canaries, waiting_canaries

        with self._project.resources.state.read() as db:
            decided, waiting = decided_canaries(db, queues=queues), waiting_canaries(db, queues=queues)
        return CanaryReport.of(decided, waiting)

    def _score(self, decision: Decision) -> None:
        """Store a person's decision as a score of its run, beside the scores of suites."""
        from compound.trace.recorder import trace_id_of

        if decision.actor.startswith("policy:"):
            return
        self._project.resources.recorder.score(
            trace_id=trace_id_of(decision.run_id),
            run_id=decision.run_id,
            name="review.approved_unedited",
            value=float(decision.action == "approve" and not decision.draft.given),
            label=decision.action,
            explanation=decision.reason,
            source="HUMAN",
        )


def _require_possible(kind: str, without: Sequence[str], *, canaries: bool) -> None:
    if kind not in KINDS:
        raise DataError("review.bad-export", f"{kind!r} is not a kind of export", fix=choices(list(KINDS), kind))
    for one in without:
        if one not in LEAVINGS:
            what = f"{one!r} cannot be left out"
            raise DataError("review.bad-export", what, fix=choices(list(LEAVINGS), one))
    if canaries and kind != "eval":
        what = "canaries have planted faults, so they are never training examples"
        raise DataError("review.bad-export", what, fix="leave them out, or export --kind eval")
