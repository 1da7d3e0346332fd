"""Shapes of the drawings: numbers for SVG attributes, which need no style of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from compound.project.batches.views import BatchRow

WIDTH: Final = 1000.0
"""Units of a bar."""
SPARK: Final = (240.0, 36.0)
"""Units of a sparkline."""
PARTS: Final = ("done", "waiting", "running", "failed", "cancelled", "left")
"""Parts of the bar, in its order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the stacked bar."""

    name: str
    count: int
    x: float
    width: float


def bar(row: BatchRow) -> Sequence[Part]:
    """The parts of a batch that are not empty; each is wide enough to be seen."""
    counts = [(name, int(getattr(row, name))) for name in PARTS if getattr(row, name)]
    least = WIDTH / 200
    total = sum(count for _, count in counts) or 1
    wide = [max(least, WIDTH * count / total) for _, count in counts]
    scale = WIDTH / (sum(wide) or 1)
    parts: list[Part] = []
    x = 0.0
    for (name, count), width in zip(counts, wide, strict=True):
        parts.append(Part(name=name, count=count, x=round(x, 2), width=round(width * scale, 2)))
        x += width * scale
    return parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a sparkline."""

    x: float
    y: float
    width: float
    height: float
    count: int


def columns(counts: Sequence[int]) -> Sequence[Column]:
    """The columns of a sparkline; one without items has no height."""
    wide, high = SPARK
    most = max(counts, default=0) or 1
    step = wide / max(len(counts), 24)
    return [
        Column(
            x=round(at * step, 2),
            y=round(high - high * count / most, 2),
            width=round(max(step - 1, 0.5), 2),
            height=round(high * count / most, 2),
            count=count,
        )
        for at, count in enumerate(counts)
    ]
