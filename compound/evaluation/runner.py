"""Run cases with bounded concurrency, score the results, report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

import anyio

from compound.errors import CompoundError, ProjectError, raised_in_project
from compound.evaluation.case_file import read_cases
from compound.evaluation.report import SuiteReport, summarise
from compound.evaluation.scoring import Scored, require_known_scores, score_cases
from compound.evaluation.types import Case, CaseResult, CaseSet, Scorer, Subject, Suite, SuiteContext

if TYPE_CHECKING:
    from compound.spec.suite_file import SuiteFile
    from compound.trace.recorder import Recorder

OnResult = Callable[[Case, CaseResult], None]
OnScored = Callable[[str, Sequence[Scored]], None]


def build_suite(spec: SuiteFile, context: SuiteContext, load: Callable[[str], Callable[..., object]]) -> Suite:
    """Build a suite from its file.

    Args:
        spec: The file.
        context: Profile, folders and tables for the suite's code.
        load: Imports `module:function`.

    Raises:
        ProjectError: ``suite.wrong-function``: a function returned a value of the wrong type;
            ``suite.failed-function``: it raised; ``suite.repeated-case``: two cases have the same id.
        DataError: the cases cannot be read.
    """
    cases = _cases(spec, load, context)
    if not isinstance(cases, CaseSet):
        raise ProjectError("suite.wrong-function", f"{spec.cases} returned {type(cases).__name__}, not a CaseSet")
    _require_own_ids(cases)
    scorers: list[Scorer] = []
    for reference in spec.scorers:
        scorer = _called(reference, load, context)
        if not callable(scorer):
            raise ProjectError("suite.wrong-function", f"{reference} did not return a scorer (a function)")
        scorers.append(cast("Scorer", scorer))
    return Suite(
        name=spec.name,
        case_set=cases,
        scorers=scorers,
        scores=tuple(spec.scores),
        gates=spec.gates.get(context.profile, {}),
        graph=spec.graph,
        until=spec.until,
        description=spec.description,
        meanings=spec.scores,
    )


def _cases(spec: SuiteFile, load: Callable[[str], Callable[..., object]], context: SuiteContext) -> object:
    if not spec.cases.endswith(".jsonl"):
        return _called(spec.cases, load, context)
    own = context.root / "evals" / spec.name / spec.cases
    is_named = context.cases is not None and context.cases.suffix == ".jsonl"
    return CaseSet(cases=read_cases(context.cases if is_named and context.cases else own))


def _require_own_ids(cases: CaseSet) -> None:
    """Raise on duplicate ids: runs, traces and scores of a case are found by its id."""
    seen: set[str] = set()
    for case in (*cases.cases, *(case for part in cases.sections.values() for case in part)):
        if case.id in seen:
            what = f"two cases have the id {case.id!r}"
            raise ProjectError("suite.repeated-case", what, fix="give each case a unique id, across all sections")
        seen.add(case.id)


def _called(reference: str, load: Callable[[str], Callable[..., object]], context: SuiteContext) -> object:
    function = load(reference)
    try:
        return function(context)
    except CompoundError:
        raise
    except Exception as error:
        what = f"{reference} raised {type(error).__name__}: {error}"
        fix = "it is called with the SuiteContext when the suite is opened"
        raise ProjectError("suite.failed-function", what, where=raised_in_project(error), fix=fix) from error


async def run_suite(  # noqa: PLR0913 - suite, subject and options
    suite: Suite,
    subject: Subject,
    *,
    profile: str,
    model: str,
    concurrency: int = 8,
    limit: int | None = None,
    details: bool = False,
    recorder: Recorder | None = None,
    on_result: OnResult | None = None,
    on_scored: OnScored | None = None,
) -> SuiteReport:
    """Run and score every case and report; sections are reported separately.

    Args:
        suite: Cases and scorers.
        subject: What is evaluated.
        profile: Profile, for the report.
        model: Provider, for the report.
        concurrency: Cases at the same time.
        limit: Only the first N cases of the headline and of each section.
        details: Include every case in the report.
        recorder: Stores scores with their traces.
        on_result: Called after each case, for a progress bar.
        on_scored: Called with the name and the scored cases of each section; the headline has an empty name.

    Raises:
        ProjectError: ``suite.unknown-score``: the suite lists a score that no scorer yields.
    """
    everything: list[Scored] = []

    async def part(section: str, cases: Sequence[Case]) -> SuiteReport:
        chosen = cases[:limit]
        results = await run_cases(chosen, subject, concurrency=concurrency, on_result=on_result)
        scored = score_cases(chosen, results, suite.scorers, suite.scores)
        everything.extend(scored)
        if recorder is not None:
            record_scores(recorder, suite.name, scored)
        if on_scored is not None:
            on_scored(section, scored)
        return summarise(suite, scored, profile=profile, model=model, details=details)

    report = await part("", suite.case_set.cases)
    sections = {name: await part(name, cases) for name, cases in suite.case_set.sections.items()}
    require_known_scores(suite, everything, is_whole=limit is None)
    bare = {name: section.model_copy(update={"gates": []}) for name, section in sections.items()}
    return report.model_copy(update={"sections": bare, "notes": [*suite.case_set.notes, *report.notes]})


def rescore(
    suite: Suite, results: Mapping[str, CaseResult], *, profile: str, model: str, details: bool = False
) -> SuiteReport:
    """Score recorded results again; nothing is run and no model is called.

    Args:
        suite: Cases and scorers.
        results: Case id to recorded result (`recorded_results`); cases without one are left out and noted.
        profile: Profile, for the report.
        model: Provider, for the report.
        details: Include every case in the report.
    """

    def part(cases: Iterable[Case]) -> SuiteReport:
        known = [case for case in cases if case.id in results]
        scored = score_cases(known, [results[case.id] for case in known], suite.scorers, suite.scores)
        return summarise(suite, scored, profile=profile, model=model, details=details)

    report = part(suite.case_set.cases)
    missing = len(suite.case_set.cases) - report.n
    notes = [*suite.case_set.notes, *report.notes, *([f"{missing} cases have no recorded run"] if missing else [])]
    sections = {name: part(cases) for name, cases in suite.case_set.sections.items()}
    return report.model_copy(update={"sections": sections, "notes": notes})


async def run_cases(
    cases: Sequence[Case], subject: Subject, *, concurrency: int = 8, on_result: OnResult | None = None
) -> list[CaseResult]:
    """Run cases, at most `concurrency` at a time; results in the order of the cases.

    A case that raises becomes a result with status `failed`; the others continue.
    """
    results: dict[int, CaseResult] = {}
    limiter = anyio.Semaphore(max(1, concurrency))

    async def one(index: int, case: Case) -> None:
        try:
            begin = time.perf_counter()
            try:
                result = await subject.run(case)
            except Exception as error:  # noqa: BLE001 - one broken case must not end an evaluation
                what = str(error) if isinstance(error, CompoundError) else f"{type(error).__name__}: {error}"
                seconds = time.perf_counter() - begin
                result = CaseResult(case_id=case.id, status="failed", values={}, error=what, seconds=seconds)
            results[index] = result
            if on_result is not None:
                on_result(case, result)
        finally:
            limiter.release()

    async with anyio.create_task_group() as group:
        for index, case in enumerate(cases):
            await limiter.acquire()
            group.start_soon(one, index, case)
    return [results[index] for index in range(len(cases))]


def record_scores(recorder: Recorder, suite: str, scored: Sequence[Scored]) -> None:
    """Store the scores with the traces they belong to."""
    from compound.trace.recorder import trace_id_of

    for one in scored:
        run_id = one.result.run_id
        for score in one.scores:
            name = f"{suite}.{score.group}.{score.name}" if score.group else f"{suite}.{score.name}"
            recorder.score(
                trace_id=trace_id_of(run_id) if run_id else None,
                run_id=run_id or None,
                example_id=one.case.id,
                name=name,
                value=score.value,
                label=score.label or None,
                explanation=score.explanation or None,
                source="CODE",
            )
