"""Intervals. No number leaves this room without n, an interval and the method's name."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate with its interval.

    Attributes:
        value: The estimate; None when n is 0.
        n: Observations.
        low: Lower end; None when n is 0.
        high: Upper end; None when n is 0.
        method: `wilson`, `cluster-robust t`, ...
        clusters: Independent groups among the observations; n where each is its own.
    """

    value: float | None
    n: int
    low: float | None
    high: float | None
    method: str
    clusters: int


def wilson(k: float, n: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of a share: k hits of n.

    Args:
        k: Hits, 0 to n; a sum of shares is allowed.
        n: Trials; with 0 every number is absent.
        confidence: Wanted coverage.

    Raises:
        ValueError: k is not between 0 and n.

    Source: Wilson, JASA 1927. At p = 0.95 and n = 30 it covers 93.9 %, Wald's interval 77 %.
    """
    if not 0 <= k <= n:
        raise ValueError(f"{k} hits of {n}")
    if n == 0:
        return Interval(value=None, n=0, low=None, high=None, method="wilson", clusters=0)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = k / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At the ends the formula is exactly 0 and 1; floats miss it by an ulp and would exclude the estimate.
    low = 0.0 if k == 0 else max(0.0, middle - half)
    high = 1.0 if k == n else min(1.0, middle + half)
    return Interval(value=share, n=n, low=low, high=high, method="wilson", clusters=n)


def clustered(values: Sequence[float], clusters: Sequence[Hashable], confidence: float = 0.95) -> Interval:
    """The mean with a cluster-robust interval (CR1, t with G - 1 degrees of freedom).

    Args:
        values: Observations.
        clusters: The cluster of each; observations of one cluster may depend on each other.
        confidence: Wanted coverage.

    Returns:
        Ends are not cut to [0, 1]; absent with fewer than two clusters.

    Raises:
        ValueError: the lengths differ.

    Source: Liang and Zeger 1986; Miller, "Adding error bars to evals", 2024.
    """
    if len(values) != len(clusters):
        raise ValueError(f"{len(values)} values, {len(clusters)} clusters")
    method = "cluster-robust t"
    n = len(values)
    if n == 0:
        return Interval(value=None, n=0, low=None, high=None, method=method, clusters=0)
    mean = math.fsum(values) / n
    sums: dict[Hashable, float] = {}
    for value, cluster in zip(values, clusters, strict=True):
        sums[cluster] = sums.get(cluster, 0.0) + value - mean
    groups = len(sums)
    if groups < 2:
        return Interval(value=mean, n=n, low=None, high=None, method=method, clusters=groups)
    error = math.sqrt(groups / (groups - 1) * math.fsum(s * s for s in sums.values())) / n
    half = _t_quantile(0.5 + confidence / 2, groups - 1) * error
    return Interval(value=mean, n=n, low=mean - half, high=mean + half, method=method, clusters=groups)


def share(values: Sequence[float], clusters: Sequence[Hashable], confidence: float = 0.95) -> Interval:
    """Wilson's interval of a share, on the number of independent observations.

    n is divided by the design effect (cluster-robust variance over the variance of independent observations,
    at least 1), so that a customer who wrote ten tickets does not count as ten. Where every value is equal
    the effect cannot be seen and the plain interval is given.

    Source: Korn and Graubard, Survey Methodology 1998.
    """
    n = len(values)
    plain = wilson(math.fsum(values), n, confidence)
    groups = len(set(clusters))
    if n in {0, groups} or plain.value in {0.0, 1.0}:
        return _with_clusters(plain, plain, groups)
    robust = clustered(values, clusters, confidence)
    if robust.low is None or robust.high is None or plain.value is None:
        return _with_clusters(plain, plain, groups)
    half = (robust.high - robust.low) / 2 / _t_quantile(0.5 + confidence / 2, groups - 1)
    spread = plain.value * (1 - plain.value) / n
    effect = max(1.0, half * half / spread)
    if effect == 1.0:
        return _with_clusters(plain, plain, groups)
    effective = n / effect
    return _with_clusters(plain, _wilson_real(plain.value, effective, confidence), groups)


def _wilson_real(value: float, n: float, confidence: float) -> Interval:
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    middle = (value + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(value * (1 - value) / n + z * z / (4 * n * n))
    return Interval(value=value, n=0, low=max(0.0, middle - half), high=min(1.0, middle + half), method="", clusters=0)


def _with_clusters(plain: Interval, ends: Interval, groups: int) -> Interval:
    method = "wilson" if ends is plain else "wilson, design effect"
    return Interval(value=plain.value, n=plain.n, low=ends.low, high=ends.high, method=method, clusters=groups)


def _t_quantile(p: float, df: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(df, p))
