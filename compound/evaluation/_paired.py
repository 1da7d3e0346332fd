"""Two systems on the same cases: only the cases where they differ say anything."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from compound.evaluation._intervals import clustered


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A difference b - a on the same cases.

    Attributes:
        n: Cases that both have a value for.
        clusters: Independent groups among them.
        difference: Mean of b - a; None when n is 0.
        low: Lower end of its interval; None with fewer than two clusters.
        high: Upper end.
        p_value: Two-sided; None when nothing can be said.
        method: Which test.
    """

    n: int
    clusters: int
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None
    method: str


def mcnemar(only_a: int, only_b: int) -> float:
    """Exact two-sided p of McNemar's test.

    Args:
        only_a: Cases that a has right and b wrong.
        only_b: Cases that b has right and a wrong.

    Source: McNemar 1947, exact binomial form.
    """
    n = only_a + only_b
    if n == 0:
        return 1.0
    tail = sum(math.comb(n, k) for k in range(min(only_a, only_b) + 1))
    return min(1.0, 2 * tail / 2**n)


def paired(
    a: Mapping[str, float | None],
    b: Mapping[str, float | None],
    *,
    clusters: Mapping[str, Hashable] | None = None,
    confidence: float = 0.95,
) -> Comparison:
    """Compare two systems by case id; a case that one of them has no value for is left out.

    McNemar where all values are 0 or 1 and no cluster has two cases, otherwise the p of the cluster-robust t.

    Args:
        a: Case id to the first system's score.
        b: Case id to the second system's score.
        clusters: Case id to cluster; each case its own where absent.
        confidence: Wanted coverage of the interval.
    """
    ids = [key for key in a if a[key] is not None and b.get(key) is not None]
    pairs = [(float(a[key] or 0.0), float(b[key] or 0.0)) for key in ids]
    groups: Sequence[Hashable] = [(clusters or {}).get(key, key) for key in ids]
    interval = clustered([y - x for x, y in pairs], groups, confidence)
    is_binary = all(x in {0.0, 1.0} and y in {0.0, 1.0} for x, y in pairs)
    if is_binary and interval.clusters == len(ids):
        p_value: float | None = mcnemar(sum(x > y for x, y in pairs), sum(y > x for x, y in pairs))
        method = "mcnemar exact"
    else:
        p_value, method = (
            _t_test(interval.value, interval.low, interval.clusters, confidence),
            interval.method,
        )
    return Comparison(
        n=len(ids),
        clusters=interval.clusters,
        difference=interval.value,
        low=interval.low,
        high=interval.high,
        p_value=p_value if ids else None,
        method=method,
    )


def _t_test(value: float | None, low: float | None, groups: int, confidence: float) -> float | None:
    from scipy.special import stdtr, stdtrit

    if value is None or low is None:
        return None
    if value == low:
        return 1.0 if value == 0 else 0.0
    error = (value - low) / float(stdtrit(groups - 1, 0.5 + confidence / 2))
    return float(2 * stdtr(groups - 1, -abs(value) / error))
