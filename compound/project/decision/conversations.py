"""Runs that answer messages of a conversation: a new message makes what waits for the earlier ones stale."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from compound.connector.state._messages import Arrival, Messages
from compound.errors import ConflictError
from compound.project.open.conversation import conversation_ref
from compound.review import ItemFilter
from compound.review.item.machine import UNDECIDED

if TYPE_CHECKING:
    from compound.project.open.resources import Resources
    from compound.review.queue.queue import ReviewQueue

_TRIES = 5
"""How often an item is looked at that others change in the same moment; its decision is checked anyway."""


class Conversations:
    """Messages that arrive, and what waits for an answer.

    Args:
        resources: The opened project.
        queue: Its review queue.
    """

    def __init__(self, resources: Resources, queue: ReviewQueue) -> None:
        self._resources = resources
        self._queue = queue
        self._messages = Messages(resources.state)

    def begin(self, run_id: str, arrival: Arrival) -> None:
        """A run is about to answer a message: what waits for the earlier ones of its conversation is stale now.

        Idempotent: after a crash the same call does what is left to do. An item that is decided stays decided; whether
        the message or the decision came first, the change of the item says.
        """
        self._messages.arrive(arrival, run_id, now=self._resources.clock())
        others = [one.item_id for one in self._messages.of_item(arrival.mailbox, arrival.item_id)]
        if len(others) < 2:
            return
        for other, _ in self._messages.runs(arrival.mailbox, others):
            for item in self._queue.list(ItemFilter(statuses=tuple(UNDECIDED), run_id=other)):
                self._check(item.item_id)

    def _check(self, item_id: str) -> None:
        for _ in range(_TRIES):
            with suppress(ConflictError):
                self._queue.check_stale(item_id)
                return

    def again(self, run_id: str) -> None:
        """A run is about to be drafted again: it sees what its conversation has now."""
        self._messages.see(run_id)

    def refs(self, run_id: str) -> Mapping[str, int]:
        """The run's conversation, and how many messages it had when the run was drafted; empty without one."""
        arrived = self._messages.of_run(run_id)
        return {} if arrived is None else {conversation_ref(arrived.mailbox, arrived.item_id): arrived.seen}

    def thread_of(self, arrival: Arrival) -> str:
        """Names the conversation that a message belongs to; see `compound.connector.state.Messages.thread_of`."""
        return self._messages.thread_of(arrival)
