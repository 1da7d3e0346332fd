"""Scoring cases, and handling scorers that fail."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import cast

from compound.errors import ProjectError, choices, raised_in_project
from compound.evaluation.types import Case, CaseResult, Score, Scorer, Suite


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A case with its result and scores.

    Attributes:
        errors: Errors of scorers: the score (empty for all remaining scores of the scorer) and the reason.
    """

    case: Case
    result: CaseResult
    scores: Sequence[Score]
    errors: Sequence[tuple[str, str]] = ()


def score_cases(
    cases: Sequence[Case], results: Sequence[CaseResult], scorers: Sequence[Scorer], expected: Iterable[str] = ()
) -> list[Scored]:
    """Score each case with each scorer.

    A scorer that raises, or yields something that is not a score, loses only that score: it is absent with a reason,
    the case is named, and the evaluation continues.

    Args:
        cases: The cases.
        results: Result of each case.
        scorers: Each sees every case.
        expected: Scores that every case should have; those that a failed scorer did not yield are absent.
    """
    wanted = tuple(expected)
    return [_judged(case, result, scorers, wanted) for case, result in zip(cases, results, strict=True)]


def _judged(case: Case, result: CaseResult, scorers: Sequence[Scorer], wanted: Sequence[str]) -> Scored:
    scores: list[Score] = []
    errors: list[tuple[str, str]] = []
    for scorer in scorers:
        try:
            for given in cast("Iterable[object]", scorer(case, result)):
                score, problem = _checked(given)
                if score is not None:
                    scores.append(score)
                if problem:
                    errors.append((score.name if score is not None else "", problem))
        except Exception as error:  # noqa: BLE001 - a broken scorer must not end an evaluation
            place = raised_in_project(error)
            what = f"{_name(scorer)} raised {type(error).__name__}: {error}"
            errors.append(("", f"{place}: {what}" if place else what))
    general = [problem for name, problem in errors if not name]
    if general:
        there = {score.name for score in scores if not score.group}
        scores += [Score(name=name, explanation=general[0]) for name in wanted if name not in there]
    return Scored(case=case, result=result, scores=scores, errors=errors)


def _checked(given: object) -> tuple[Score | None, str]:
    """A yielded value as a score, or what is wrong with it."""
    if not isinstance(given, Score):
        return None, f"a scorer yielded {type(given).__name__}, not a Score"
    value: object = given.value
    if value is None:
        return given, ""
    if hasattr(value, "__float__") and not isinstance(value, str):
        number = float(cast("float", value))
        if math.isfinite(number) and 0.0 <= number <= 1.0:
            return (given if type(value) is float else replace(given, value=number)), ""
    what = f"{given.name} is {value!r}, which is not a number from 0 to 1"
    return replace(given, value=None, explanation=what), what


def _name(scorer: Scorer) -> str:
    return str(getattr(scorer, "__qualname__", type(scorer).__qualname__)).replace(".<locals>.", ".")


def require_known_scores(suite: Suite, scored: Sequence[Scored], *, is_whole: bool = True) -> None:
    """Raise if a suite lists a score that its scorers do not yield.

    Only successful runs count, and nothing is raised if a scorer failed: it may yield the score. For a subset of the
    cases, only a name similar to a known score is refused: the score may belong to the other cases.

    Raises:
        ProjectError: ``suite.unknown-score``.
    """
    from difflib import get_close_matches

    seen = [one for one in scored if one.result.status != "failed"]
    if not seen or any(not name for one in scored for name, _ in one.errors):
        return
    made = {score.name: True for one in scored for score in one.scores if not score.group}
    others = [name for name in made if name not in suite.scores]
    for name in suite.scores:
        if name not in made and (is_whole or get_close_matches(name, others)):
            what = f"suite {suite.name}: no scorer yields the score {name!r}"
            raise ProjectError("suite.unknown-score", what, fix=_fix(name, list(made)))


def _fix(name: str, made: Sequence[str]) -> str:
    return f"scores: {choices(made, name)}" if made else "let a scorer yield it, or drop it from `scores`"
