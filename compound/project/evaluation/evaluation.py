"""Runs a suite on the project's graph: each case runs on copies, which are discarded."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from compound.errors import ProjectError, choices
from compound.evaluation import SuiteContext, SuiteReport
from compound.evaluation.runner import build_suite, run_suite
from compound.plugins import SCORERS
from compound.project.evaluation.storing import SeenCases, store_run
from compound.project.evaluation.suite_run import EvaluationResources, GraphSubject
from compound.project.offer.services import ProjectServices
from compound.project.running.sound import need_sound
from compound.project.source.parts import EVALS

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.evaluation.scoring import Scored
    from compound.project.open.resources import Resources
    from compound.spec.suite_file import SuiteFile


async def evaluate(  # noqa: PLR0913 - independent options
    resources: Resources,
    suite_name: str | None,
    *,
    cases: Path | None,
    limit: int | None,
    details: bool,
    context: Sequence[str] = (),
    on_scored: Callable[[Sequence[Scored]], None] | None = None,
    until: Literal["review", "end"] | None = None,
) -> SuiteReport:
    """Run a suite, report and store the report; `until` overrides the suite's, and such a run is not stored.

    Raises:
        ProjectError: `project.unknown-suite`, or the suite's file, functions or graph are invalid.
        DataError: the cases cannot be read; `project.bad-input`: the context does not match the graph.
    """
    from compound.graph import Engine
    from compound.project.running.run_inputs import read_context

    settings, parts = resources.settings, resources.parts
    file = suite_file(resources, suite_name)
    spec = parts.graph(file.graph or settings.graph)
    need_sound(resources, spec)
    need_known_scores(resources, file)
    given = read_context(spec, context)
    suite = build_suite(file, _context(resources, cases), partial(_function, resources, file.name))
    seen = SeenCases(started_at=resources.clock())
    with tempfile.TemporaryDirectory() as scratch:
        opened = EvaluationResources(settings, parts, Path(scratch))
        try:
            async with Engine(spec, services := ProjectServices(opened), opened.recorder) as engine:
                epoch, stop = f"eval-{uuid4().hex[:12]}", until or suite.until
                report = await run_suite(
                    suite,
                    GraphSubject(engine, opened, queue=services.queue, epoch=epoch, until=stop, context=given),
                    profile=settings.profile.name,
                    model=opened.provider,
                    limit=limit,
                    details=details,
                    recorder=opened.recorder,
                    on_scored=seen.add,
                )
        finally:
            opened.close()
    if on_scored is not None:
        on_scored(seen.headline())
    if until is None:
        store_run(resources, report, seen, graph_name=spec.name, graph_hash=spec.hash)
    return report


def _function(resources: Resources, suite: str, reference: str) -> Callable[..., object]:
    """A function next to the suite's file, or a registered scorer."""
    if ":" not in reference:
        return SCORERS.find(reference, resources.parts.own_plugins(SCORERS))
    return resources.parts.modules.function(f"{EVALS}.{suite}.{reference}")


def need_known_scores(resources: Resources, file: SuiteFile) -> None:
    """Raise if a suite lists a score that its scorers cannot yield, before anything runs.

    Raises:
        ProjectError: ``suite.unknown-score``.
    """
    from compound.language import InvalidFile
    from compound.project.offer.score_names import score_findings
    from compound.spec.yaml.reading import read_yaml_file

    shown = f"{EVALS}/{file.name}/suite.yaml"
    document = read_yaml_file(resources.settings.root / shown, shown)
    if found := list(score_findings(resources, file.name, file, document)):
        raise InvalidFile(found)


def suite_file(resources: Resources, name: str | None) -> SuiteFile:
    """Read a suite's file; None: the only suite of the project.

    Raises:
        ProjectError: `project.unknown-suite`, or the file is invalid.
    """
    from compound.spec.suite_file import read_suite_of

    settings = resources.settings
    names = sorted(path.parent.name for path in (settings.root / EVALS).glob("*/suite.yaml"))
    if name is None and len(names) == 1:
        name = names[0]
    if name is None:
        what = f"the project has {len(names)} suites, and none is named" if names else "the project has no suite"
        fix = f"compound eval NAME; {choices(names)}" if names else "write evals/NAME/suite.yaml"
        raise ProjectError("project.unknown-suite", what, fix=fix)
    path = settings.root / EVALS / name / "suite.yaml"
    if not path.is_file():
        raise ProjectError("project.unknown-suite", f"suite {name!r} does not exist", fix=choices(names, name))
    return read_suite_of(path, f"{EVALS}/{name}/suite.yaml", settings.profiles)


def _context(resources: Resources, cases: Path | None) -> SuiteContext:
    profile = resources.settings.profile

    def rows(table: str) -> Sequence[Mapping[str, JsonValue]]:
        from compound.project.running.data import table_rows

        return table_rows(resources.lakehouse, table)

    return SuiteContext(
        root=resources.settings.root,
        profile=profile.name,
        cases=cases.resolve() if cases else profile.cases,
        rows=rows,
        extra_cases=None if cases else profile.extra_cases,
        training=profile.training,
    )
