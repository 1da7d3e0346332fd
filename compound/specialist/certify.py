"""Certification of specialists: a threshold with a finite-sample guarantee."""

from __future__ import annotations

import math
from collections.abc import Sequence

from compound.specialist.types import Certificate

_GRID = 20
_FIRST_COVERAGE = 0.40


def certify(
    scores: Sequence[float],
    correct: Sequence[bool],
    *,
    target_error: float = 0.02,
    confidence: float = 0.90,
    texts: int | None = None,
) -> Certificate:
    """Test thresholds from low to high coverage; keep the last one before the first failure.

    Args:
        scores: Confidence of each calibration prediction.
        correct: Whether each prediction was right.
        target_error: Allowed share of wrong automated predictions.
        confidence: Confidence of the guarantee, over the draw of the calibration set.
        texts: Number of calibration texts, the base of coverage; more than scores if a gate excludes some.

    Source: fixed-sequence testing (Angelopoulos et al., Learn then Test, 2021) with exact binomial tails.
    """
    of = len(scores) if texts is None else texts
    nothing = Certificate(
        threshold=None, coverage=0.0, errors=0, n=0, target_error=target_error, confidence=confidence, texts=of
    )
    if not scores:
        return nothing
    ordered = sorted(scores, reverse=True)
    best = nothing
    for step in range(_GRID):
        coverage = _FIRST_COVERAGE + (1.0 - _FIRST_COVERAGE) * step / (_GRID - 1)
        threshold = ordered[min(len(ordered), max(1, math.ceil(coverage * len(ordered)))) - 1]
        kept = [right for score, right in zip(scores, correct, strict=True) if score >= threshold]
        errors = kept.count(False)
        if binomial_tail(errors, len(kept), target_error) > 1.0 - confidence:
            break
        best = Certificate(
            threshold=threshold,
            coverage=len(kept) / of,
            errors=errors,
            n=len(kept),
            target_error=target_error,
            confidence=confidence,
            texts=of,
        )
    return best


def binomial_tail(errors: int, n: int, rate: float) -> float:
    """P(X <= errors) for X ~ Binomial(n, rate): small if the true rate is clearly below `rate`."""
    total = 0.0
    for k in range(errors + 1):
        log = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        total += math.exp(log + k * math.log(rate) + (n - k) * math.log1p(-rate))
    return min(1.0, total)
