from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compound.evaluation import Estimate
from compound.evaluation.intervals import clustered, share, wilson
from compound.evaluation.paired import mcnemar, paired
from compound.evaluation.report import judge
from compound.spec.suite_file import Gate


def _covered(n: int, p: float, confidence: float = 0.95) -> float:
    """Exact coverage of the interval: the chance that it holds p."""
    total = 0.0
    for k in range(n + 1):
        interval = wilson(k, n, confidence)
        assert interval.low is not None
        assert interval.high is not None
        if interval.low <= p <= interval.high:
            total += math.comb(n, k) * p**k * (1 - p) ** (n - k)
    return total


@pytest.mark.parametrize(
    ("n", "p", "at_least"), [(30, 0.95, 0.93), (100, 0.5, 0.94), (200, 0.02, 0.93), (50, 0.8, 0.93)]
)
def test_wilson_covers_what_it_promises(n: int, p: float, at_least: float) -> None:
    assert at_least <= _covered(n, p) <= 0.99


def test_wilson_agrees_with_the_published_numbers() -> None:
    interval = wilson(81, 263)  # Newcombe 1998, table I
    assert (round(interval.low or 0, 4), round(interval.high or 0, 4)) == (0.2553, 0.3662)
    none = wilson(0, 0)
    assert (none.value, none.low, none.high, none.n) == (None, None, None, 0)
    with pytest.raises(ValueError, match="4 hits of 3"):
        wilson(4, 3)


