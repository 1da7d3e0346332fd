from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from compound.errors import NodeError, ProjectError
from compound.evaluation import Case, CaseResult, CaseSet, Estimate, Score, SuiteContext
from compound.evaluation.recorded import recorded_results
from compound.evaluation.report import judge
from compound.evaluation.runner import build_suite, rescore, run_cases, run_suite
from compound.evaluation.types import Suite
from compound.spec.suite_file import Gate, SuiteFile, read_suite_file
from compound.trace.recorder import Recorder
from compound.trace.store import MemoryStore

CONTEXT = SuiteContext(root=Path(), profile="p", cases=Path(), rows=lambda _: [])

SUITE = """
compound: suite/v1
name: small
cases: cases:load
scorers: [scorers:right]
scores: {right: is it right, judged: what the judge says}
gates: {p: {right: {at_least: 0.5}}}
"""


def _case(name: str, expected: int = 1, cluster: str | None = None) -> Case:
    return Case(id=name, input={"n": 1}, expected={"n": expected}, cluster_id=cluster)


def _right(case: Case, result: CaseResult) -> Iterator[Score]:
    answer = result.values.get("answer")
    yield Score(name="right", value=float(answer == case.expected["n"]))
    yield Score(name="judged", value=None, explanation="the judge abstained")
    yield Score(name="lane", label=result.status, group="lane")
    yield Score(name="kind", value=1.0, group="action")


class Subject:
    def __init__(self, recorder: Recorder | None = None) -> None:
        self.running = 0
        self.most = 0
        self.recorder = recorder

    async def run(self, case: Case) -> CaseResult:
        self.running += 1
        self.most = max(self.most, self.running)
        await anyio.sleep(0.002)
        self.running -= 1
        if case.id == "broken":
            raise NodeError("node.broken", "no answer", node="answer", run_id="r")
        if case.id == "odd":
            raise ZeroDivisionError("division")
        run_id = f"run {case.id}"
        if self.recorder is not None:
            run = self.recorder.run(graph_name="g", graph_hash="h", run_id=run_id, thread_id="t", example_id=case.id)
            with run, self.recorder.node("answer", kind="tool") as node:
                node.output(1)
                run.pause("review")
        return CaseResult(case_id=case.id, status="waiting_review", values={"answer": 1}, run_id=run_id, cost_usd=0.5)


def _suite(*cases: Case, **sections: list[Case]) -> Suite:
    return Suite(
        name="small",
        case_set=CaseSet(cases=cases, sections=sections, notes=["a note"]),
        scorers=[_right],
        scores=("right", "judged"),
        gates={"right": Gate(at_least=0.5)},
    )


def test_cases_run_bounded_in_order_and_a_broken_one_is_a_result() -> None:
    subject = Subject()
    cases = [_case(str(n)) for n in range(12)] + [_case("broken"), _case("odd")]
    seen: list[str] = []
    results = anyio.run(
        lambda: run_cases(cases, subject, concurrency=3, on_result=lambda case, _: seen.append(case.id))
    )
    assert [result.case_id for result in results] == [case.id for case in cases]
    assert subject.most == 3
    assert sorted(seen) == sorted(case.id for case in cases)
    assert results[-2].status == results[-1].status == "failed"
    assert "node.broken" in results[-2].error
    assert results[-1].error == "ZeroDivisionError: division"


def test_a_report_counts_what_is_there_and_nothing_else() -> None:
    suite = _suite(_case("a"), _case("b", 2), _case("broken"), extra=[_case("x")])
    report = anyio.run(lambda: run_suite(suite, Subject(), profile="p", model="offline", details=True))
    right = report.scores["right"]
    assert (right.value, right.n, right.method) == (pytest.approx(1 / 3), 3, "wilson")
    assert (report.scores["judged"].value, report.scores["judged"].n) == (None, 0)
    assert report.labels["lane"] == {"failed": 1, "waiting_review": 2}
    assert report.groups["action"]["kind"].n == 3
    assert report.notes == ["a note"]
    assert report.cost_usd == 1.0
    assert report.sections["extra"].n == 1
    assert report.sections["extra"].gates == []
    assert report.gates[0].verdict == "INCONCLUSIVE"
    assert [case.id for case in report.cases] == ["a", "b", "broken"]
    assert report.cases[0].scores == {"right": 1.0, "judged": None}
    assert set(report.model_dump()) >= {"suite", "profile", "model", "scores", "groups", "labels", "n"}
    short = anyio.run(lambda: run_suite(suite, Subject(), profile="p", model="offline", limit=1))
    assert (short.n, short.cases) == (1, [])


