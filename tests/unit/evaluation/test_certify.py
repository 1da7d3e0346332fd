"""The bound of a certificate: exact values, the walk over thresholds, and how often it certifies wrongly."""

from __future__ import annotations

import numpy as np
import pytest

from compound.evaluation.certify import Label, bounded, needed, upper_bound


def labels(wrong: int, n: int, *, score: float | None = None) -> list[Label]:
    """Cases of different keys."""
    return [Label(wrong=index < wrong, score=score) for index in range(n)]


@pytest.mark.parametrize(
    ("k", "error", "confidence", "n"),
    [(0, 0.02, 0.95, 149), (0, 0.05, 0.95, 59), (0, 0.01, 0.95, 299), (1, 0.02, 0.95, 236), (2, 0.02, 0.95, 313)],
)
def test_how_many_labels_a_bound_needs(k: int, error: float, confidence: float, n: int) -> None:
    assert needed(k, error, confidence) == n
    assert upper_bound(k, n, confidence) <= error < upper_bound(k, n - 1, confidence)
    assert bounded(labels(k, n), error_at_most=error, confidence=confidence).proven is not None
    assert bounded(labels(k, n - 1), error_at_most=error, confidence=confidence).proven is None


def test_the_bound_is_the_exact_one_of_scipy() -> None:
    from scipy.stats import binomtest

    for k, n in [(0, 30), (3, 200), (17, 60), (5, 5)]:
        exact = binomtest(k, n, alternative="less").proportion_ci(0.95, method="exact").high
        assert upper_bound(k, n, 0.95) == pytest.approx(exact, abs=1e-9)


def test_cases_of_one_key_are_one_observation() -> None:
    many = [Label(wrong=False, key="ann") for _ in range(500)]
    found = bounded(many, error_at_most=0.02, confidence=0.95)
    assert (found.proven, found.decisive.cases, found.decisive.n, found.needed) == (None, 500, 1, 149)
    mixed = [Label(wrong=index == 7, key="ann") for index in range(10)]
    assert bounded(mixed, error_at_most=0.5, confidence=0.9).decisive.k == 1


def test_no_labels_prove_nothing() -> None:
    found = bounded([], error_at_most=0.02, confidence=0.95)
    assert found.proven is None
    assert (found.decisive.n, found.decisive.bound, found.needed, found.is_too_wrong) == (0, 1.0, 149, False)


def test_more_labels_do_not_help_a_rule_that_is_surely_too_wrong() -> None:
    assert bounded(labels(12, 60), error_at_most=0.02, confidence=0.95).is_too_wrong
    assert not bounded(labels(1, 60), error_at_most=0.02, confidence=0.95).is_too_wrong


def test_the_walk_keeps_the_last_threshold_before_the_first_that_fails() -> None:
    known = [*labels(0, 300, score=0.95), *labels(1, 200, score=0.85), *labels(40, 100, score=0.75)]
    found = bounded(known, error_at_most=0.02, confidence=0.95, thresholds=(0.9, 0.8, 0.7, 0.1))
    assert found.proven is not None
    assert (found.proven.threshold, found.proven.n, found.proven.k) == (0.8, 500, 1)
    assert [one.passed for one in found.steps] == [True, True, False]  # nothing is looked at behind a failure


def test_a_threshold_with_too_few_cases_for_a_test_ends_nothing() -> None:
    known = [*labels(0, 20, score=0.95), *labels(0, 400, score=0.85)]
    found = bounded(known, error_at_most=0.02, confidence=0.95, thresholds=(0.9, 0.8))
    assert [(one.skipped, one.passed) for one in found.steps] == [(True, False), (False, True)]
    assert found.proven is not None
    assert found.proven.threshold == 0.8


WORLDS = {
    # Most cases a key, and the share of keys of which every case is wrong or none is.
    "independent": (1, 0.0),
    "many cases a key, independent": (8, 0.0),
    "a key is wrong as a whole": (8, 1.0),
    "half and half": (5, 0.5),
}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("keys", [60, 200, 400])
def test_a_rule_just_above_the_bar_is_certified_in_at_most_five_of_a_hundred(world: str, keys: int) -> None:
    """A true error of 5 % against a bar that is a hair lower, at each of four thresholds."""
    most, together = WORLDS[world]
    rng = np.random.default_rng(20_26)
    bar, runs, violations = 0.05, 300, 0
    thresholds = (0.75, 0.5, 0.25, 0.0)
    for _ in range(runs):
        sizes = rng.integers(1, most + 1, keys)
        known: list[Label] = []
        for key, size in enumerate(sizes):
            as_a_whole, wrong_key = rng.random() < together, rng.random() < bar
            for _ in range(int(size)):
                wrong = bool(wrong_key) if as_a_whole else bool(rng.random() < bar)
                known.append(Label(wrong=wrong, key=str(key), score=float(rng.random())))
        # The score says nothing: every threshold has the same error, so any certificate is a wrong one.
        found = bounded(known, error_at_most=bar - 1e-9, confidence=0.95, thresholds=thresholds)
        violations += found.proven is not None
    # 5 % of 300 is 15; 26 is three standard errors above.
    assert violations <= 26, violations / runs


def test_a_good_rule_is_certified_most_of_the_time() -> None:
    rng = np.random.default_rng(7)
    hits = sum(
        bounded(
            [Label(wrong=bool(rng.random() < 0.002)) for _ in range(400)], error_at_most=0.02, confidence=0.95
        ).proven
        is not None
        for _ in range(200)
    )
    assert hits >= 170
