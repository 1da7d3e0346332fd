"""Suites as their authors use them: files of a small project, `compound eval`, its report and exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from compound.errors import CompoundError
from tests.support.commands import command
from tests.unit.project.evaluation.sums import CASES, SUITE, evaluated, project_of


def test_a_suite_needs_no_shop_no_cases_folder_no_lakehouse_and_takes_a_context(tmp_path: Path) -> None:
    code, report = evaluated(project_of(tmp_path), "--context", "factor=2")
    assert (code, report["n"], report["scores"]["right"]["value"]) == (0, 4, 0.75)  # one case has a factor of its own
    assert report["description"] == "Is the product right?"
    assert report["meanings"] == {"right": "is it right"}
    assert report["seconds_per_case"] > 0
    assert report["cost_usd"] == 0
    assert report["errors"] == []


def test_a_context_that_is_none_of_the_graph_is_refused_before_a_case_runs(tmp_path: Path) -> None:
    with pytest.raises(CompoundError, match="'facter' is not in the context of main") as caught:
        evaluated(project_of(tmp_path), "--context", "facter=2")
    assert "did you mean 'factor'" in caught.value.fix
    code, report = evaluated(tmp_path)  # without it every case but one fails, and says why
    assert (code, report["scores"]["right"]["value"]) == (0, 0.0)


def test_a_suite_that_wants_a_cases_folder_says_so(tmp_path: Path) -> None:
    text = CASES.replace("return CaseSet", "context.cases_folder\n    return CaseSet")
    (project_of(tmp_path) / "evals/sums/cases.py").write_text(text)
    with pytest.raises(CompoundError) as caught:
        evaluated(tmp_path)
    assert caught.value.code == "project.no-cases"
    assert evaluated(tmp_path, "--cases", str(tmp_path), "--context", "factor=2")[0] == 0


def test_a_profile_without_data_and_without_a_generator_is_told_what_to_do(tmp_path: Path) -> None:
    text = CASES.replace("return CaseSet", "context.rows('orders')\n    return CaseSet")
    (project_of(tmp_path) / "evals/sums/cases.py").write_text(text)
    with pytest.raises(CompoundError) as caught:
        evaluated(tmp_path)
    assert caught.value.code == "lakehouse.missing"
    assert "[tool.compound.profiles.plain]" in caught.value.fix


@pytest.mark.parametrize(
    ("gate", "flags", "code"),
    [
        ("at_least: 0.05", [], 0),
        ("at_most: 0.1", [], 1),
        ("at_least: 0.5", [], 3),
        ("at_least: 0.5", ["--allow-inconclusive"], 0),
        ("at_most: 0.1", ["--allow-inconclusive"], 1),
        ("at_most: 0.1", ["--exit-zero"], 0),
        ("at_least: 0.5", ["--exit-zero"], 0),
    ],
)
def test_the_exit_code_says_what_the_gates_say(gate: str, flags: list[str], code: int, tmp_path: Path) -> None:
    root = project_of(tmp_path, SUITE + f"gates: {{plain: {{right: {{{gate}}}}}}}\n")
    assert evaluated(root, "--context", "factor=2", *flags)[0] == code


def test_one_failed_gate_among_inconclusive_ones_exits_1(tmp_path: Path) -> None:
    suite = SUITE.replace("[scorers:right]", "[scorers:right, scorers:broken]").replace("right}", "right, share: s}")
    root = project_of(tmp_path, suite + "gates: {plain: {right: {at_most: 0.2}, share: {at_least: 0.5}}}\n")
    code, report = evaluated(root, "--context", "factor=2")
    assert (code, [gate["verdict"] for gate in report["gates"]]) == (1, ["FAIL", "INCONCLUSIVE"])


def test_a_scorer_that_fails_costs_its_score_and_nothing_else(tmp_path: Path) -> None:
    suite = SUITE.replace("scorers:right", "scorers:broken").replace("{right: is it right}", "{right: r, share: s}")
    code, report = evaluated(project_of(tmp_path, suite), "--context", "factor=2", "--details")
    assert (code, report["scores"]["right"]["n"], report["scores"]["share"]["n"]) == (0, 4, 1)
    told = {(error["case"], error["score"]): error["error"] for error in report["errors"]}
    assert set(told) == {("case-1", ""), ("case-2", "share"), ("case-3", "share")}
    assert "ZeroDivisionError: by nothing" in told["case-1", ""]
    assert told["case-1", ""].startswith("evals/sums/scorers.py:19")
    assert "nan" in told["case-2", "share"]
    assert "7.0" in told["case-3", "share"]
    scores = {case["id"]: case["scores"]["share"] for case in report["cases"]}
    assert scores == {"case-0": 0.5, "case-1": None, "case-2": None, "case-3": None}
    result = command(["eval", "sums", "--context", "factor=2"], env={"COMPOUND_ROOT": str(tmp_path)})
    assert "error: case case-1: evals/sums/scorers.py:19" in result.stdout


@pytest.mark.parametrize(
    ("old", "new", "code", "helps"),
    [
        ("{right: is it right}", "{rigth: is it right}", "suite.unknown-score", "did you mean 'right'?"),
        ("scores: {", "gates: {plain: {rihgt: {at_least: 1}}}\nscores: {", "suite.invalid", "did you mean 'right'?"),
        ("scores: {", "gates: {plane: {right: {at_least: 1}}}\nscores: {", "suite.invalid", "did you mean 'plain'?"),
        ("name: sums", "name: sum", "suite.invalid", "name: sums"),
        ("cases:load", "cases:laod", "project.unknown-function", "load"),
    ],
)
def test_a_misspelt_name_is_an_error_with_choices(old: str, new: str, code: str, helps: str, tmp_path: Path) -> None:
    with pytest.raises(CompoundError) as caught:
        evaluated(project_of(tmp_path, SUITE.replace(old, new)), "--context", "factor=2")
    assert caught.value.code == code
    assert helps in caught.value.fix


def test_a_function_of_a_suite_that_raises_is_named_with_its_line(tmp_path: Path) -> None:
    (project_of(tmp_path) / "evals/sums/cases.py").write_text(
        CASES.replace("return CaseSet", "1 / 0\n    return CaseSet")
    )
    with pytest.raises(CompoundError, match=r"cases:load raised ZeroDivisionError") as caught:
        evaluated(tmp_path)
    assert (caught.value.code, str(caught.value.where)) == ("suite.failed-function", "evals/sums/cases.py:5")


def test_two_cases_of_one_name_are_refused(tmp_path: Path) -> None:
    (project_of(tmp_path) / "evals/sums/cases.py").write_text(CASES.replace("range(4)", "(1, 3, 1)"))
    with pytest.raises(CompoundError, match="two cases have the id 'case-1'"):
        evaluated(tmp_path)


def test_a_failed_run_is_a_failed_case_of_a_whole_report(tmp_path: Path) -> None:
    (project_of(tmp_path) / "evals/sums/cases.py").write_text(CASES.replace("range(4)", "(1, 13)"))
    _, report = evaluated(tmp_path, "--context", "factor=2", "--details")
    by_id = {case["id"]: case for case in report["cases"]}
    assert [case["status"] for case in report["cases"]] == ["done", "failed"]
    assert "unlucky" in by_id["case-13"]["error"]


SECTIONED = """\
from compound.evaluation import Case, CaseSet, SuiteContext


