"""Examples: suites and their reports."""

from pathlib import Path


def test_a_suite() -> None:
    """evaluation.Case, evaluation.CaseSet, evaluation.CaseResult, evaluation.Score, evaluation.Scorer,
    evaluation.SuiteContext"""
    from collections.abc import Iterator

    from compound.evaluation import Case, CaseResult, CaseSet, Score, Scorer, SuiteContext

    def load(context: SuiteContext) -> CaseSet:
        """`cases: cases:load` of suite.yaml."""
        del context
        return CaseSet(
            cases=[Case(id="hoses", input={"question": "Where are the hoses?"}, expected={"fact": "green shed"})]
        )

    def says_fact(context: SuiteContext) -> Scorer:
        """`scorers: [cases:says_fact]`."""
        del context

        def score(case: Case, result: CaseResult) -> Iterator[Score]:
            yield Score(name="says_fact", value=float(str(case.expected["fact"]) in str(result.output)))

        return score

    assert callable(load)
    assert callable(says_fact)


def test_a_report() -> None:
    """evaluation.SuiteReport, evaluation.CaseReport, evaluation.Estimate, evaluation.GateReport, evaluation.ScoreError"""
    from contextlib import closing

    from compound import Project
    from compound.evaluation import CaseReport, Estimate, GateReport, ScoreError, SuiteReport

    with closing(Project.open()) as project:
        project.index()
        report: SuiteReport = project.evaluate("answers", details=True)
    estimate: Estimate = report.scores["right_source"]
    cases: list[CaseReport] = report.cases
    gates: list[GateReport] = report.gates
    errors: list[ScoreError] = report.errors
    assert (estimate.n, estimate.value, len(cases)) == (6, 1.0, 6)
    assert estimate.low is not None
    assert estimate.low < 1  # six cases prove little
    assert (gates, errors) == ([], [])


def test_cases_of_a_file(tmp_path: Path) -> None:
    """evaluation.read_cases"""
    from compound.evaluation import read_cases

    file = tmp_path / "cases.jsonl"
    file.write_text('{"id": "one", "input": {"text": "hi"}, "expected": {"text": "HI"}}\n')
    [case] = read_cases(file)
    assert (case.id, case.expected) == ("one", {"text": "HI"})


def test_a_split() -> None:
    """evaluation.split"""
    from compound.evaluation import split

    keys = [f"customer {at}" for at in range(100)]
    held_out = [key for key in keys if split(key) == "heldout"]
    assert 0 < len(held_out) < 100
    assert held_out == [key for key in keys if split(key) == "heldout"]  # the same customers every time
