"""Questions about orders, each with the rows that the tables hold, counted here without SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from compound.evaluation import Case, CaseResult, CaseSet, Score, Scorer, SuiteContext


def load(context: SuiteContext) -> CaseSet:
    """One case a column that orders are counted by."""
    orders = context.rows("orders")
    cases = [
        Case(
            id=f"by-{column}",
            input={"question": f"How many orders has each {column}?"},
            expected={"counts": dict(Counter(str(order[column]) for order in orders))},
        )
        for column in ("status", "country")
    ]
    return CaseSet(cases=cases)


def right_rows(_context: SuiteContext) -> Scorer:
    """Compare the rows of the answer with the expected counts, in any order."""

    def score(case: Case, result: CaseResult) -> Iterator[Score]:
        found = result.values["asking"]["rows"]["rows"]
        counted = {str(label): number for label, number in (row.values() for row in found)}
        yield Score(name="right_rows", value=float(counted == case.expected["counts"]))

    return score
