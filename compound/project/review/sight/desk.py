"""What a person at a review sees and adds beside deciding: what a decision would do, comments, assignments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compound.project.decision.done import canonical_of, done_of, effects_of
from compound.project.review.shown_effects import left_of
from compound.project.review.sight.foreseen import ForeseenDecision, before_it_was_done, foreseen_effects, letter_in
from compound.project.review.sight.grounds import Ground, Query, grounds_of, queries_of
from compound.project.review.upkeep import ReviewUpkeep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import JsonValue

    from compound.connector.target import EffectCall
    from compound.effect.outbox import Outbox
    from compound.project.review.shown import ReviewView
    from compound.review.feedback.canaries import Canary
    from compound.review.stored.types import Action, Review


class ReviewDesk(ReviewUpkeep):
    """The part of the review service for people who look at one review."""

    @property
    def _outbox(self) -> Outbox:
        return self._project.services.outbox.outbox

    def comment(self, review_id: str, text: str, *, user: str) -> ReviewView:
        """Comment on a review; people see it, customers and models do not.

        Raises:
            DataError: `review.no-text`.
        """
        item = self.find(review_id)
        self.queue.desk.comment(item.review_id, user, text)
        return self._view(item)

    def assign(self, review_id: str, *, user: str, to: str) -> ReviewView:
        """Say who should decide a review; empty: anybody. `claim_next` of others then leaves it out.

        Raises:
            ConflictError: `review.actor`: only people are assigned.
        """
        item = self.find(review_id)
        self.queue.desk.assign(item.review_id, user, to)
        return self._view(item)

    def foresee(
        self, review_id: str | Review, action: Action, *, user: str, fields: Mapping[str, JsonValue] | None = None
    ) -> ForeseenDecision:
        """Internal: what a decision would do to the present data; nothing is stored or sent.

        Args:
            review_id: As for `find`; a review is not read again.
            action: An action of the review's offer.
            user: The person who would decide.
            fields: Declared fields that the person changes; the decision is then rehearsed on its graph.

        Raises:
            DataError: The fields are not valid, or the decision is not possible with them.
        """
        item = self.find(review_id)
        calls, redrafted = item.draft.effects.get(action, ()), None
        undo_s = item.undo_s.get(action, 0.0)
        if fields:
            found = self.queue.rehearse(item.review_id, action, user=user, fields=fields)
            again = found.again
            calls = (found.draft if again is None else again.draft).effects.get(action, ())
            redrafted = None if again is None else again.draft.text
            undo_s = undo_s if found.undo_s is None else found.undo_s.get(action, 0.0)
        left = self._left(item, calls)
        origin = self._origin(item)
        record = self._project.run_record(origin)
        effects = foreseen_effects(
            self._project,
            left,
            graph_hash="" if record is None else record.graph_hash,
            queue=item.queue,
            user=user,
        )
        return ForeseenDecision(
            action=action,
            effects=effects if origin == item.run_id else tuple(map(before_it_was_done, effects)),
            text=letter_in(self._project, left),
            redrafted=redrafted,
            undo_s=undo_s,
            fields=dict(fields or {}),
        )

    def _origin(self, item: Review) -> str:
        """The run that made the draft of a review; of a canary, the one of the review that it copies."""
        canary = self.canary_of(item.review_id)
        return item.run_id if canary is None else canary.source_run_id

    def canary_of(self, review_id: str) -> Canary | None:
        """Internal: the canary of a review id; None for any other review."""
        from compound.review.feedback.canaries import find_canary

        with self._project.resources.state.read() as db:
            return find_canary(db, review_id)

    def _left(self, item: Review, calls: Sequence[EffectCall]) -> list[EffectCall]:
        """The effects that were not done for the review yet."""
        done = done_of(effects_of(self.queue, self._outbox, item))
        return left_of(calls, done, canonical_of(self._project.resources.parts.effects)) if done else list(calls)

    def grounds(self, review_id: str | Review) -> Mapping[str, Ground]:
        """Internal: name of a piece of evidence to where it comes from; empty if the graph of the run is not known."""
        item = self.find(review_id)
        return grounds_of(self._project, item.node, self._origin(item))

    def queries(self, review_id: str) -> Mapping[str, Query]:
        """Internal: name of a piece of evidence to the query that made it, as it ran; from the trace of the run."""
        item = self.find(review_id)
        ran = queries_of(self._project, self._origin(item))
        named = grounds_of(self._project, item.node, self._origin(item))
        return {name: ran[one.node] for name, one in named.items() if one.node in ran}

    def argument_schema(self, effect: str) -> Mapping[str, JsonValue] | None:
        """JSON Schema of the arguments of an effect; None if the project has no such effect."""
        found = self._project.resources.parts.effects.get(effect)
        return None if found is None else found.schema
