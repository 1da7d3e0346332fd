"""Runs that answer messages of a conversation: a new message makes reviews of earlier messages stale."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from compound.connector.state.messages import Arrival, Messages, conversation_ref
from compound.errors import ConflictError
from compound.review import ReviewFilter, Status
from compound.review.stored.machine import UNDECIDED

if TYPE_CHECKING:
    from compound.project.open.resources import Resources
    from compound.review.queue.queue import ReviewQueue

_TRIES = 5
"""Attempts to mark a review that others change at the same time; its decision is checked in any case."""


class Conversations:
    """Incoming messages, and the reviews that wait for an answer.

    Args:
        resources: The opened project.
        queue: Its review queue.
    """

    def __init__(self, resources: Resources, queue: ReviewQueue) -> None:
        self._resources = resources
        self._queue = queue
        self._messages = Messages(resources.state)

    def begin(self, run_id: str, arrival: Arrival) -> None:
        """Record that a run answers a message; reviews of earlier messages in its conversation become stale.

        Reviews that wait, and decided ones whose run has not resumed. A decision that is being carried out stands.
        Idempotent: after a crash the same call completes the work.
        """
        self._messages.arrive(arrival, run_id, now=self._resources.clock())
        others = [one.item_id for one in self._messages.of_item(arrival.mailbox, arrival.item_id)]
        if len(others) < 2:
            return
        for other, _ in self._messages.runs(arrival.mailbox, others):
            for review in self._queue.list(ReviewFilter(statuses=(*UNDECIDED, Status.DECIDED), run_id=other)):
                if review.status is Status.DECIDED:
                    self._queue.recall(review.review_id)
                else:
                    self._check(review.review_id)

    def _check(self, review_id: str) -> None:
        for _ in range(_TRIES):
            with suppress(ConflictError):
                self._queue.check_stale(review_id)
                return

    def again(self, run_id: str) -> None:
        """Record that a run is about to be drafted again: the new draft sees the present conversation."""
        self._messages.see(run_id)

    def refs(self, run_id: str) -> Mapping[str, int]:
        """The run's conversation and its number of messages when the run was drafted; empty if it has none."""
        arrived = self._messages.of_run(run_id)
        return {} if arrived is None else {conversation_ref(arrived.mailbox, arrived.item_id): arrived.seen}

    def thread_of(self, arrival: Arrival) -> str:
        """Name of the conversation that a message belongs to; see `compound.connector.state.Messages.thread_of`."""
        return self._messages.thread_of(arrival)
