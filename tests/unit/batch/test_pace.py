"""The rate of a batch and its interval: what it says of batches whose items settle evenly, at random, and in bursts."""

from __future__ import annotations

import random

import pytest

from compound.batch.watch.pace import FEWEST, measured


def test_few_items_have_no_rate() -> None:
    assert measured(FEWEST - 1, 60.0, []) is None
    assert measured(FEWEST, 60.0, []) is not None


def test_the_interval_is_that_of_a_poisson_count() -> None:
    """Exact bounds for 10: 4.795 and 18.39 (chi-square quantiles)."""
    pace = measured(10, 1.0, [])
    assert pace is not None
    assert (pace.rate, pace.low, pace.high) == (10.0, pytest.approx(4.795, abs=0.02), pytest.approx(18.39, abs=0.05))


def test_bursts_widen_it() -> None:
    even, bursts = measured(100, 100.0, [5] * 20), measured(100, 100.0, [50, 50] + [0] * 18)
    assert even is not None
    assert bursts is not None
    assert bursts.low < even.low
    assert bursts.high > even.high


def test_the_true_rate_is_inside_in_nineteen_of_twenty_cases() -> None:
    draw, inside, runs = random.Random(7), 0, 400
    for _ in range(runs):
        parts = [0] * 60
        at = draw.expovariate(0.4)
        while at < 300.0:
            parts[int(at // 5)] += 1
            at += draw.expovariate(0.4)
        pace = measured(sum(parts), 300.0, parts)
        assert pace is not None
        inside += pace.low <= 0.4 <= pace.high
    assert inside / runs > 0.93


def test_the_time_left_has_the_range_of_the_rate() -> None:
    pace = measured(100, 50.0, [10] * 10)
    assert pace is not None
    eta, earliest, latest = pace.eta_s(200)
    assert eta == pytest.approx(100.0)
    assert latest is not None
    assert earliest < eta < latest
