"""A suite over the project's graph: cases run to the review on a shop of their own, nothing is changed."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from compound.errors import CompoundError, ProjectError, choices
from compound.evaluation import Case, CaseResult, SuiteContext, SuiteReport, build_suite, run_suite
from compound.project._open import Resources
from compound.project._parts import EVALS
from compound.project._services import ProjectServices

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.evaluation import OnScored
    from compound.graph import Engine
    from compound.model import Gateway
    from compound.spec.suite_file import SuiteFile


class EvaluationResources(Resources):
    """A project opened for evaluation: an untouched shop, and calls that no crash has to outlive."""

    @cached_property
    def gateway(self) -> Gateway:
        """The door to models, with a journal in memory: every evaluation asks anew."""
        from compound.model import MemoryJournal, open_gateway

        _ = self.parts.functions
        return open_gateway(self.models, provider=self.settings.profile.model, journal=MemoryJournal())


class GraphSubject:
    """Runs a case to the graph's first review."""

    def __init__(self, engine: Engine, epoch: str) -> None:
        self._engine = engine
        self._epoch = epoch

    async def run(self, case: Case) -> CaseResult:
        """Run one case; a failed node is a failed case, with what ran before it."""
        run_id = f"{self._epoch}-{case.id}"
        try:
            result = await self._engine.run(case.input, run_id=run_id, until="review", example_id=case.id)
        except CompoundError as error:
            return CaseResult(case_id=case.id, status="failed", values={}, run_id=run_id, error=str(error))
        return CaseResult(
            case_id=case.id,
            status="failed" if result.status == "failed" else "waiting_review",
            values=result.values,
            run_id=run_id,
            error=str(result.error) if result.error else "",
            auto=result.auto,
            auto_scores=result.auto_scores,
        )


def suite_file(resources: Resources, suite_name: str) -> SuiteFile:
    """A suite's file.

    Raises:
        ProjectError: `project.unknown-suite`, or the file is wrong.
    """
    from compound.spec.suite_file import read_suite_file

    root = resources.settings.root
    folder = root / EVALS / suite_name
    if not (folder / "suite.yaml").is_file():
        names = [path.parent.name for path in (root / EVALS).glob("*/suite.yaml")]
        raise ProjectError("project.unknown-suite", f"no suite {suite_name!r}", fix=choices(names, suite_name))
    return read_suite_file(folder / "suite.yaml", f"{EVALS}/{suite_name}/suite.yaml")


async def evaluate(
    resources: Resources,
    suite_name: str,
    *,
    cases: Path | None,
    limit: int | None,
    details: bool,
    on_scored: OnScored | None = None,
) -> SuiteReport:
    """Run a suite and report.

    Raises:
        ProjectError: `project.unknown-suite`, or the suite's file or functions are wrong.
        DataError: the cases cannot be read.
    """
    from compound.graph import Engine
    from compound.project._data import load_shop

    settings, parts = resources.settings, resources.parts
    file = suite_file(resources, suite_name)
    suite = build_suite(
        file,
        _context(resources, cases),
        lambda reference: parts.modules.function(f"{EVALS}.{suite_name}.{reference}"),
    )
    with tempfile.TemporaryDirectory() as scratch:
        profile = replace(settings.profile, shop=f"sqlite:///{scratch}/shop.db", state=f"{scratch}/state.db")
        opened = EvaluationResources(replace(settings, profile=profile), parts)
        try:
            load_shop(opened, force=True)
            spec = parts.graph(file.graph or settings.graph)
            async with Engine(spec, ProjectServices(opened), opened.recorder) as engine:
                return await run_suite(
                    suite,
                    GraphSubject(engine, f"eval-{uuid4().hex[:12]}"),
                    profile=settings.profile.name,
                    model=opened.provider,
                    limit=limit,
                    details=details,
                    recorder=opened.recorder,
                    on_scored=on_scored,
                )
        finally:
            opened.close()


def _context(resources: Resources, cases: Path | None) -> SuiteContext:
    profile = resources.settings.profile
    folder = cases.resolve() if cases else profile.cases
    if folder is None:
        raise ProjectError(
            "project.no-cases",
            f"profile {profile.name!r} names no `cases`",
            fix="--cases DIR, or set it in the profile",
        )
    lakehouse = resources.lakehouse

    def rows(table: str) -> Sequence[Mapping[str, JsonValue]]:
        from compound.project._data import table_rows

        return table_rows(lakehouse, table)

    return SuiteContext(
        root=resources.settings.root,
        profile=profile.name,
        cases=folder,
        rows=rows,
        extra_cases=None if cases else profile.extra_cases,
        training=profile.training,
    )