def test_stored_traces_are_judged_again_without_running() -> None:
    store = MemoryStore()
    recorder = Recorder(store)
    suite = _suite(_case("a"), _case("b", 2), section=[_case("s")])
    first = anyio.run(lambda: run_suite(suite, Subject(recorder), profile="p", model="offline", recorder=recorder))
    results = recorded_results(store)
    assert results["a"].values == {"answer": 1}
    assert (results["a"].status, results["a"].run_id) == ("waiting_review", "run a")
    again = rescore(suite, results, profile="p", model="offline")
    assert again.scores == first.scores
    assert again.sections["section"].n == 1
    fewer = rescore(suite, {"a": results["a"]}, profile="p", model="offline")
    assert fewer.n == 1
    assert "1 cases have no recorded run" in fewer.notes
    scores = store.sql("SELECT run_id, value FROM scores WHERE name = 'small.right' ORDER BY run_id").rows
    assert scores == (("run a", 1.0), ("run b", 0.0), ("run s", 1.0))


def test_a_recorded_failure_is_a_failed_result() -> None:
    store = MemoryStore()
    recorder = Recorder(store)
    run = recorder.run(graph_name="g", graph_hash="h", run_id="r", thread_id="t", example_id="a")
    with pytest.raises(ZeroDivisionError), run:
        raise ZeroDivisionError("division")
    result = recorded_results(store)["a"]
    assert (result.status, result.error, result.values) == ("failed", "ZeroDivisionError: division", {})


@pytest.mark.parametrize(
    ("low", "high", "gate", "verdict"),
    [
        (0.6, 0.8, Gate(at_least=0.5), "PASS"),
        (0.3, 0.4, Gate(at_least=0.5), "FAIL"),
        (0.4, 0.6, Gate(at_least=0.5), "INCONCLUSIVE"),
        (0.0, 0.01, Gate(at_most=0.02), "PASS"),
        (0.03, 0.1, Gate(at_most=0.02), "FAIL"),
        (0.0, 0.1, Gate(at_most=0.02), "INCONCLUSIVE"),
        (0.6, 0.8, Gate(at_least=0.5, at_most=0.9), "PASS"),
        (None, None, Gate(at_most=0.02), "INCONCLUSIVE"),
    ],
)
def test_a_gate_answers_only_when_the_interval_does(
    low: float | None, high: float | None, gate: Gate, verdict: str
) -> None:
    score = Estimate(value=low, n=1, low=low, high=high, method="wilson", clusters=1)
    assert judge("x", score, gate).verdict == verdict


def _always(value: object) -> Callable[[SuiteContext], object]:
    def load(context: SuiteContext) -> object:
        assert context.profile == "p"
        return value

    return load


def _write(folder: Path, text: str) -> Path:
    path = folder / "suite.yaml"
    path.write_text(text)
    return path


def test_a_suite_is_built_from_its_file(tmp_path: Path) -> None:
    spec = read_suite_file(_write(tmp_path, SUITE))
    functions: dict[str, Any] = {
        "cases:load": _always(CaseSet(cases=[_case("a")])),
        "scorers:right": _always(_right),
    }
    suite = build_suite(spec, CONTEXT, functions.__getitem__)
    assert (suite.name, list(suite.scores), suite.gates) == (
        "small",
        ["right", "judged"],
        {"right": Gate(at_least=0.5)},
    )
    for name in functions:
        with pytest.raises(ProjectError) as caught:
            build_suite(spec, CONTEXT, {**functions, name: _always(7)}.__getitem__)
        assert caught.value.code == "suite.wrong-function"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("name: small", "nmae: small", 3),
        ("scorers: [scorers:right]", "scorers: []", 5),
        ("cases: cases:load", "cases: load", 4),
        ("{right: {at_least: 0.5}}", "{wrong: {at_least: 0.5}}", 0),
        ("at_least: 0.5", "at_least: 5", 7),
    ],
)
def test_a_mistake_in_a_suite_file_has_its_place(old: str, new: str, line: int, tmp_path: Path) -> None:
    path = _write(tmp_path, SUITE.replace(old, new))
    with pytest.raises(ProjectError) as caught:
        read_suite_file(path, "evals/small/suite.yaml")
    assert caught.value.code == "suite.invalid"
    assert caught.value.where is not None
    assert caught.value.where.file == "evals/small/suite.yaml"
    if line:
        assert caught.value.where.line in {line, line - 1, 2, 3}
    assert caught.value.fix


def test_the_schema_names_every_key() -> None:
    assert {"cases", "scorers", "gates"} <= set(SuiteFile.model_json_schema()["properties"])
