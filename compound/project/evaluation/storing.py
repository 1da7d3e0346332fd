"""Stores the runs of suites: the report, and each case with what was expected and what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import uuid4

import orjson
import sqlalchemy as sa
import structlog

from compound.connector.state import tables
from compound.errors import ConnectorError
from compound.language.sha import sha

if TYPE_CHECKING:
    from compound.evaluation import SuiteReport
    from compound.evaluation.scoring import Scored
    from compound.project.open.resources import Resources

log = structlog.stdlib.get_logger(__name__)

LARGEST: Final = 16_000
"""Characters of a stored value as JSON; a larger one is cut."""
_CHUNK: Final = 500


@dataclass(slots=True)
class SeenCases:
    """Scored cases of a suite, with their sections.

    Attributes:
        started_at: UTC seconds.
    """

    started_at: float
    cases: list[tuple[str, Scored]] = field(default_factory=list[tuple[str, "Scored"]])

    def add(self, section: str, scored: Sequence[Scored]) -> None:
        """Remember the cases of a section; the headline has an empty name."""
        self.cases += [(section, one) for one in scored]

    def headline(self) -> Sequence[Scored]:
        """The cases of the headline."""
        return [one for section, one in self.cases if not section]


def store_run(
    resources: Resources, report: SuiteReport, seen: SeenCases, *, graph_name: str, graph_hash: str
) -> str | None:
    """Store a run in the state store of the profile; returns its id, None if the store cannot be written.

    A report is never lost because it cannot be stored: that is a warning in the log.
    """
    run_id, now = uuid4().hex, resources.clock()
    row = {
        "suite_run_id": run_id,
        "suite": report.suite,
        "profile": report.profile,
        "model": report.model,
        "graph_name": graph_name,
        "graph_hash": graph_hash,
        "n": report.n,
        "report": _bare(report).model_dump(mode="json"),
        "started_at": seen.started_at,
        "finished_at": now,
    }
    same = {"suite_run_id": run_id, "graph_name": graph_name, "finished_at": now}
    rows = [{**_case(section, one), **same, "seq": seq} for seq, (section, one) in enumerate(seen.cases)]
    try:
        with resources.state.write() as db:
            db.execute(sa.insert(tables.suite_run).values(**row))
            for at in range(0, len(rows), _CHUNK):
                db.execute(sa.insert(tables.suite_case), rows[at : at + _CHUNK])
    except ConnectorError as error:
        log.warning("suite.not_stored", suite=report.suite, why=str(error))
        return None
    return run_id


def _bare(report: SuiteReport) -> SuiteReport:
    """The report without what quotes cases."""
    sections = {name: _bare(section) for name, section in report.sections.items()}
    return report.model_copy(update={"cases": [], "errors": [], "sections": sections})


def _case(section: str, one: Scored) -> dict[str, Any]:
    case, result = one.case, one.result
    values: dict[str, list[float]] = {}
    absent: dict[str, None] = {}
    why: dict[str, Any] = {}
    for score in one.scores:
        if score.group:
            continue
        if score.value is None:
            absent[score.name] = None
        else:
            values.setdefault(score.name, []).append(score.value)
        if said := score.explanation or score.label or score.details:
            why[score.name] = _cut(said)
    means = {name: sum(many) / len(many) for name, many in values.items()}
    expected = cast("object", case.expected)  # a generator of cases may yield a text
    return {
        "case_id": case.id,
        "section": section,
        "run_id": result.run_id or None,
        "status": result.status,
        # A cluster is often a customer: only whether two cases share one is needed.
        "cluster_id": None if case.cluster_id is None else sha(case.cluster_id, 16),
        "tags": dict(case.tags),
        "scores": {**absent, **means},
        "why": why or None,
        "expected": _cut(dict(cast("Mapping[str, Any]", expected)) if isinstance(expected, Mapping) else expected),
        "got": _cut(_got(result.output, result.values)),
        "error": result.error or None,
    }


def _got(output: Mapping[str, Any] | None, values: Mapping[str, Any]) -> Mapping[str, Any]:
    return dict(values) if output is None else dict(output)


def _cut(value: Any) -> Any:  # noqa: ANN401 - JSON of the project
    text = orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
    if len(text) <= LARGEST:
        return orjson.loads(text)
    return {"cut": text.decode()[:LARGEST], "characters": len(text)}
