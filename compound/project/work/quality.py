"""The quality of decisions: one computation for the page, the command and the API; blind samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from compound.client.quality import (
    AgeCount,
    Agreement,
    Monitored,
    Quality,
    QueueFigures,
    ReasonCount,
    Share,
    Spread,
)
from compound.connector.state import tables
from compound.project.evaluation.certify import Certifier
from compound.project.view.times import moment
from compound.review.feedback.canaries import decided_canaries
from compound.review.quality.agreement import krippendorff
from compound.review.quality.figures import AGES, Counted, Wanted, counted
from compound.review.quality.monitor import watched
from compound.review.quality.samples import BlindSamples

if TYPE_CHECKING:
    from compound.project.running.opened import OpenedProject
    from compound.review.quality.monitor import Watched
    from compound.review.queue.certificate import RuleCertificate

DAYS: Final = 30
"""Length of the period, in days."""
POINTS: Final = 200
"""Values of a test's path that are returned."""
_DAY_S: Final = 86_400.0


class QualityService:
    """Figures and blind samples of a project's decisions.

    Args:
        project: The opened project.
    """

    def __init__(self, project: OpenedProject) -> None:
        self._project = project

    def samples(self, person: str, teams: Sequence[str] = ()) -> BlindSamples:
        """The blind samples as a person may see them."""
        resources = self._project.resources
        return BlindSamples(resources.state, person, teams=teams, clock=resources.clock)

    def figures(self, *, days: int = DAYS, teams: Sequence[str] = (), person: str = "") -> Quality:
        """Figures of the decisions of the last days, and of what waits.

        Args:
            days: Length of the period.
            teams: Only these queues; empty for all.
            person: Only the decisions of this person, without what waits and without certificates; empty for all.
        """
        resources = self._project.resources
        now = resources.clock()
        wanted = Wanted(since=now - days * _DAY_S, now=now, teams=tuple(teams), actor=person)
        with resources.state.read() as db:
            found = counted(db, wanted)
            canaries = [
                one.caught
                for one in decided_canaries(db, queues=wanted.teams)
                if one.caught is not None and (one.decided_at or 0.0) >= wanted.since and person in ("", one.reviewer)
            ]
        queues = sorted(name for name in found if name)
        return Quality(
            days=days,
            since=moment(wanted.since),
            at=moment(now),
            person=person,
            all=_figures("", found[""]),
            queues=tuple(_figures(name, found[name]) for name in queues),
            certificates=() if person else self.certificates(),
            canaries=_share((sum(canaries), len(canaries))) if canaries else None,
        )

    def certificates(self) -> tuple[Monitored, ...]:
        """The certificates of this profile with the tests of their decisions, the newest first."""
        certifier = Certifier(self._project)
        known = certifier.list()
        table = tables.certificate
        ids = [one.certificate_id for one in known]
        with self._project.resources.state.read() as db:
            rows = db.execute(sa.select(table).where(table.c.certificate_id.in_(ids))).all() if ids else []
            tests = {row.certificate_id: watched(db, row) for row in rows}
        newest = {_setup(one): one.certificate_id for one in reversed(known)}
        made: list[Monitored] = []
        for one in known:
            status = certifier.status(one)
            is_newest = newest[_setup(one)] == one.certificate_id
            made.append(_monitored(one, tests[one.certificate_id], status, is_on=is_newest and status == "valid"))
        return tuple(made)


def _setup(one: RuleCertificate) -> tuple[object, ...]:
    """What a certificate is for: of several for the same setup the newest counts."""
    return one.graph_name, one.node, tuple(sorted(one.covers.items()))


def _share(pair: tuple[int, int]) -> Share:
    from compound.evaluation.intervals import wilson

    found = wilson(*pair)
    return Share(k=pair[0], n=pair[1], value=found.value, low=found.low, high=found.high)


def _spread(found: tuple[int, float, float] | None) -> Spread:
    return Spread() if found is None else Spread(n=found[0], median=found[1], p90=found[2])


def _figures(queue: str, one: Counted) -> QueueFigures:
    right, wrong, differ = one.agreed
    judged = right + wrong + differ
    return QueueFigures(
        queue=queue,
        open=sum(one.ages),
        ages=tuple(AgeCount(at_least_s=low, n=n) for low, n in zip(AGES, one.ages, strict=True)),
        open_late=_share(one.open_late),
        late=_share(one.late),
        first_look_s=_spread(one.first_look_s),
        handle_s=_spread(one.handle_s),
        decided=one.by_people,
        automatic=_share(one.automatic),
        unedited=_share(one.unedited),
        edit=_spread(one.edit),
        undone=_share(one.undone),
        reasons=tuple(
            ReasonCount(reason=name, n=n) for name, n in sorted(one.reasons.items(), key=lambda one: (-one[1], one[0]))
        ),
        agreement=Agreement(n=judged, differ=differ, alpha=krippendorff(right, wrong, differ)),
        people_wrong=_share((differ, judged)),
        automatic_wrong=_share(one.automatic_wrong),
        waiting=one.waiting,
    )


def _monitored(one: RuleCertificate, found: Watched, status: str, *, is_on: bool) -> Monitored:
    test = found.test
    return Monitored(
        certificate_id=one.certificate_id,
        graph=one.graph_name,
        node=one.node,
        status=status,
        is_on=is_on,
        source=one.source,
        error_at_most=one.error_at_most,
        confidence=one.confidence,
        n=one.n,
        k=one.k,
        made_at=moment(one.created_at),
        audited=test.n,
        wrong=test.k,
        behind=found.behind,
        waiting=found.waiting,
        e_value=test.value,
        highest=test.highest,
        alarm_at=test.threshold,
        is_alarm=test.is_alarm,
        path=_thinned(test.path),
    )


def _thinned(path: Sequence[float]) -> tuple[float, ...]:
    """At most `POINTS` values with the last, the highest of each part."""
    if len(path) <= POINTS:
        return tuple(path)
    step = len(path) / (POINTS - 1)
    parts = [path[round(at * step) : round((at + 1) * step)] for at in range(POINTS - 1)]
    return (*(max(part) for part in parts if part), path[-1])
