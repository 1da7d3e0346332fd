"""The monitor: false alarms stay within what was promised, and too many wrong decisions are found."""

from __future__ import annotations

import math
import random
from statistics import median

import pytest

from compound.review.quality.agreement import krippendorff
from compound.review.quality.eprocess import BETS, e_process
from compound.review.quality.recording import changed_words, in_share


def first_alarm(rng: random.Random, rate: float, *, limit: float, delta: float, audits: int) -> int | None:
    """The number of the audit that raises the alarm."""
    found = e_process((rng.random() < rate for _ in range(audits)), limit=limit, delta=delta)
    return next((at for at, value in enumerate(found.path, 1) if value >= found.threshold), None)


def rates(limit: float, delta: float, *, runs: int, audits: int) -> tuple[float, float]:
    """Share of runs with an alarm where the rate is at the limit; median audits to it at four times the limit."""
    rng = random.Random(7)
    false = [first_alarm(rng, limit, limit=limit, delta=delta, audits=audits) for _ in range(runs)]
    caught = [first_alarm(rng, 4 * limit, limit=limit, delta=delta, audits=audits) for _ in range(runs)]
    assert all(caught)
    return sum(one is not None for one in false) / runs, median(one for one in caught if one is not None)


@pytest.mark.parametrize(("limit", "delta"), [(0.03, 0.05), (0.1, 0.1)])
def test_false_alarms_are_rarer_than_delta_and_four_times_the_limit_is_found(limit: float, delta: float) -> None:
    false, found = rates(limit, delta, runs=120, audits=400)
    assert false <= delta + 2 * math.sqrt(delta * (1 - delta) / 120)
    assert found <= 5 / limit


@pytest.mark.soak
@pytest.mark.parametrize(("limit", "delta"), [(0.02, 0.05), (0.03, 0.05), (0.1, 0.1)])
def test_false_alarms_over_three_thousand_audits(limit: float, delta: float) -> None:
    false, _ = rates(limit, delta, runs=1_000, audits=3_000)
    assert false <= delta


def test_the_value_is_the_mean_of_the_capitals() -> None:
    found = e_process([True, False], limit=0.1, delta=0.1)
    assert found.path[0] == pytest.approx(sum(1 + bet * 0.9 for bet in BETS) / 5)
    assert found.path[1] == pytest.approx(sum((1 + bet * 0.9) * (1 - bet * 0.1) for bet in BETS) / 5)
    assert (found.n, found.k, found.threshold) == (2, 1, pytest.approx(10))


@pytest.mark.parametrize("limit", [0.001, 0.02, 0.3, 0.9])
def test_no_bet_can_lose_everything_and_no_capital_overflows(limit: float) -> None:
    right = e_process([False] * 500, limit=limit, delta=0.05)
    assert right.value is not None
    assert 0 < right.value < 1
    assert right.highest is not None
    assert right.highest < 1
    wrong = e_process([True] * 5_000, limit=limit, delta=0.05)
    assert wrong.is_alarm
    assert wrong.value is not None
    assert math.isfinite(wrong.value)


def test_an_alarm_stays_one_when_the_value_falls() -> None:
    found = e_process([*[True] * 4, *[False] * 200], limit=0.1, delta=0.1)
    assert found.value is not None
    assert found.value < found.threshold
    assert found.is_alarm


def test_nothing_audited_is_absent() -> None:
    found = e_process([], limit=0.1, delta=0.1)
    assert (found.value, found.highest, found.is_alarm) == (None, None, False)


def test_agreement_beyond_chance() -> None:
    assert krippendorff(10, 10, 0) == 1
    assert krippendorff(12, 5, 3) == pytest.approx(1 - (6 / 40) / (2 * 27 * 13 / (40 * 39)))
    assert krippendorff(0, 0, 10) == pytest.approx(-0.9)
    assert krippendorff(10, 0, 0) is None, "where every judgement is the same, there is nothing to compare with"
    assert krippendorff(0, 0, 0) is None


def test_the_share_of_changed_words() -> None:
    assert changed_words("a b c d", "a  b\nc d") == 0
    assert changed_words("a b c d", "a b x d") == pytest.approx(0.25)
    assert changed_words("a b", "c d") == 1


def test_a_random_share_is_that_share_and_always_the_same() -> None:
    drawn = [in_share(f"decision {number}", 0.2) for number in range(4_000)]
    assert 0.17 < sum(drawn) / 4_000 < 0.23
    assert drawn == [in_share(f"decision {number}", 0.2) for number in range(4_000)]
    assert not in_share("x", 0.0)
    assert in_share("x", 1.0)
