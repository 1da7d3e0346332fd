"""Evaluation: suites of cases, scorers, intervals, comparisons, reports."""

from compound.evaluation._certify import Bounded, Label, Step, bounded, needed, upper_bound
from compound.evaluation._intervals import Interval, clustered, share, wilson
from compound.evaluation._paired import Comparison, mcnemar, paired
from compound.evaluation._recorded import recorded_results
from compound.evaluation._report import CaseReport, Estimate, GateReport, ScoreError, SuiteReport, summarise
from compound.evaluation._runner import OnScored, build_suite, rescore, run_cases, run_suite
from compound.evaluation._scoring import Scored, score_cases
from compound.evaluation._types import (
    Case,
    CaseResult,
    CaseSet,
    Score,
    Scorer,
    Subject,
    Suite,
    SuiteContext,
    split,
)

__all__ = [
    "Bounded",
    "Case",
    "CaseReport",
    "CaseResult",
    "CaseSet",
    "Comparison",
    "Estimate",
    "GateReport",
    "Interval",
    "Label",
    "OnScored",
    "Score",
    "ScoreError",
    "Scored",
    "Scorer",
    "Step",
    "Subject",
    "Suite",
    "SuiteContext",
    "SuiteReport",
    "bounded",
    "build_suite",
    "clustered",
    "mcnemar",
    "needed",
    "paired",
    "recorded_results",
    "rescore",
    "run_cases",
    "run_suite",
    "score_cases",
    "share",
    "split",
    "summarise",
    "upper_bound",
    "wilson",
]
