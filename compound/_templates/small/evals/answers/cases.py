"""Questions, each with the document that answers it and words that the answer must contain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compound.evaluation import Case, CaseResult, CaseSet, Score, Scorer, SuiteContext

QUESTIONS = (
    ("On which days may I water my plot in July?", "Water", "Monday, Wednesday and Friday"),
    ("Where are the hoses?", "Water", "green shed"),
    ("Who do I call when a tap leaks?", "Water", "extension 12"),
    ("How much is the yearly fee?", "Plots", "40 euros"),
    ("How do I give my plot back?", "Plots", "before 1 November"),
    ("Do you sell strawberries?", None, None),
)


def load(_context: SuiteContext) -> CaseSet:
    """One case a question."""
    cases = [
        Case(
            id=f"question-{number}",
            input={"id": f"Q-{number}", "question": question},
            expected={"source": source, "fact": fact},
        )
        for number, (question, source, fact) in enumerate(QUESTIONS, start=1)
    ]
    return CaseSet(cases=cases)


def right_source(_context: SuiteContext) -> Scorer:
    """Compare the document that the answer names with the expected one."""

    def score(case: Case, result: CaseResult) -> Iterator[Score]:
        answer, expected = both(case, result)
        yield Score(name="right_source", value=float(answer["source"] == expected["source"]))

    return score


def says_fact(_context: SuiteContext) -> Scorer:
    """Look for the expected words in the answer; a question that no document answers has no such score."""

    def score(case: Case, result: CaseResult) -> Iterator[Score]:
        answer, expected = both(case, result)
        if expected["fact"] is not None:
            yield Score(name="says_fact", value=float(expected["fact"] in answer["text"]))

    return score


def both(case: Case, result: CaseResult) -> tuple[Any, Any]:
    """The value of the graph's node `answer`, and what the case expects."""
    return result.values["answer"], case.expected
