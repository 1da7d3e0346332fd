"""A scorer: is the answer short?"""

from __future__ import annotations

from collections.abc import Iterator

from compound.evaluation import Case, CaseResult, Score, Scorer, SuiteContext


def brevity(context: SuiteContext) -> Scorer:
    """Score `brevity`: 1 where the output has at most 40 characters; absent without an output."""
    del context

    def score(case: Case, result: CaseResult) -> Iterator[Score]:
        del case
        length = None if result.output is None else len(str(result.output.get("answer")))
        yield Score(name="brevity", value=None if length is None else float(length <= 40))

    return score