def load(context: SuiteContext) -> CaseSet:
    def case(n: int, right: bool, kind: str) -> Case:
        return Case(id=f"{kind}-{n}", input={"n": n}, expected={"n": 2 * n if right else -1}, tags={"kind": kind})

    easy = [case(n, True, "easy") for n in range(20)]
    odd = [case(n, n % 2 == 0, "odd") for n in range(20, 24)]
    return CaseSet(cases=[*easy, *odd], sections={"natural": [case(n, n < 2, "natural") for n in range(8)]})
"""


def test_a_headline_never_stands_alone_where_there_are_sections_and_kinds_of_cases(tmp_path: Path) -> None:
    root = project_of(tmp_path)
    (root / "evals/sums/cases.py").write_text(SECTIONED)
    flags = ("--context", "factor=2")
    _, report = evaluated(root, *flags)
    assert report["sections"]["natural"]["scores"]["right"]["value"] == 0.25
    slices = report["slices"]["kind"]
    assert {kind: (one["right"]["value"], one["right"]["n"]) for kind, one in slices.items()} == {
        "easy": (0.95, 20),  # 13 is unlucky
        "odd": (0.5, 4),
    }
    result = command(["eval", "sums", *flags], env={"COMPOUND_ROOT": str(root), "COLUMNS": "120"})
    said = result.stdout
    assert "by section" in said
    assert "natural" in said
    assert "0.250" in said
    assert "right by kind" in said
    assert said.index("by section") > said.index("suite sums")
