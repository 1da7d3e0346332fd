"""When a failed call is tried again, and after how long."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TypeVar

from compound.errors import ModelError

T = TypeVar("T")

ONCE = frozenset({"model.timeout", "model.connection", "model.broken-stream", "model.bad-answer"})
"""Tried again once: the first try may have been answered and paid for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often, and how long apart.

    Attributes:
        attempts: Tries in all, the first one included.
        first_wait_s: Mean wait before the second try; doubles each time.
        longest_wait_s: Ceiling of that.
        longest_retry_after_s: A provider that asks for more is not waited for; the call fails with its words.
        sleep: Waits; tests give one that does not.
        jitter: A number in [0, 1).
    """

    attempts: int = 5
    first_wait_s: float = 0.5
    longest_wait_s: float = 30.0
    longest_retry_after_s: float = 300.0
    sleep: Callable[[float], Awaitable[None]]
    jitter: Callable[[], float] = random.random

    def wait_s(self, error: ModelError, failures: int) -> float | None:
        """How long to wait after the `failures`-th failure; None when another try is no use.

        An overload (529), a server error (5xx) and a rate limit (429) are tried until the attempts are used
        up, a timeout, a broken stream and an answer that is none once more, everything else never.
        """
        if not error.retryable or failures >= self.attempts:
            return None
        if error.code in ONCE and failures > 1:
            return None
        if error.retry_after_s is not None:
            if error.retry_after_s > self.longest_retry_after_s:
                return None
            # Never earlier than asked; a little later, so that a crowd does not come back as one.
            return error.retry_after_s * (1.0 + 0.1 * self.jitter())
        mean = min(self.first_wait_s * 2.0 ** (failures - 1), self.longest_wait_s)
        return mean * (0.5 + self.jitter())


async def with_retry(
    attempt: Callable[[], Awaitable[T]],
    policy: RetryPolicy,
    *,
    told: Callable[[ModelError, float], None],
) -> T:
    """Run `attempt` until it answers or another try is no use.

    Args:
        attempt: One try.
        policy: When to try again.
        told: Called before each wait, with the error and the seconds.

    Raises:
        ModelError: The last failure.
    """
    failures = 0
    while True:
        try:
            return await attempt()
        except ModelError as error:
            failures += 1
            wait_s = policy.wait_s(error, failures)
            if wait_s is None:
                raise
            told(error, wait_s)
            await policy.sleep(wait_s)


def retry_after_s(headers: Mapping[str, str], *, clock: Callable[[], float] = time.time) -> float | None:
    """Seconds that a provider asks to wait, from `retry-after-ms` or `retry-after`: a number or an HTTP date.

    Args:
        headers: Of its answer; names in lower case, or in any case where the mapping does not mind.
        clock: UTC seconds since 1970.

    Returns:
        None when it does not ask, or nobody can read how long.
    """
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        told = headers.get(name)
        if told is None:
            continue
        try:
            seconds = float(told) / unit
        except ValueError:
            try:
                seconds = parsedate_to_datetime(told).timestamp() - clock()
            except ValueError:
                continue
        if math.isfinite(seconds):
            return max(seconds, 0.0)
    return None
