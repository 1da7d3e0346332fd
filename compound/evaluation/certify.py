"""Certification of `auto` rules: an exact bound on their error, from labelled cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

METHOD = "exact binomial, one case a key"
METHOD_STEPS = "exact binomial, one case a key, fixed sequence of thresholds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A case for which the rule holds, and whether its action would be wrong.

    Attributes:
        wrong: Whether the automatic action would be wrong.
        key: Cases with the same key count as one; None: an independent case.
        score: Score of the rule; None if it has none.
    """

    wrong: bool
    key: str | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The test of one threshold.

    Attributes:
        threshold: Minimum score at which the rule fires; None if it has no score.
        cases: Labelled cases at or above it.
        n: Number of keys among them, the unit of the test.
        k: Number of keys with at least one wrong case.
        bound: Upper end of the share of wrong keys, exact, one-sided; 1 when n is 0.
        passed: Whether `bound` is within the policy's limit.
        skipped: Whether it has too few keys for a test; a skipped step does not end the sequence.
    """

    threshold: float | None
    cases: int
    n: int
    k: int
    bound: float
    passed: bool
    skipped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounded:
    """The result of a certification.

    Attributes:
        error_at_most: Allowed share of wrong keys.
        confidence: Confidence of the bound.
        steps: Tested thresholds in the declared order; one step without thresholds.
        proven: The last step that passed before the first failure; None if nothing is proven.
    """

    error_at_most: float
    confidence: float
    steps: tuple[Step, ...]
    proven: Step | None
    method: str

    @property
    def decisive(self) -> Step:
        """The proven step, else the one that failed."""
        return self.proven or next((one for one in self.steps if not one.skipped and not one.passed), self.steps[-1])

    @property
    def needed(self) -> int:
        """Number of keys that would prove the bound if no further key is wrong."""
        return needed(self.decisive.k, self.error_at_most, self.confidence)

    @property
    def is_too_wrong(self) -> bool:
        """Whether the error is above the limit with the same confidence, so that more labels would not help."""
        step = self.decisive
        return self.proven is None and lower_bound(step.k, step.n, self.confidence) > self.error_at_most


def bounded(
    labels: Iterable[Label], *, error_at_most: float, confidence: float, thresholds: Sequence[float] = ()
) -> Bounded:
    """Test thresholds from the highest down, each at the full level, and stop at the first that fails.

    The unit is the key, not the case: a key is wrong if any of its cases is, so that a customer with ten letters is one
    observation. The bound is exact if keys are drawn independently; cases inside a key may depend on each other.

    Args:
        labels: Cases for which the rule holds.
        error_at_most: Allowed share of wrong keys.
        confidence: Probability of refusing a rule whose error is above `error_at_most`.
        thresholds: Declared before the labels were seen, highest first; empty: one test of all labels.

    Raises:
        ValueError: A threshold is given and a label has no score.

    Source: fixed-sequence testing (Angelopoulos et al., "Learn then Test", 2021); Clopper and Pearson 1934.
    """
    known = list(labels)
    if thresholds and any(one.score is None for one in known):
        raise ValueError("every label needs a score if there are thresholds")
    counted = [_count(known, threshold) for threshold in thresholds or (None,)]
    first = _first(counted, error_at_most, confidence)
    steps: list[Step] = []
    proven: Step | None = None
    for index, (threshold, cases, n, k) in enumerate(counted):
        bound = upper_bound(k, n, confidence)
        step = Step(
            threshold=threshold,
            cases=cases,
            n=n,
            k=k,
            bound=bound,
            passed=n > 0 and bound <= error_at_most,
            skipped=index < first,
        )
        steps.append(step)
        if step.skipped:
            continue
        if not step.passed:
            break
        proven = step
    method = METHOD_STEPS if thresholds else METHOD
    return Bounded(error_at_most=error_at_most, confidence=confidence, steps=tuple(steps), proven=proven, method=method)


_Counted = tuple["float | None", int, int, int]


def _count(labels: Sequence[Label], threshold: float | None) -> _Counted:
    kept = [
        (index, one)
        for index, one in enumerate(labels)
        if threshold is None or (one.score is not None and one.score >= threshold)
    ]
    keys: dict[object, bool] = {}
    for index, one in kept:
        key = ("key", one.key) if one.key is not None else ("case", index)
        keys[key] = keys.get(key, False) or one.wrong
    return threshold, len(kept), len(keys), sum(keys.values())


def _first(counted: Sequence[_Counted], error: float, confidence: float) -> int:
    """Index of the first threshold with enough keys to pass at a third of the allowed error.

    It depends on numbers of keys only, never on labels, so the level holds. If no threshold has enough, the last one.
    """
    import math

    for index, (_, _, n, _) in enumerate(counted):
        if upper_bound(math.ceil(n * error / 3), n, confidence) <= error:
            return index
    return len(counted) - 1


def upper_bound(k: int, n: int, confidence: float) -> float:
    """One-sided upper end of Clopper and Pearson's interval of k of n; 1 when n is 0."""
    from scipy.special import betaincinv

    return 1.0 if k >= n else float(betaincinv(k + 1, n - k, confidence))


def lower_bound(k: int, n: int, confidence: float) -> float:
    """One-sided lower end of Clopper and Pearson's interval of k of n; 0 when n is 0."""
    from scipy.special import betaincinv

    return 0.0 if k <= 0 or n == 0 else float(betaincinv(k, n - k + 1, 1 - confidence))


def needed(k: int, error_at_most: float, confidence: float) -> int:
    """The smallest n that proves the bound with k wrong observations: 149 for 0 at 2 % and 95 %."""
    low, high = k, max(2 * k, 1)
    while upper_bound(k, high, confidence) > error_at_most:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if upper_bound(k, middle, confidence) <= error_at_most else (middle, high)
    return high
