"""A small project with a suite: is the product right?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.commands import command
from tests.support.projects import write_project

GRAPH = """\
compound: graph/v1
name: main
input: {n: int}
context: {factor: int}
output: {n: $times.n}
nodes:
  times: {use: tool, tool: times, in: {n: $input.n, factor: $context.factor}, out: {n: int}}
"""
TOOLS = '''\
from compound.tool import tool


@tool
def times(n: int, factor: int) -> dict[str, int]:
    """Multiply."""
    if n == 13:
        raise ValueError("unlucky")
    return {"n": n * factor}
'''
CASES = """\
from compound.evaluation import Case, CaseSet, SuiteContext


def load(context: SuiteContext) -> CaseSet:
    return CaseSet(cases=[
        Case(id=f"case-{n}", input={"n": n}, expected={"n": 2 * n}, **({"context": {"factor": 3}} if n == 2 else {}))
        for n in range(4)
    ])
"""
SCORERS = """\
import math
from collections.abc import Iterator

from compound.evaluation import Case, CaseResult, Score, SuiteContext


def right(context: SuiteContext):
    def score(case: Case, result: CaseResult) -> Iterator[Score]:
        output = result.output or {}
        yield Score(name="right", value=float(output.get("n") == case.expected["n"]))

    return score


def broken(context: SuiteContext):
    def score(case: Case, result: CaseResult) -> Iterator[Score]:
        yield Score(name="right", value=1.0)
        if case.id == "case-1":
            raise ZeroDivisionError("by nothing")
        yield Score(name="share", value={"case-2": math.nan, "case-3": 7.0}.get(case.id, 0.5))

    return score
"""
SUITE = """\
compound: suite/v1
name: sums
description: Is the product right?
cases: cases:load
scorers: [scorers:right]
scores: {right: is it right}
"""


def project_of(root: Path, suite: str = SUITE) -> Path:
    return write_project(
        root,
        {
            "graphs/main.yaml": GRAPH,
            "tools/sums.py": TOOLS,
            "evals/sums/cases.py": CASES,
            "evals/sums/scorers.py": SCORERS,
            "evals/sums/suite.yaml": suite,
        },
    )


def evaluated(root: Path, *flags: str) -> tuple[int, dict[str, Any]]:
    result = command(["eval", "sums", "--json", "-", *flags], env={"COMPOUND_ROOT": str(root)})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, json.loads(result.stdout)
