"""Stored runs of suites: list, one with its cases, two compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from compound.connector.state import tables
from compound.errors import DataError
from compound.evaluation import SuiteReport
from compound.project.view.times import moment

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.state import StateStore
    from compound.evaluation.paired import Comparison

_RUN, _CASE = tables.suite_run, tables.suite_case
_LEAN = ("case_id", "section", "status", "scores", "cluster_id", "seq")


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRun:
    """A stored run of a suite.

    Attributes:
        suite_run_id: Its id.
        graph_hash: Version of the graph.
        finished_at: ISO time.
        seconds: Wall time.
        report: Its scores, sections, slices and gates; without cases.
    """

    suite_run_id: str
    suite: str
    profile: str
    model: str
    graph: str
    graph_hash: str
    n: int
    finished_at: str
    seconds: float
    report: SuiteReport

    @property
    def main(self) -> str:
        """The score that stands for the run: the first of the suite; empty without scores."""
        return next(iter(self.report.scores), "")

    @property
    def lower_is_better(self) -> frozenset[str]:
        """Scores whose gate is an upper bound."""
        return frozenset(one.score for one in self.report.gates if one.bar.startswith("at most"))

    @property
    def verdict(self) -> str:
        """`FAIL`, `INCONCLUSIVE` or `PASS`: the worst of its gates; empty without gates."""
        said = {one.verdict for one in self.report.gates}
        return next((one for one in ("FAIL", "INCONCLUSIVE", "PASS") if one in said), "")

    def worst_section(self) -> str | None:
        """The section with the worst main score; None without sections, or if none has the score."""
        values = {
            name: score.value
            for name, section in self.report.sections.items()
            if (score := section.scores.get(self.main)) is not None and score.value is not None
        }
        if not values:
            return None
        sign = -1 if self.main in self.lower_is_better else 1
        return min(values, key=lambda name: sign * values[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case of a stored run.

    Attributes:
        section: Empty for the headline.
        scores: Score to value; None where it is absent.
        failed: Scores that are not perfect.
        why: Score to explanation; empty if retention removed it, or the scorers say nothing.
        expected: What the case expects; None if retention removed it.
        got: The graph's output, or its nodes' values if the run stopped before its end; None if it was removed.
    """

    case_id: str
    section: str
    status: str
    run_id: str
    scores: Mapping[str, float | None]
    failed: Sequence[str]
    why: Mapping[str, JsonValue]
    expected: JsonValue
    got: JsonValue
    tags: Mapping[str, str]
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two runs of a suite on the cases that both have.

    Attributes:
        differences: Score to the paired difference b - a, over the headline and every section.
        worse: Ids of cases whose main score is worse in b.
        better: Ids of cases whose main score is better in b.
    """

    a: SuiteRun
    b: SuiteRun
    differences: Mapping[str, Comparison]
    worse: Sequence[str]
    better: Sequence[str]


class SuiteRuns:
    """The stored runs of suites of a profile."""

    def __init__(self, store: StateStore) -> None:
        """Of `Project.suite_runs`."""
        self._store = store

    def list(self, *, suite: str | None = None, limit: int = 50, before: float | None = None) -> Sequence[SuiteRun]:
        """Runs, the newest first.

        Args:
            suite: Only runs of this suite.
            limit: Most of them.
            before: Only runs that ended before this time, UTC seconds.
        """
        query = sa.select(_RUN).order_by(_RUN.c.finished_at.desc(), _RUN.c.suite_run_id).limit(limit)
        query = query if suite is None else query.where(_RUN.c.suite == suite)
        query = query if before is None else query.where(_RUN.c.finished_at < before)
        with self._store.read() as db:
            return [_run(row) for row in db.execute(query)]

    def show(self, suite_run_id: str) -> SuiteRun:
        """A run.

        Raises:
            DataError: `suite.unknown-run`.
        """
        with self._store.read() as db:
            row = db.execute(sa.select(_RUN).where(_RUN.c.suite_run_id == suite_run_id)).first()
        if row is None:
            what = f"no stored run of a suite has the id {suite_run_id!r}"
            raise DataError("suite.unknown-run", what, fix="compound eval stores one; /evaluations lists them")
        return _run(row)

    def failing(
        self, run: SuiteRun, *, score: str | None = None, section: str | None = None, after: int = -1, limit: int = 50
    ) -> tuple[Sequence[CaseView], int | None]:
        """Cases with a score that is not perfect, in the order of the suite.

        Args:
            run: The run.
            score: Only cases that fail this score.
            section: Only cases of this section; empty for the headline, None for all.
            after: Only cases behind this position.
            limit: Most of them.

        Returns:
            The cases, and the position for the next page; None if there is none.
        """
        failing: list[int] = []
        for row in self._lean(run, after):
            names = _failed(run, row.status, row.scores)
            wanted = (score is None or score in names) and section in (None, row.section)
            if wanted and (names or row.status == "failed"):
                failing.append(row.seq)
            if len(failing) > limit:
                break
        query = sa.select(_CASE).where(_CASE.c.suite_run_id == run.suite_run_id, _CASE.c.seq.in_(failing[:limit]))
        with self._store.read() as db:
            cases = [_case(run, row) for row in db.execute(query.order_by(_CASE.c.seq))]
        return cases, failing[limit - 1] if len(failing) > limit else None

    def compare(self, a: str, b: str) -> Compared:
        """Two runs of one suite, as paired differences on the cases that both have.

        Raises:
            DataError: `suite.unknown-run`; `suite.other-suite`: they are runs of different suites.
        """
        from compound.evaluation.paired import paired

        first, second = self.show(a), self.show(b)
        if first.suite != second.suite:
            what = f"these are runs of two suites, {first.suite} and {second.suite}"
            raise DataError("suite.other-suite", what, fix="choose two runs of one suite")
        rows, others = self._lean(first), self._lean(second)
        clusters = {row.case_id: row.cluster_id for row in (*rows, *others) if row.cluster_id}
        differences = {
            name: paired(_values(rows, name), _values(others, name), clusters=clusters)
            for name in first.report.scores
            if name in second.report.scores
        }
        old, new = _values(rows, first.main), _values(others, first.main)
        sign = -1 if first.main in second.lower_is_better else 1
        moved = [
            (key, sign * (later - before))
            for key, before in old.items()
            if before is not None and (later := new.get(key)) is not None and later != before
        ]
        return Compared(
            a=first,
            b=second,
            differences=differences,
            worse=[key for key, by in moved if by < 0],
            better=[key for key, by in moved if by > 0],
        )

    def _lean(self, run: SuiteRun, after: int = -1) -> Sequence[sa.Row[Any]]:
        """Cases without their content."""
        query = sa.select(*(_CASE.c[name] for name in _LEAN)).order_by(_CASE.c.seq)
        with self._store.read() as db:
            return db.execute(query.where(_CASE.c.suite_run_id == run.suite_run_id, _CASE.c.seq > after)).all()


def _run(row: sa.Row[Any]) -> SuiteRun:
    return SuiteRun(
        suite_run_id=row.suite_run_id,
        suite=row.suite,
        profile=row.profile,
        model=row.model,
        graph=row.graph_name,
        graph_hash=row.graph_hash,
        n=row.n,
        finished_at=moment(row.finished_at),
        seconds=row.finished_at - row.started_at,
        report=SuiteReport.model_validate(row.report),
    )


def _case(run: SuiteRun, row: sa.Row[Any]) -> CaseView:
    return CaseView(
        case_id=row.case_id,
        section=row.section,
        status=row.status,
        run_id=row.run_id or "",
        scores=row.scores,
        failed=_failed(run, row.status, row.scores),
        why=row.why or {},
        expected=row.expected,
        got=row.got,
        tags=row.tags,
        error=row.error or "",
    )


def _failed(run: SuiteRun, status: str, scores: Mapping[str, float | None]) -> Sequence[str]:
    """Headline scores of a case that are not perfect."""
    best = {name: 0.0 if name in run.lower_is_better else 1.0 for name in run.report.scores}
    found = [name for name, value in scores.items() if name in best and value is not None and value != best[name]]
    return found or ([run.main] if status == "failed" and scores.get(run.main) is None else [])


def _values(rows: Sequence[sa.Row[Any]], name: str) -> dict[str, float | None]:
    return {row.case_id: row.scores.get(name) for row in rows}
