"""The scorer `equal`: compares a run's output with the expected values."""

from __future__ import annotations

from collections.abc import Iterator

from compound.evaluation.types import Case, CaseResult, Score, Scorer, SuiteContext


def equal(context: SuiteContext) -> Scorer:
    """Score `equal`: 1 if every key of `Case.expected` has that value in the run's output, else 0.

    Absent if the run has no output or the case expects nothing.
    """
    del context
    return _equal


def _equal(case: Case, result: CaseResult) -> Iterator[Score]:
    output = result.output
    if output is None or not case.expected:
        yield Score(name="equal", explanation="the run has no output" if output is None else "the case expects nothing")
        return
    wrong = [name for name, value in case.expected.items() if name not in output or output[name] != value]
    yield Score(
        name="equal",
        value=0.0 if wrong else 1.0,
        explanation=f"differs in {', '.join(wrong)}" if wrong else "",
        details={"wrong": list(wrong)},
    )
