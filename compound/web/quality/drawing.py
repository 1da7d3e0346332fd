"""Shapes of the charts: numbers for SVG attributes, which need no style of their own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from compound.client.quality import AgeCount, Monitored, Share

WIDTH: Final = 420.0
HEIGHT: Final = 96.0
WHISKER: Final = 160.0
"""Units of the charts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a chart."""

    x: float
    y: float
    width: float
    height: float
    n: int
    at_least_s: float


def columns(ages: Sequence[AgeCount]) -> Sequence[Column]:
    """Open reviews by age; an empty column has no height, any other can be seen."""
    most = max((one.n for one in ages), default=0) or 1
    step = WIDTH / max(len(ages), 1)
    heights = [0.0 if not one.n else max(2.0, (HEIGHT - 16) * one.n / most) for one in ages]
    return [
        Column(
            x=round(at * step + 4, 1),
            y=round(HEIGHT - high, 1),
            width=round(step - 8, 1),
            height=round(high, 1),
            n=one.n,
            at_least_s=one.at_least_s,
        )
        for at, (one, high) in enumerate(zip(ages, heights, strict=True))
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A share as a dot, with the whisker of its interval; None where the share is absent."""

    x: float
    low: float
    high: float


def drawn_share(one: Share) -> Range | None:
    """The dot and the whisker of a share on an axis from 0 to 1."""
    if one.value is None or one.low is None or one.high is None:
        return None
    x, low, high = (round(4 + (WHISKER - 8) * at, 1) for at in (one.value, one.low, one.high))
    return Range(x=x, low=low, high=high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The path of a test: `points` of a polyline, and the height of the alarm."""

    points: str
    alarm_y: float
    last_x: float
    last_y: float


def drawn_test(one: Monitored) -> Line | None:
    """The path of a test on a logarithmic axis, from 1 / the alarm to the alarm and above; None without answers."""
    if not one.path:
        return None
    top = math.log(max(one.alarm_at, *one.path)) * 1.1
    low = math.log(min(1 / one.alarm_at, *one.path)) * 1.1
    values = [1.0, *one.path]

    def y(value: float) -> float:
        return round(4 + (HEIGHT - 8) * (top - math.log(max(value, 1e-300))) / (top - low), 1)

    step = (WIDTH - 8) / (len(values) - 1)
    points = [(round(4 + at * step, 1), y(value)) for at, value in enumerate(values)]
    return Line(
        points=" ".join(f"{x},{height}" for x, height in points),
        alarm_y=y(one.alarm_at),
        last_x=points[-1][0],
        last_y=points[-1][1],
    )
