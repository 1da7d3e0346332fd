"""Judging cases: what a scorer may answer, and what becomes of a scorer that fails."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import cast

from compound.errors import ProjectError, choices, raised_in_project
from compound.evaluation._types import Case, CaseResult, Score, Scorer, Suite


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One case with what came of it and how it was judged.

    Attributes:
        errors: What scorers did wrong: the score it concerns (empty for all that the scorer had left) and why.
    """

    case: Case
    result: CaseResult
    scores: Sequence[Score]
    errors: Sequence[tuple[str, str]] = ()


def score_cases(
    cases: Sequence[Case], results: Sequence[CaseResult], scorers: Sequence[Scorer], expected: Iterable[str] = ()
) -> list[Scored]:
    """Judge each case by each scorer.

    A scorer that raises, or answers with something that is no score, loses that score and no other: it is absent and
    says why, the case is named, and the rest of the evaluation goes on.

    Args:
        cases: What ran.
        results: What came of each.
        scorers: Each sees every case.
        expected: Scores that every case should have; those that a failed scorer did not reach are absent.
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
    """A scorer's answer as a score, and what is wrong with it."""
    if not isinstance(given, Score):
        return None, f"a scorer yielded {type(given).__name__}, not a Score"
    value: object = given.value
    if value is None:
        return given, ""
    if hasattr(value, "__float__") and not isinstance(value, str):
        number = float(cast("float", value))
        if math.isfinite(number) and 0.0 <= number <= 1.0:
            return (given if type(value) is float else replace(given, value=number)), ""
    what = f"{given.name} is {value!r}, which is no number from 0 to 1"
    return replace(given, value=None, explanation=what), what


def _name(scorer: Scorer) -> str:
    return str(getattr(scorer, "__qualname__", type(scorer).__qualname__)).replace(".<locals>.", ".")


def require_known_scores(suite: Suite, scored: Sequence[Scored], *, is_whole: bool = True) -> None:
    """Refuse a suite that lists a score which its scorers do not make.

    Only runs that did not fail count, and nothing is said where a scorer failed: it may have had the score. Of a part
    of the cases only a name that another one resembles is refused: a score may concern the cases that were left out.

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
            what = f"suite {suite.name}: no scorer yields a score {name!r}"
            raise ProjectError("suite.unknown-score", what, fix=_fix(name, list(made)))


def _fix(name: str, made: Sequence[str]) -> str:
    return f"scores: {choices(made, name)}" if made else "let a scorer yield it, or drop it from `scores`"
