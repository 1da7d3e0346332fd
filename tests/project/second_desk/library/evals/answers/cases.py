"""Letters of readers, with what a librarian did about them."""

import json
from pathlib import Path
from typing import Any

from compound.evaluation import Case, CaseResult, CaseSet, Score, SuiteContext

DID: dict[str, Any] = {
    "brief-1": [("extend_loan", "L-1")],
    "brief-2": [("waive_fee", "L-3")],
    "brief-3": [],
    "brief-4": [("extend_loan", "L-4")],
}


def load(context: SuiteContext) -> CaseSet:
    lines = (Path(context.root) / "letters.jsonl").read_text(encoding="utf-8").splitlines()
    letters = [json.loads(line) for line in lines]
    return CaseSet(
        cases=[Case(id=one["id"], input={"ticket": one}, expected={"did": DID[one["id"]]}) for one in letters]
    )


def same_actions(context: SuiteContext) -> Any:
    def score(case: Case, result: CaseResult) -> list[Score]:
        plan: Any = result.values["plan"]
        did = [(one["name"], one["arguments"]["loan"]) for one in plan["actions"]]
        return [Score(name="same_actions", value=float(did == case.expected["did"]))]

    return score
