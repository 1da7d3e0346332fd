"""Paired comparison of two systems on the same cases."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A difference b - a on the same cases.

    Attributes:
        n: Cases with a value for both.
        clusters: Independent groups among them.
        difference: Mean of b - a; None when n is 0.
        low: Lower end of its interval; None with fewer than two clusters.
        high: Upper end.
        p_value: Two-sided; None if it is undefined.
        method: Name of the test.
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
        only_a: Cases that a gets right and b wrong.
        only_b: Cases that b gets right and a wrong.

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
    """Compare two systems by case id; cases without a value for both are left out.

    The interval is a cluster-robust t with two clusters added, of the mean size that a case sees: one in which b is
    better in every case and one in which a is. If all cases agree, the interval shows how large a difference they
    exclude; its width is not 0. p is McNemar's if all values are 0 or 1 and no cluster has two cases, else the p of
    that t.

    Args:
        a: Case id to the first system's score.
        b: Case id to the second system's score.
        clusters: Case id to cluster; an absent case is its own cluster.
        confidence: Nominal coverage of the interval.

    Source: Bonett and Price, Adjusted Wald intervals for a difference of paired proportions, 2012; here with clusters
    and with t. An added cluster differs by 1 where all values are 0 or 1, else by the largest difference seen.
    """
    ids = [key for key in a if a[key] is not None and b.get(key) is not None]
    pairs = [(float(a[key] or 0.0), float(b[key] or 0.0)) for key in ids]
    groups: Sequence[Hashable] = [(clusters or {}).get(key, key) for key in ids]
    differences = [y - x for x, y in pairs]
    is_binary = all(x in {0.0, 1.0} and y in {0.0, 1.0} for x, y in pairs)
    widest = 1.0 if is_binary else max(map(abs, differences), default=0.0) or 1.0
    low, high, p_value = _adjusted(differences, groups, widest, confidence)
    if is_binary and low is not None and high is not None:
        low, high = max(low, -1.0), min(high, 1.0)
    count, method = len(set(groups)), "cluster-robust t"
    if is_binary and count == len(ids):
        p_value, method = mcnemar(sum(x > y for x, y in pairs), sum(y > x for x, y in pairs)), "mcnemar exact"
    return Comparison(
        n=len(ids),
        clusters=count,
        difference=math.fsum(differences) / len(ids) if ids else None,
        low=low,
        high=high,
        p_value=p_value if ids else None,
        method=method,
    )


def _adjusted(
    differences: Sequence[float], clusters: Sequence[Hashable], widest: float, confidence: float
) -> tuple[float | None, float | None, float | None]:
    """Bounds and p of the mean difference with one cluster of `widest` and one of `-widest` added."""
    from scipy.special import stdtr, stdtrit

    sizes = Counter(clusters)
    groups, n = len(sizes), len(differences)
    if groups < 2:
        return None, None, None
    seen = sum(size * size for size in sizes.values()) / n
    total = n + 2 * seen
    mean = math.fsum(differences) / total
    sums = dict.fromkeys(clusters, 0.0)
    for difference, cluster in zip(differences, clusters, strict=True):
        sums[cluster] += difference - mean
    squares = math.fsum(each * each for each in sums.values())
    squares += (seen * (widest - mean)) ** 2 + (seen * (widest + mean)) ** 2
    error = math.sqrt((groups + 2) / (groups + 1) * squares) / total
    half = float(stdtrit(groups - 1, 0.5 + confidence / 2)) * error
    estimate = math.fsum(differences) / n
    p_value = float(2 * stdtr(groups - 1, -abs(mean) / error))
    return min(mean - half, estimate), max(mean + half, estimate), p_value
