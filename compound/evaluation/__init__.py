"""Evaluation: suites of cases, scorers, intervals, comparisons, reports."""

from __future__ import annotations

from compound.evaluation.case_file import read_cases
from compound.evaluation.report import CaseReport, Estimate, GateReport, ScoreError, SuiteReport
from compound.evaluation.types import Case, CaseResult, CaseSet, Score, Scorer, SuiteContext, split

__all__ = [
    "Case",
    "CaseReport",
    "CaseResult",
    "CaseSet",
    "Estimate",
    "GateReport",
    "Score",
    "ScoreError",
    "Scorer",
    "SuiteContext",
    "SuiteReport",
    "read_cases",
    "split",
]
