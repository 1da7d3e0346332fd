"""Reports of evaluations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from compound.evaluation.intervals import Interval, share
from compound.evaluation.scoring import Scored
from compound.evaluation.types import Suite
from compound.spec.suite_file import Gate


class Estimate(BaseModel):
    """A share with n, interval and method; `value` is null if n is 0."""

    model_config = ConfigDict(frozen=True)

    value: float | None
    n: int
    low: float | None
    high: float | None
    method: str
    clusters: int


class GateReport(BaseModel):
    """Whether a score passes its bar; INCONCLUSIVE if the interval contains the bar."""

    model_config = ConfigDict(frozen=True)

    score: str
    bar: str
    verdict: Literal["PASS", "FAIL", "INCONCLUSIVE"]


class CaseReport(BaseModel):
    """A case with its scores and the reasons for them."""

    model_config = ConfigDict(frozen=True)

    id: str
    run_id: str
    status: str
    labels: dict[str, str]
    scores: dict[str, float | None]
    details: dict[str, JsonValue]
    error: str = ""


class ScoreError(BaseModel):
    """A score that is absent because its scorer failed or returned something that is not a score.

    Attributes:
        case: The case.
        score: The score; empty if the scorer raised, so that all of its remaining scores are absent.
        error: What happened, with the line of the project's code if known.
    """

    model_config = ConfigDict(frozen=True)

    case: str
    score: str
    error: str


class SuiteReport(BaseModel):
    """The report of a suite.

    Attributes:
        description: Description in the suite's file.
        meanings: Score to its meaning in the file.
        scores: The headline scores.
        groups: Group to its scores by name: scores counted separately, such as recall by action.
        labels: Group to label to number of cases.
        n: Number of headline cases.
        sections: The same for cases that are reported separately.
        slices: Tag to tag value to the headline scores of those cases; a tag with a single value is left out.
        gates: The bars of this profile.
        cases: Every case, if requested.
        seconds_per_case: Mean wall time of a case's run.
        cost_usd: Sum of the known costs; null if none is known. `notes` says how many are unknown.
        errors: Errors of scorers; their scores are absent.
        notes: What was left out and why.
    """

    model_config = ConfigDict(frozen=True)

    suite: str
    description: str = ""
    profile: str
    model: str
    n: int
    scores: dict[str, Estimate]
    meanings: dict[str, str] = {}
    groups: dict[str, dict[str, Estimate]] = {}
    labels: dict[str, dict[str, int]] = {}
    seconds_per_case: float | None = None
    cost_usd: float | None = None
    gates: list[GateReport] = []
    sections: dict[str, SuiteReport] = {}
    slices: dict[str, dict[str, dict[str, Estimate]]] = {}
    cases: list[CaseReport] = []
    errors: list[ScoreError] = []
    notes: list[str] = []


def summarise(
    suite: Suite, scored: Sequence[Scored], *, profile: str, model: str, details: bool = False
) -> SuiteReport:
    """Aggregate the scores of all cases.

    Args:
        suite: Names the headline scores.
        scored: The judged cases.
        profile: Profile, for the report.
        model: Provider, for the report.
        details: Include every case in the report.
    """
    times = [one.result.seconds for one in scored if one.result.seconds is not None]
    costs = [one.result.cost_usd for one in scored if one.result.cost_usd is not None]
    scores = {name: estimate(scored, name) for name in suite.scores}
    unknown = sum(one.result.cost_usd is None and one.result.status != "failed" for one in scored)
    return SuiteReport(
        suite=suite.name,
        description=suite.description,
        meanings={name: text for name, text in suite.meanings.items() if text},
        profile=profile,
        model=model,
        n=len(scored),
        scores=scores,
        groups=_groups(scored),
        labels=_labels(scored),
        slices=_slices(scored, suite.scores),
        seconds_per_case=sum(times) / len(times) if times else None,
        cost_usd=sum(costs) if costs else None,
        gates=[judge(name, scores[name], gate) for name, gate in suite.gates.items()],
        errors=[ScoreError(case=one.case.id, score=name, error=error) for one in scored for name, error in one.errors],
        notes=[f"the cost of {unknown} of {len(scored)} cases is unknown"] if costs and unknown else [],
        cases=[_case_report(one) for one in scored] if details else [],
    )


def _groups(scored: Sequence[Scored]) -> dict[str, dict[str, Estimate]]:
    named = sorted({(s.group, s.name) for one in scored for s in one.scores if s.group and not s.label})
    found: dict[str, dict[str, Estimate]] = {}
    for group, name in named:
        found.setdefault(group, {})[name] = estimate(scored, name, group=group)
    return found


def _labels(scored: Sequence[Scored]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for group, label in sorted((s.group, s.label) for one in scored for s in one.scores if s.group and s.label):
        counts = found.setdefault(group, {})
        counts[label] = counts.get(label, 0) + 1
    return found


def _slices(scored: Sequence[Scored], names: Sequence[str]) -> dict[str, dict[str, dict[str, Estimate]]]:
    tags = sorted({tag for one in scored for tag in one.case.tags})
    found: dict[str, dict[str, dict[str, Estimate]]] = {}
    for tag in tags:
        groups: dict[str, list[Scored]] = {}
        for one in scored:
            groups.setdefault(one.case.tags.get(tag, ""), []).append(one)
        if 1 < len(groups) <= _MOST_SLICES:
            found[tag] = {
                value or "(none)": {name: estimate(group, name) for name in names}
                for value, group in sorted(groups.items())
            }
    return found


_MOST_SLICES = 30
"""A tag with more values identifies cases, not kinds of cases."""


def estimate(scored: Sequence[Scored], name: str, *, group: str = "") -> Estimate:
    """The share of one score; cases without a value do not count."""
    values: list[float] = []
    clusters: list[str] = []
    for one in scored:
        for score in one.scores:
            if score.name == name and score.group == group and score.value is not None:
                values.append(score.value)
                clusters.append(one.case.cluster_id or f"case {one.case.id}")
    return _estimate(share(values, clusters))


def _estimate(interval: Interval) -> Estimate:
    return Estimate(
        value=interval.value,
        n=interval.n,
        low=interval.low,
        high=interval.high,
        method=interval.method,
        clusters=interval.clusters,
    )


def judge(name: str, score: Estimate, gate: Gate) -> GateReport:
    """Compare a score with its bar."""
    bars: list[str] = []
    verdicts: set[str] = set()
    if gate.at_least is not None:
        bars.append(f"at least {gate.at_least:g}")
        verdicts.add(_verdict(score.low, score.high, gate.at_least))
    if gate.at_most is not None:
        bars.append(f"at most {gate.at_most:g}")
        low = None if score.high is None else -score.high
        verdicts.add(_verdict(low, None if score.low is None else -score.low, -gate.at_most))
    worst: Literal["PASS", "FAIL", "INCONCLUSIVE"] = (
        "FAIL" if "FAIL" in verdicts else "INCONCLUSIVE" if "INCONCLUSIVE" in verdicts else "PASS"
    )
    return GateReport(score=name, bar=", ".join(bars), verdict=worst)


def _verdict(low: float | None, high: float | None, bar: float) -> str:
    if low is None or high is None:
        return "INCONCLUSIVE"
    if low >= bar:
        return "PASS"
    return "FAIL" if high < bar else "INCONCLUSIVE"


def _case_report(one: Scored) -> CaseReport:
    own = [score for score in one.scores if not score.group]
    notes: Mapping[str, JsonValue] = {score.name: score.details for score in one.scores if score.details is not None}
    return CaseReport(
        id=one.case.id,
        run_id=one.result.run_id,
        status=one.result.status,
        labels={**one.case.tags, **{score.name: score.label for score in one.scores if score.label}},
        scores={score.name: score.value for score in own},
        details=dict(notes),
        error=one.result.error,
    )
