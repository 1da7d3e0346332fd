"""Effects in the backlog's order, whatever order the tickets finish in."""

from __future__ import annotations

from collections.abc import Iterable

import anyio


class OrderGate:
    """Lets a ticket change the outside world only when every earlier ticket is settled.

    Tickets run side by side, their effects happen in the backlog's order. A crashed and resumed batch
    therefore changes the shop exactly as an uninterrupted one does, also where two tickets touch the same
    order. Workers take tickets in order, so the earliest unsettled ticket is always in flight and nobody
    waits for ever.
    """

    def __init__(self, order: Iterable[int], settled: Iterable[int] = ()) -> None:
        self._unsettled = sorted(set(order) - set(settled))
        self._done: set[int] = set()
        self._events: dict[int, anyio.Event] = {}
        self._head = 0

    async def wait(self, seq: int) -> None:
        """Return when all tickets before `seq` are settled."""
        while self._head < len(self._unsettled) and self._unsettled[self._head] < seq:
            await self._events.setdefault(self._unsettled[self._head], anyio.Event()).wait()

    def settle(self, seq: int) -> None:
        """Say that `seq` will change nothing more."""
        self._done.add(seq)
        while self._head < len(self._unsettled) and self._unsettled[self._head] in self._done:
            passed = self._unsettled[self._head]
            self._head += 1
            if event := self._events.pop(passed, None):
                event.set()
