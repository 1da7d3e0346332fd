"""Questions about orders, each with the rows that the tables hold, counted here without SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from compound.evaluation import Case, CaseResult, CaseSet, Score, Scorer, SuiteContext


def load(context: SuiteContext) -> CaseSet:
    """One case a column that orders are counted by."""
    orders = context.rows("orders")
    cases = [
        Case(
            id=f"by-{column}",
            input={"question": f"How many orders has each {column}?"},
            expected=dict(Counter(str(order[column]) for order in orders)),
        )
        for column in ("status", "country")
    ]
    return CaseSet(cases=cases)


def right_rows(_context: SuiteContext) -> Scorer:
    """Compare the rows of the answer with the expected counts, in any order."""

    def score(case: Case, result: CaseResult) -> Iterator[Score]:
        found, counts = both(case, result)
        counted = {str(label): number for label, number in (row.values() for row in found)}
        yield Score(name="right_rows", value=float(counted == counts))

    return score


def both(case: Case, result: CaseResult) -> tuple[Any, Any]:
    """The rows that the graph's node `asking` found, and the counts that the case expects."""
    asking: Any = result.values["asking"]
    return asking["rows"]["rows"], case.expected
