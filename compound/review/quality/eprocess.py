"""An anytime-valid test that a rate of wrong decisions is at most a limit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

BETS: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Bets per wrong decision, fixed before anybody looks: bet b grows fastest where the rate is about 1 + b times the
limit."""
MOST: Final = 0.9
"""Largest share of the capital that one decision may cost."""

_LARGEST: Final = 700.0
"""Largest logarithm that is distinguished: far above any threshold, and still a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EProcess:
    """The evidence that decisions are wrong more often than allowed.

    Attributes:
        limit: Allowed rate of wrong decisions.
        delta: Probability of an alarm, ever, if the rate is within the limit.
        n: Audited decisions.
        k: Wrong ones among them.
        path: E after each audited decision, in the order of the decisions.
    """

    limit: float
    delta: float
    n: int
    k: int
    path: tuple[float, ...]

    @property
    def value(self) -> float | None:
        """E now; None before the first audited decision."""
        return self.path[-1] if self.path else None

    @property
    def highest(self) -> float | None:
        """The highest E so far; None before the first audited decision."""
        return max(self.path, default=None)

    @property
    def threshold(self) -> float:
        """E from which it is an alarm."""
        return 1 / self.delta

    @property
    def is_alarm(self) -> bool:
        """Whether E has ever reached the threshold."""
        return any(one >= self.threshold for one in self.path)


def e_process(wrongs: Iterable[bool], *, limit: float, delta: float) -> EProcess:
    """Bet on each decision that it is wrong: E is the mean over the bets of the capital that each has made.

    If every decision is wrong with probability at most `limit`, given the earlier ones, E is a non-negative
    supermartingale that begins at 1, and reaches 1/`delta` with probability at most `delta`, however often one looks
    (Ville's inequality).

    Args:
        wrongs: Whether each audited decision was wrong, in an order that does not depend on the answers.
        limit: Allowed rate, above 0 and below 1.
        delta: Allowed probability of a false alarm.

    Source: testing by betting (Waudby-Smith and Ramdas, 2024).
    """
    bets = [min(bet, MOST / limit) for bet in BETS]
    grows = [math.log1p(bet * (1 - limit)) for bet in bets]
    shrinks = [math.log1p(-bet * limit) for bet in bets]
    capital, path, k, n = [0.0] * len(bets), list[float](), 0, 0
    for wrong in wrongs:
        n, k = n + 1, k + wrong
        steps = grows if wrong else shrinks
        capital = [one + step for one, step in zip(capital, steps, strict=True)]
        path.append(_mean_exp(capital))
    return EProcess(limit=limit, delta=delta, n=n, k=k, path=tuple(path))


def _mean_exp(logs: Sequence[float]) -> float:
    top = min(max(logs), _LARGEST)
    return math.exp(top) * sum(math.exp(min(one - top, 0.0)) for one in logs) / len(logs)