@given(n=st.integers(1, 2_000), data=st.data())
def test_wilson_holds_its_estimate_and_is_symmetric(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    interval, mirror = wilson(k, n), wilson(n - k, n)
    assert interval.low is not None
    assert interval.high is not None
    assert interval.value is not None
    assert mirror.high is not None
    assert 0 <= interval.low <= interval.value <= interval.high <= 1
    assert interval.low == pytest.approx(1 - mirror.high)


def test_clusters_widen_an_interval_that_ignores_them() -> None:
    random.seed(1)
    covered = {"share": 0, "wilson": 0}
    runs, groups, size = 300, 40, 8
    for _ in range(runs):
        values: list[float] = []
        clusters: list[int] = []
        for group in range(groups):
            p = 0.7 if random.random() < 0.5 else 0.3  # mean 0.5, strongly alike within a group
            values += [float(random.random() < p) for _ in range(size)]
            clusters += [group] * size
        for name, interval in (
            ("share", share(values, clusters)),
            ("wilson", wilson(sum(values), len(values))),
        ):
            assert interval.low is not None
            assert interval.high is not None
            covered[name] += interval.low <= 0.5 <= interval.high
    assert covered["share"] / runs > 0.91
    assert covered["wilson"] / runs < 0.90


def test_a_share_without_clusters_is_wilson() -> None:
    values = [1.0, 0.0, 1.0, 1.0]
    plain = share(values, ["a", "b", "c", "d"])
    assert (plain.method, plain.clusters, plain.low) == ("wilson", 4, wilson(3, 4).low)
    alike = share([1.0, 1.0, 0.0, 0.0] * 3, ["a", "a", "b", "b", "c", "c", "d", "d", "e", "e", "f", "f"])
    assert alike.method == "wilson, design effect"
    assert (alike.low or 0) < (wilson(6, 12).low or 0)
    assert share([], []).value is None
    with pytest.raises(ValueError, match="2 values, 1 clusters"):
        share([1.0, 0.0], ["a"])


@pytest.mark.parametrize("values", [[1.0, 1.0], [0.0, 0.0], [1.0, 0.0]])
def test_one_cluster_has_a_value_and_no_interval(values: list[float]) -> None:
    one = share(values, ["a", "a"])
    assert (one.value, one.low, one.high, one.n, one.clusters) == (sum(values) / 2, None, None, 2, 1)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_where_all_values_are_equal_the_clusters_are_the_units(value: float) -> None:
    clusters = [n // 10 for n in range(400)]
    interval, units, cases = share([value] * 400, clusters), wilson(40 * value, 40), wilson(400 * value, 400)
    ends = [1 - (each.low or 0) if value else each.high or 0 for each in (interval, units, cases)]
    assert interval.method == "wilson, design effect"
    assert ends[1] <= ends[0] <= ends[1] * 1.15
    assert ends[0] > 6 * ends[2]


def test_one_large_cluster_counts_as_one() -> None:
    apart = share([0.0] * 200, [*range(100), *[100] * 100])
    assert (apart.high or 0) > (wilson(0, 4).high or 0)


def _hits(rng: np.random.Generator, sizes: list[int], rate: float, alike: float) -> list[float]:
    """Values of clusters of these sizes; `alike` is the correlation inside a cluster."""
    values: list[float] = []
    for size in sizes:
        own = rate
        if alike == 1:
            own = float(rng.random() < rate)
        elif alike:
            own = float(rng.beta(rate * (1 - alike) / alike, (1 - rate) * (1 - alike) / alike))
        values += [float(hit) for hit in rng.random(size) < own]
    return values


@pytest.mark.parametrize("groups", [5, 10, 20])
@pytest.mark.parametrize(("size", "alike"), [(200, 0.1), (200, 0.5), (40, 0.5), (200, 1.0)])
def test_a_gate_passes_a_system_that_is_twice_too_bad_in_at_most_5_percent(
    groups: int, size: int, alike: float
) -> None:
    rng, gate, runs = np.random.default_rng(groups), Gate(at_most=0.02), 60
    clusters = [group for group in range(groups) for _ in range(size)]
    passed = 0
    for _ in range(runs):
        found = share(_hits(rng, [size] * groups, 0.04, alike), clusters)
        estimate = Estimate(value=found.value, n=found.n, low=found.low, high=found.high, method="", clusters=groups)
        passed += judge("wrong", estimate, gate).verdict == "PASS"
    assert passed <= 0.05 * runs


@pytest.mark.parametrize("rate", [0.04, 0.5, 0.9])
@pytest.mark.parametrize("groups", [5, 20, 60])
@pytest.mark.parametrize("alike", [0.0, 0.3, 1.0])
def test_a_share_of_clusters_covers_what_it_promises(rate: float, groups: int, alike: float) -> None:
    rng, runs, covered = np.random.default_rng(groups), 200, 0
    for _ in range(runs):
        sizes = [int(size) for size in rng.geometric(0.3, groups)]
        clusters = [group for group, size in enumerate(sizes) for _ in range(size)]
        found = share(_hits(rng, sizes, rate, alike), clusters)
        covered += (found.low if found.low is not None else 0) <= rate <= (found.high if found.high is not None else 1)
    assert covered / runs >= 0.92


def test_many_good_clusters_pass_a_gate() -> None:
    rng = np.random.default_rng(7)
    clusters = [group for group in range(400) for _ in range(3)]
    found = share(_hits(rng, [3] * 400, 0.001, 0.0), clusters)
    assert (found.high or 1) < 0.02


@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize("groups", [6, 25, 80])
@pytest.mark.parametrize(("better", "worse"), [(0.0, 0.0), (0.02, 0.02), (0.3, 0.1), (0.97, 0.0)])
def test_a_paired_difference_covers_what_it_promises_and_has_a_width(
    size: int, groups: int, better: float, worse: float
) -> None:
    rng, runs, covered = np.random.default_rng(groups), 150, 0
    ids = [str(n) for n in range(groups * size)]
    clusters = {key: int(key) // size for key in ids}
    for _ in range(runs):
        which = np.repeat(rng.random(groups), size)
        a = {key: float(not low < better) for key, low in zip(ids, which, strict=True)}
        b = {key: float(not better <= low < better + worse) for key, low in zip(ids, which, strict=True)}
        found = paired(a, b, clusters=clusters)
        assert found.low is not None
        assert found.high is not None
        assert found.difference is not None
        assert found.high - found.low > 0.01
        assert found.low <= found.difference <= found.high
        covered += found.low <= better - worse <= found.high
    assert covered / runs >= 0.93


def test_differences_that_are_all_equal_have_an_interval_of_some_width() -> None:
    a = {str(n): n / 10 for n in range(10)}
    for move in (0.0, 0.1, 0.5):
        found = paired(a, {key: value + move for key, value in a.items()})
        assert found.low is not None
        assert found.high is not None
        assert found.low < move < found.high or move == pytest.approx(found.high)
        assert found.high - found.low > 0.05
    assert clustered([0.5] * 6, [1, 1, 2, 2, 3, 3]).low is None


def test_the_cluster_robust_interval_agrees_with_a_hand_calculation() -> None:
    # means of two clusters 0 and 1: residual sums -1 and 1, CR1 error sqrt(2 * 2) / 4 = 0.5, t(1) = 12.706
    interval = clustered([0.0, 0.0, 1.0, 1.0], ["a", "a", "b", "b"])
    assert (interval.value, interval.clusters) == (0.5, 2)
    assert interval.high == pytest.approx(0.5 + 12.7062 * 0.5, rel=1e-4)
    assert clustered([], []).value is None
    assert clustered([1.0], ["a"]).low is None
    with pytest.raises(ValueError, match="2 values, 1 clusters"):
        clustered([1.0, 2.0], ["a"])


def test_mcnemar_is_exact() -> None:
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(1, 8) == pytest.approx(2 * (1 + 9) / 2**9)
    assert mcnemar(5, 5) == 1.0


def test_paired_takes_only_cases_that_both_have() -> None:
    a = {"1": 1.0, "2": 0.0, "3": None, "4": 0.0}
    b = {"1": 1.0, "2": 1.0, "3": 1.0, "5": 1.0}
    result = paired(a, b)
    assert (result.n, result.difference, result.method) == (2, 0.5, "mcnemar exact")
    assert result.p_value == 1.0
    nothing = paired({}, b)
    assert (nothing.n, nothing.difference, nothing.p_value) == (0, None, None)
    by_customer = paired(a, b, clusters={"1": "x", "2": "x"})
    assert (by_customer.clusters, by_customer.low, by_customer.p_value) == (1, None, None)


def test_paired_numbers_use_the_cluster_robust_t() -> None:
    a = {str(n): n / 10 for n in range(10)}
    better = paired(a, {key: value + 0.1 + int(key) % 2 / 100 for key, value in a.items()})
    assert better.method == "cluster-robust t"
    assert better.p_value is not None
    assert better.p_value < 0.001
    same = paired(a, a)
    assert (same.difference, same.p_value) == (0.0, 1.0)
    constant = paired(a, {key: value + 0.5 for key, value in a.items()})
    assert constant.p_value is not None
    assert constant.p_value < 0.001


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.integers(0, 5)), min_size=1, max_size=60))
def test_a_share_is_always_in_its_interval(pairs: list[tuple[float, int]]) -> None:
    interval = share([value for value, _ in pairs], [cluster for _, cluster in pairs])
    assert interval.value is not None
    if interval.low is None or interval.high is None:
        assert (interval.low, interval.high, interval.clusters) == (None, None, 1)
        return
    assert 0 <= interval.low <= interval.value + 1e-12
    assert interval.value - 1e-12 <= interval.high <= 1
