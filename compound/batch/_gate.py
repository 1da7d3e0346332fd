"""Effects in the backlog's order where it matters: for one customer, and for one row."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Mapping
from email.utils import parseaddr
from typing import TYPE_CHECKING, Final

import anyio

if TYPE_CHECKING:
    from pydantic import JsonValue

_MAX_SENDER: Final = 1_000
_NAMED: Final = re.compile(r"#[A-Za-z]{0,4}\d{3,20}\b|\b[A-Z]{1,4}-?\d{4,20}\b")
"""What looks like the number of an order or a case: two tickets that name it may be about one row."""

_LONE_ADDRESS: Final = re.compile(r"[^@\r\n]{1,500}@[^@\s]{1,400}\s?")
"""A text that is one sender and nothing else."""


class OrderGate:
    """Lets a ticket change the outside world only when every earlier ticket that shares a key with it is settled.

    Tickets run side by side; the effects of one customer, and those on one row, happen in the backlog's order. A
    crashed and resumed batch therefore changes record stores as an uninterrupted one does, also where two tickets touch
    the same order, and a ticket that takes long holds up nobody else's. Workers take tickets in order, so the
    earliest unsettled ticket is always in flight and nobody waits for ever.

    Args:
        keys: Place of each ticket that is not settled to its keys, as far as they are known beforehand.
    """

    def __init__(self, keys: Mapping[int, Iterable[str]]) -> None:
        self._keys = {seq: set(names) for seq, names in keys.items()}
        self._queues: dict[str, list[int]] = {}
        self._events: dict[int, anyio.Event] = {}
        for seq, names in self._keys.items():
            for name in names:
                heapq.heappush(self._queues.setdefault(name, []), seq)

    async def wait(self, seq: int, rows: Iterable[str] = ()) -> None:
        """Return when all tickets before `seq` that share a key with it are settled.

        Args:
            seq: Its place.
            rows: Further keys: the rows that it is about to change.
        """
        mine = self._keys.setdefault(seq, set())
        for row in set(rows) - mine:
            mine.add(row)
            heapq.heappush(self._queues.setdefault(row, []), seq)
        await self._wait(seq, None)

    async def wait_for(self, seq: int, names: Iterable[str]) -> None:
        """Return when all tickets before `seq` that share one of these keys with it are settled.

        Args:
            seq: Its place.
            names: Some of its keys.
        """
        await self._wait(seq, frozenset(names))

    async def _wait(self, seq: int, names: frozenset[str] | None) -> None:
        while (earlier := self._before(seq, names)) is not None:
            await self._events.setdefault(earlier, anyio.Event()).wait()

    def _before(self, seq: int, names: frozenset[str] | None) -> int | None:
        own = self._keys.get(seq, set[str]())
        for name in own if names is None else own & names:
            queue = self._queues[name]
            while queue and queue[0] not in self._keys:
                heapq.heappop(queue)
            if queue and queue[0] < seq:
                return queue[0]
        return None

    def settle(self, seq: int) -> None:
        """Say that `seq` will change nothing more."""
        self._keys.pop(seq, None)
        if event := self._events.pop(seq, None):
            event.set()


def _address(written: str) -> str:
    """The address of `Ann Lee <ann@x.example>`; empty where there is none, or the text is no sender's."""
    if len(written) > _MAX_SENDER:
        return ""
    try:
        return parseaddr(written)[1]
    except RecursionError:  # it goes down once for each parenthesis
        return ""


def keys_of(item: Mapping[str, JsonValue] | None, key: str = "") -> frozenset[str]:
    """Whom and what an item is about, as far as one can see it: its key, an address, numbers that its texts name.

    Args:
        item: Its fields.
        key: What the graph's `item.key` says; empty where it says nothing.
    """
    found = {f"key {key}"} if key else set[str]()
    for text in (item or {}).values():
        if isinstance(text, str):
            if _LONE_ADDRESS.fullmatch(text) and (address := _address(text)):
                found.add(f"address {address.strip().lower()}")
            found.update(f"named {one}" for one in _NAMED.findall(text))
    return frozenset(found)
