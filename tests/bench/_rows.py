"""A figure of the bench: what, how much, the bar, why the bar is where it is, and whether it holds.

A bar is held against a ratio of two things that were measured in turn in the same run, or against a count that has to be
0. Seconds, bytes and rates depend on the machine: they are printed, and no bar is held against them.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

RATIO = "x"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure.

    Attributes:
        value: None when it could not be measured; `unit` then says why.
        ok: None when there is no bar, or nothing to hold against it.
        why: The reason for the bar.
    """

    name: str
    value: float | None
    unit: str
    bar: str
    ok: bool | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """The most that a ratio may be, and the reason."""

    most: float
    why: str


@dataclass(frozen=True, slots=True)
class Pair:
    """What two sides cost, round by round, in the same unit.

    Attributes:
        ours: One figure a round.
        theirs: The peer's figure of the same round.
    """

    ours: Sequence[float]
    theirs: Sequence[float]

    @property
    def ratio(self) -> float:
        """The median of the ratios within a round: a machine that is slow for a while is slow for both sides."""
        return statistics.median(ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True))


def in_turn(ours: Callable[[], float], theirs: Callable[[], float], rounds: int) -> Pair:
    """Measure both sides round after round, every other round in the opposite order."""
    left: list[float] = []
    right: list[float] = []
    for number in range(rounds):
        if number % 2 == 0:
            left.append(ours())
            right.append(theirs())
        else:
            right.append(theirs())
            left.append(ours())
    return Pair(left, right)


def at_most(name: str, ratio: float, bar: Bar) -> Row:
    """A ratio that may not be higher than the bar."""
    return Row(name=name, value=round(ratio, 4), unit=RATIO, bar=f"<= {bar.most:g}", ok=ratio <= bar.most, why=bar.why)


def none_of(name: str, count: int, unit: str, why: str) -> Row:
    """A count that has to be 0."""
    return Row(name=name, value=count, unit=unit, bar="0", ok=count == 0, why=why)


def reported(name: str, value: float, unit: str) -> Row:
    """A figure without a bar."""
    return Row(name=name, value=round(value, 4), unit=unit, bar="", ok=None)


def absent(name: str, why: str) -> Row:
    """A figure that could not be measured: never ok, never missed."""
    return Row(name=name, value=None, unit=f"absent: {why}", bar="", ok=None)
