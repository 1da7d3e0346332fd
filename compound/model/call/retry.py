"""Retries of failed calls."""

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
"""Retried once: the first attempt may have been answered and paid for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Number of attempts and waits between them.

    Attributes:
        attempts: Total number of attempts.
        first_wait_s: Mean wait before the second attempt; doubles each time.
        longest_wait_s: Maximum of that wait.
        longest_retry_after_s: If the provider asks for a longer wait, the call fails with its message.
        sleep: Waits; replaced in tests.
        jitter: A number in [0, 1).
    """

    attempts: int = 5
    first_wait_s: float = 0.5
    longest_wait_s: float = 30.0
    longest_retry_after_s: float = 300.0
    sleep: Callable[[float], Awaitable[None]]
    jitter: Callable[[], float] = random.random

    def wait_s(self, error: ModelError, failures: int) -> float | None:
        """How long to wait after the `failures`-th failure; None if a retry cannot help.

        An overload (529), a server error (5xx) and a rate limit (429) are retried until the attempts are used up; a
        timeout, a broken stream and an invalid answer once; everything else never.
        """
        if not error.retryable or failures >= self.attempts:
            return None
        if error.code in ONCE and failures > 1:
            return None
        if error.retry_after_s is not None:
            if error.retry_after_s > self.longest_retry_after_s:
                return None
            # Never earlier than requested; a little later, to spread concurrent retries.
            return error.retry_after_s * (1.0 + 0.1 * self.jitter())
        mean = min(self.first_wait_s * 2.0 ** (failures - 1), self.longest_wait_s)
        return mean * (0.5 + self.jitter())


async def with_retry(
    attempt: Callable[[], Awaitable[T]],
    policy: RetryPolicy,
    *,
    told: Callable[[ModelError, float], None],
) -> T:
    """Run `attempt` until it succeeds or a retry cannot help.

    Args:
        attempt: A single attempt.
        policy: When to retry.
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
    """Requested wait in seconds, from `retry-after-ms` or `retry-after` (a number or an HTTP date).

    Args:
        headers: Headers of the response; names in lower case, unless the mapping is case-insensitive.
        clock: UTC seconds since 1970.

    Returns:
        None if there is no header, or it is invalid.
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
