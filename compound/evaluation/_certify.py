"""What an `auto` rule may do alone: an exact bound on its error, from labelled cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

METHOD = "exact binomial, one case a key"
METHOD_STEPS = "exact binomial, one case a key, fixed sequence of thresholds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One case for which the rule holds, and whether what it would do is wrong.

    Attributes:
        wrong: What would go out, or be done, with no person is wrong.
        key: Whose case it is; cases of one key count as one. None: a case of its own.
        score: Of the rule; None when it has none.
    """

    wrong: bool
    key: str | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The test of one threshold.

    Attributes:
        threshold: The rule fires at this score and above; None where the rule has no score.
        cases: Labelled cases there.
        n: Keys among them: what is counted.
        k: Keys with at least one wrong case.
        bound: Upper end of the share of wrong keys, exact, one-sided; 1 when n is 0.
        passed: `bound` is at most what the policy allows.
        skipped: Too few cases for a test, told by the number alone; it ends nothing.
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
    """What the labels prove.

    Attributes:
        error_at_most: Share of keys that may be wrong.
        confidence: How sure the bound is.
        steps: Each threshold that was looked at, in the declared order; one without thresholds.
        proven: The last step that passed before the first that failed; None proves nothing.
    """

    error_at_most: float
    confidence: float
    steps: tuple[Step, ...]
    proven: Step | None
    method: str

    @property
    def decisive(self) -> Step:
        """The step that says what is missing: the one that is proven, else the one that failed."""
        return self.proven or next((one for one in self.steps if not one.skipped and not one.passed), self.steps[-1])

    @property
    def needed(self) -> int:
        """How many keys would prove it, were no more of them wrong than now."""
        return needed(self.decisive.k, self.error_at_most, self.confidence)

    @property
    def is_too_wrong(self) -> bool:
        """More labels of this kind would not help: the error is above the bar with the same confidence."""
        step = self.decisive
        return self.proven is None and lower_bound(step.k, step.n, self.confidence) > self.error_at_most


def bounded(
    labels: Iterable[Label], *, error_at_most: float, confidence: float, thresholds: Sequence[float] = ()
) -> Bounded:
    """Test thresholds from the highest down, each at the full level, and stop at the first that fails.

    The unit is the key, not the case: a key is wrong when any of its cases is, so that a customer with ten letters
    is one observation. The bound is exact when keys are drawn independently, whatever happens inside one.

    Args:
        labels: Cases for which the rule holds.
        error_at_most: Share of keys that may be wrong.
        confidence: Probability that a rule whose error is above `error_at_most` is refused.
        thresholds: Declared before the labels were seen, the highest first; none: one test of all labels.

    Raises:
        ValueError: A threshold is given and a label has no score.

    Source: fixed-sequence testing (Angelopoulos et al., "Learn then Test", 2021); Clopper and Pearson 1934.
    """
    known = list(labels)
    if thresholds and any(one.score is None for one in known):
        raise ValueError("every label needs a score where there are thresholds")
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
    """Where the walk begins: the first threshold with enough keys to pass with a third of the allowed error.

    Only numbers of keys are looked at, never labels, so the level holds. Where none has enough, the last.
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
    """The fewest observations with which k wrong ones prove the bound: 149 for 0 at 2 % and 95 %."""
    low, high = k, max(2 * k, 1)
    while upper_bound(k, high, confidence) > error_at_most:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if upper_bound(k, middle, confidence) <= error_at_most else (middle, high)
    return high
