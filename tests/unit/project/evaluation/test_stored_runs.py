"""Every run of a suite is stored: its report, its cases, and the difference from another run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from compound.connector.state import tables
from compound.errors import DataError
from compound.project import Project
from compound.project.settings.settings import load_settings
from tests.support.projects import write_project

GRAPH = """\
compound: graph/v1
name: main
input: {n: int}
output: {n: $double.n}
nodes:
  double: {use: tool, tool: double, in: {n: $input.n}, out: {n: int}}
"""
TOOLS = '''\
from compound.tool import tool


@tool
def double(n: int) -> dict[str, int]:
    """Double, but for large numbers."""
    if n == 13:
        raise ValueError("unlucky")
    return {"n": n * 2 if n < LIMIT else n}


LIMIT = 3
'''
CASES = """\
from compound.evaluation import Case, CaseSet, Score, SuiteContext


def load(context: SuiteContext) -> CaseSet:
    def case(n, kind):
        return Case(id=f"{kind}-{n}", input={"n": n}, expected={"n": 2 * n}, cluster_id="ann@x.example",
                    tags={"kind": "small" if n < 3 else "large"})
    return CaseSet(cases=[case(n, "head") for n in (1, 2, 4)], sections={"odd": [case(13, "odd"), case(1, "odd")]})


def right(context: SuiteContext):
    def score(case, result):
        value = (result.output or {}).get("n")
        if result.status != "failed":
            yield Score(name="right", value=float(value == case.expected["n"]), explanation=f"got {value}")
            yield Score(name="wrong", value=float(value != case.expected["n"]))
        else:
            yield Score(name="right", value=0.0, explanation="it failed")
            yield Score(name="wrong", value=1.0)

    return score
"""
SUITE = """\
compound: suite/v1
name: sums
until: end
cases: cases:load
scorers: [cases:right]
scores: {right: Whether the number is doubled., wrong: Whether it is not.}
gates:
  plain:
    right: {at_least: 0.99}
    wrong: {at_most: 0.9}
"""
FILES = {
    "graphs/main.yaml": GRAPH,
    "tools/sums.py": TOOLS,
    "evals/sums/suite.yaml": SUITE,
    "evals/sums/cases.py": CASES,
}


def suite_project(root: Path) -> Path:
    return write_project(root, FILES)


@contextmanager
def opened(root: Path) -> Generator[Project]:
    with closing(Project(load_settings(root, environ={}))) as project:
        yield project


def run_suite(root: Path) -> None:
    """`compound eval`, in a process of its own."""
    command = [sys.executable, "-m", "compound", "eval", "sums", "--exit-zero"]
    subprocess.run(command, cwd=root, check=True, capture_output=True)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs: the second one of a tool that is right about large numbers and wrong about 1."""
    root = suite_project(tmp_path_factory.mktemp("suite"))
    run_suite(root)
    tools = root / "tools/sums.py"
    tools.write_text(tools.read_text().replace("n * 2 if n < LIMIT else n", "n * 2 if n > 1 else 7"))
    run_suite(root)
    return root


def test_runs_are_listed_with_their_scores(root: Path) -> None:
    with opened(root) as project:
        new, old = project.suite_runs().list()
        assert (new.suite, new.graph, new.n, new.main) == ("sums", "main", 3, "right")
        assert old.report.scores["right"].value == pytest.approx(2 / 3)
        assert old.verdict in ("FAIL", "INCONCLUSIVE")
        assert old.worst_section() == "odd"
        assert old.lower_is_better == {"wrong"}
        assert project.suite_runs().list(suite="nothing") == []


def test_failing_cases_say_what_was_expected_what_came_and_why(root: Path) -> None:
    with opened(root) as project:
        runs = project.suite_runs()
        old = runs.list()[1]
        cases, more = runs.failing(old)
        assert ([(one.section, one.case_id) for one in cases], more) == ([("", "head-4"), ("odd", "odd-13")], None)
        first, second = cases
        assert (first.expected, first.got, first.why["right"]) == ({"n": 8}, {"n": 4}, "got 4")
        assert (first.failed, first.run_id.startswith("eval-")) == (["right", "wrong"], True)
        assert (second.status, "unlucky" in second.error) == ("failed", True)
        page, after = runs.failing(old, limit=1)
        assert ([one.case_id for one in page], after) == (["head-4"], 2)
        assert [one.case_id for one in runs.failing(old, after=2)[0]] == ["odd-13"]
        assert [one.case_id for one in runs.failing(old, section="odd", score="wrong")[0]] == ["odd-13"]


def test_two_runs_are_compared_case_by_case(root: Path) -> None:
    with opened(root) as project:
        runs = project.suite_runs()
        new, old = runs.list()
        found = runs.compare(old.suite_run_id, new.suite_run_id)
        assert (set(found.better), set(found.worse)) == ({"head-4"}, {"head-1", "odd-1"})
        right = found.differences["right"]
        assert (right.n, right.difference) == (5, pytest.approx(-0.2))
        with pytest.raises(DataError, match="nope"):
            runs.compare(old.suite_run_id, "nope")


def test_what_cases_quote_is_removed_with_the_person(root: Path) -> None:
    with opened(root) as project:
        with project.resources.state.read() as db:
            kept = db.execute(sa.select(tables.suite_case.c.cluster_id)).scalars().all()
        assert "ann@x.example" not in str(kept)
        assert len(set(kept)) == 1
        report = project.erase(["got 4"])
        assert report.found == {}
        old = project.suite_runs().list()[1]
        first = project.suite_runs().failing(old)[0][0]
        assert (first.case_id, first.why, first.expected) == ("head-4", {}, None)
