"""Limits of a server: how many requests and open streams one account, or one address, may have."""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from compound.errors import CompoundError
from compound.project.settings.web import PER_MINUTE

WINDOW_S: Final = 60.0
"""Seconds in which a used-up allowance is full again."""
REFUSED_PER_MINUTE: Final = 120
"""Requests without a valid token or session of one address in a minute."""
STREAMS: Final = 3
"""Open streams of events of one account."""
_MOST_NAMES: Final = 10_000


class TooManyError(CompoundError):
    """Too many requests, or too many open streams.

    Attributes:
        status: 429.
        wait_s: Seconds until it is possible again.
    """

    def __init__(self, code: str, what: str, *, fix: str, wait_s: int) -> None:
        super().__init__(code, what, fix=fix)
        self.status = 429
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of an allowance.

    Attributes:
        most: Requests in a minute.
        left: Requests that are possible now.
        full_s: Seconds until all are possible again.
    """

    most: int
    left: int
    full_s: int


@dataclass(slots=True)
class Limits:
    """Counts in this process; several servers of one project count for themselves.

    Args:
        per_minute: Requests of one account in a minute; 0: as many as it likes.
        clock: Returns seconds.
    """

    per_minute: int = PER_MINUTE
    clock: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict[str, tuple[float, float]])
    _streams: Counter[str] = field(default_factory=Counter[str])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def nothing_left(self) -> Left:
        """What an account has left that has sent too many requests."""
        return Left(self.per_minute, 0, int(WINDOW_S))

    def request(self, name: str) -> Left | None:
        """Count a request of an account; None without a limit.

        Raises:
            TooManyError: `web.too-many-requests`.
        """
        return self._take(f"account:{name}", self.per_minute, name) if self.per_minute else None

    def refused(self, address: str) -> None:
        """Count a request of an address that has no valid token or session.

        Raises:
            TooManyError: `web.too-many-requests`.
        """
        self._take(f"address:{address}", REFUSED_PER_MINUTE, address)

    def open_stream(self, name: str) -> None:
        """Count a stream that begins; `close_stream` must follow.

        Raises:
            TooManyError: `web.too-many-streams`.
        """
        with self._lock:
            if self._streams[name] >= STREAMS:
                what = f"{name} follows the events {STREAMS} times already"
                raise TooManyError("web.too-many-streams", what, fix="close one, or poll with follow=false", wait_s=30)
            self._streams[name] += 1

    def close_stream(self, name: str) -> None:
        """Count a stream that ended."""
        with self._lock:
            self._streams[name] -= 1
            if self._streams[name] <= 0:
                del self._streams[name]

    def _take(self, key: str, most: int, name: str) -> Left:
        now, a_second = self.clock(), most / WINDOW_S
        with self._lock:
            left, at = self._buckets.pop(key, (float(most), now))
            left = min(float(most), left + (now - at) * a_second)
            is_allowed = left >= 1.0
            left -= 1.0 if is_allowed else 0.0
            self._buckets[key] = (left, now)
            while len(self._buckets) > _MOST_NAMES:
                self._buckets.popitem(last=False)
        if not is_allowed:
            wait_s = max(1, round((1.0 - left) / a_second + 0.5))
            what = f"{name} has sent more than {most} requests in a minute"
            raise TooManyError("web.too-many-requests", what, fix=f"wait {wait_s} s", wait_s=wait_s)
        return Left(most, int(left), round((most - left) / a_second + 0.5))
