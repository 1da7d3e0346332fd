"""Scores as dots with whiskers on a common axis, and differences with zero marked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from compound.evaluation import Estimate, SuiteReport
    from compound.evaluation.paired import Comparison
    from compound.project.evaluation.service import SuiteRun

WIDTH: Final = 240.0
MARGIN: Final = 6.0
_BARS: Final = re.compile(r"at (?:least|most) ([0-9.eE+-]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisker:
    """A score or a difference; places are units of the drawing, None where the value is absent.

    Attributes:
        bars: Places of its gates.
        verdict: Of its gate; empty without one.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    method: str
    x: float | None
    x_low: float | None
    x_high: float | None
    bars: Sequence[float] = ()
    bar: str = ""
    verdict: str = ""


def place(value: float, low: float = 0.0, high: float = 1.0) -> float:
    """Where a value lies on the axis."""
    share = (min(max(value, low), high) - low) / (high - low)
    return round(MARGIN + share * (WIDTH - 2 * MARGIN), 2)


def _at(value: float | None, low: float = 0.0) -> float | None:
    return None if value is None else place(value, low)


def whisker(name: str, score: Estimate, report: SuiteReport | None = None) -> Whisker:
    """A score on the axis from 0 to 1, with its gate if the report has one."""
    gate = next((one for one in report.gates if one.score == name), None) if report is not None else None
    return Whisker(
        name=name,
        value=score.value,
        low=score.low,
        high=score.high,
        n=score.n,
        method=score.method,
        x=_at(score.value),
        x_low=_at(score.low),
        x_high=_at(score.high),
        bars=[] if gate is None else [place(float(one)) for one in _BARS.findall(gate.bar)],
        bar="" if gate is None else gate.bar,
        verdict="" if gate is None else gate.verdict,
    )


def scores_of(report: SuiteReport) -> Sequence[Whisker]:
    """The headline scores of a report."""
    return [whisker(name, score, report) for name, score in report.scores.items()]


def difference(name: str, found: Comparison) -> Whisker:
    """A paired difference on the axis from -1 to 1."""
    p = "" if found.p_value is None else f", p {found.p_value:.3f}"
    return Whisker(
        name=name,
        value=found.difference,
        low=found.low,
        high=found.high,
        n=found.n,
        method=f"{found.method}{p}",
        x=_at(found.difference, -1.0),
        x_low=_at(found.low, -1.0),
        x_high=_at(found.high, -1.0),
    )


def slices_of(run: SuiteRun) -> Sequence[tuple[str, Whisker]]:
    """The slices of a run by its main score, the worst first; slices without the score last."""
    sign = -1 if run.main in run.lower_is_better else 1
    found = [
        (f"{tag}: {value}", whisker(run.main, scores[run.main]))
        for tag, by_value in run.report.slices.items()
        for value, scores in by_value.items()
        if run.main in scores
    ]
    return sorted(found, key=lambda one: (one[1].value is None, sign * (one[1].value or 0.0), one[0]))
