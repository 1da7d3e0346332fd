"""Effects in the backlog's order, for items that share a customer or a row."""

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
"""Text like an order or case number: two items that contain it may refer to the same row."""

_LONE_ADDRESS: Final = re.compile(r"[^@\r\n]{1,500}@[^@\s]{1,400}\s?")
"""A text that is exactly one sender."""


class OrderGate:
    """Delays the effects of an item until every earlier item that shares a key with it is settled.

    Items run concurrently; effects that share a customer or a row happen in the backlog's order. A batch that crashed
    and was resumed therefore changes record stores like an uninterrupted one, even if two items touch the same row, and
    a slow item delays only related ones. Workers take items in order, so the earliest unsettled item is always in
    flight and there is no deadlock.

    Args:
        keys: Position of each unsettled item to its known keys.
    """

    def __init__(self, keys: Mapping[int, Iterable[str]]) -> None:
        self._keys = {seq: set(names) for seq, names in keys.items()}
        self._queues: dict[str, list[int]] = {}
        self._events: dict[int, anyio.Event] = {}
        for seq, names in self._keys.items():
            for name in names:
                heapq.heappush(self._queues.setdefault(name, []), seq)

    async def wait(self, seq: int, rows: Iterable[str] = ()) -> None:
        """Return when all items before `seq` that share a key with it are settled.

        Args:
            seq: Position of the item.
            rows: Further keys: the rows that it will change.
        """
        mine = self._keys.setdefault(seq, set())
        for row in set(rows) - mine:
            mine.add(row)
            heapq.heappush(self._queues.setdefault(row, []), seq)
        await self._wait(seq, None)

    async def wait_for(self, seq: int, names: Iterable[str]) -> None:
        """Return when all items before `seq` that share one of these keys with it are settled.

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
        """Mark `seq` as settled: it will change nothing more."""
        self._keys.pop(seq, None)
        if event := self._events.pop(seq, None):
            event.set()


def _address(written: str) -> str:
    """The address of `Ann Lee <ann@x.example>`; empty if the text is not a sender."""
    if len(written) > _MAX_SENDER:
        return ""
    try:
        return parseaddr(written)[1]
    except RecursionError:  # it recurses once per parenthesis
        return ""


def keys_of(item: Mapping[str, JsonValue] | None, key: str = "") -> frozenset[str]:
    """Keys of an item: its own key, addresses, and numbers in its texts.

    Args:
        item: The fields of the item.
        key: Value of the graph's `item.key`; empty if it has none.
    """
    found = {f"key {key}"} if key else set[str]()
    for text in (item or {}).values():
        if isinstance(text, str):
            if _LONE_ADDRESS.fullmatch(text) and (address := _address(text)):
                found.add(f"address {address.strip().lower()}")
            found.update(f"named {one}" for one in _NAMED.findall(text))
    return frozenset(found)
