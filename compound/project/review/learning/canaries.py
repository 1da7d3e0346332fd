"""Canaries of a project: when one is due, what it is made from, and how many reviewers catch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import structlog
from sqlalchemy.exc import IntegrityError

from compound.errors import CompoundError
from compound.evaluation.intervals import Interval, wilson
from compound.project.view.times import moment

if TYPE_CHECKING:
    from pydantic import JsonValue
    from sqlalchemy.engine import Connection

    from compound.project.running.opened import OpenedProject
    from compound.review.feedback.canaries import Canary
    from compound.review.feedback.planting import Planted
    from compound.review.stored.types import Review

T = TypeVar("T")
_CANDIDATES: Final = 50
"""Decided reviews that are tried for one canary."""
_PAUSE_S: Final = 60.0
"""Rest after an attempt that found nothing to plant, in seconds."""
_log = structlog.stdlib.get_logger(__name__)


def canary_record(canary: Canary) -> dict[str, JsonValue]:
    """What a reviewer is told about a canary, once it is decided."""
    return {
        "operator": canary.operator,
        "before": canary.planted.get("before"),
        "after": canary.planted.get("after"),
        "caught": canary.caught,
        "source_id": canary.source_id,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchRate:
    """How many planted faults were caught.

    Attributes:
        reviewer: A person; empty for all together.
        n: Decided canaries; escalated ones do not count.
        rate: Share of caught ones; None without a decided canary.
        low: Lower end of the 95 % interval.
        high: Upper end.
        method: Method of the interval.
        by_operator: Kind of fault to caught ones and all.
    """

    reviewer: str
    n: int
    caught: int
    rate: float | None
    low: float | None
    high: float | None
    method: str
    by_operator: Mapping[str, tuple[int, int]]

    @classmethod
    def of(cls, reviewer: str, canaries: Sequence[Canary]) -> CatchRate:
        """Internal: the rate over some canaries."""
        scored = [one for one in canaries if one.caught is not None]
        caught = sum(one.caught is True for one in scored)
        found: Interval = wilson(caught, len(scored))
        kinds = sorted({one.operator for one in scored})
        return cls(
            reviewer=reviewer,
            n=len(scored),
            caught=caught,
            rate=found.value,
            low=found.low,
            high=found.high,
            method=found.method,
            by_operator={
                kind: (
                    sum(one.caught is True for one in scored if one.operator == kind),
                    sum(one.operator == kind for one in scored),
                )
                for kind in kinds
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryReport:
    """Catch rates of a project's reviewers.

    Attributes:
        all: Of all reviewers together.
        reviewers: Of each, by name.
        waiting: Canaries that nobody has decided; they look like any other review.
        escalated: Canaries that were escalated: neither caught nor missed.
        decided: Each decided canary, the newest first: what was planted, who decided what, and whether it was caught.
    """

    all: CatchRate
    reviewers: tuple[CatchRate, ...]
    waiting: int
    escalated: int
    decided: tuple[Mapping[str, JsonValue], ...]

    @classmethod
    def of(cls, decided: Sequence[Canary], waiting: int) -> CanaryReport:
        """Internal: the report over decided canaries."""
        names = sorted({one.reviewer for one in decided})
        return cls(
            all=CatchRate.of("", decided),
            reviewers=tuple(CatchRate.of(name, [one for one in decided if one.reviewer == name]) for name in names),
            waiting=waiting,
            escalated=sum(one.caught is None for one in decided),
            decided=tuple(
                {
                    "review_id": one.review_id,
                    **canary_record(one),
                    "reviewer": one.reviewer,
                    "action": one.action,
                    "decided_at": moment(one.decided_at or 0.0),
                }
                for one in reversed(decided)
            ),
        )


_SHARES: Final[dict[tuple[str, int, int], float]] = {}
_POLICIES: Final[dict[tuple[str, int, int], str | None]] = {}
_RESTS: Final[dict[tuple[str, str], float]] = {}
"""State store and policy to the time before which no canary is tried again: nothing could be planted."""


def plant_due(project: OpenedProject) -> str | None:
    """Open a canary of each policy that declares some, where one is due; the id of the last, None without one.

    Nothing that goes wrong here may keep a person from reviewing: it is a warning in the log.
    """
    planted = None
    try:
        for policy, graphs, share in _declared(project):
            planted = _plant(project, policy, graphs, every=ceil(1 / share)) or planted
    except CompoundError as error:
        _log.warning("canary.failed", why=str(error))
    return planted


def _declared(project: OpenedProject) -> list[tuple[str, list[str], float]]:
    """Policies that declare canaries, with the graphs of each and the share; read again when a file changes."""
    parts = project.resources.parts
    shares = {
        name: share
        for name, path in parts.policy_files.items()
        if (share := _known(_SHARES, path, lambda name=name: parts.policy(name).canaries))
    }
    if not shares:
        return []
    used = {
        name: _known(_POLICIES, path, lambda name=name: parts.graph(name).policy)
        for name, path in parts.graph_files.items()
    }
    found = [(one, [graph for graph, policy in used.items() if policy == one], share) for one, share in shares.items()]
    return [one for one in found if one[1]]


def _known(known: dict[tuple[str, int, int], T], path: Path, read: Callable[[], T]) -> T | None:
    """What a file says; None for a file that cannot be read, whose errors `compound check` finds."""
    try:
        found = path.stat()
        key = (str(path), found.st_mtime_ns, found.st_size)
        if key not in known:
            known[key] = read()
    except (OSError, CompoundError):
        return None
    return known[key]


def _plant(project: OpenedProject, policy: str, graphs: Sequence[str], *, every: int) -> str | None:
    from compound.review.feedback.canaries import next_number, open_canary

    state, now = project.resources.state, project.services.queue.now()
    with state.read() as db:
        number = next_number(db, policy, graphs, every=every)
    rests = (state.name, policy)
    if number is None or _RESTS.get(rests, 0.0) > now:
        return None
    with state.read() as db:
        found = _found(db, policy, graphs, number)
    if found is None:
        _RESTS[rests] = now + _PAUSE_S
        return None
    source, planted = found
    try:
        with state.write() as db:
            if next_number(db, policy, graphs, every=every) != number:
                return None  # another process was faster
            return open_canary(db, source, planted, policy=policy, number=number, now=now)
    except IntegrityError:
        return None


def _found(db: Connection, policy: str, graphs: Sequence[str], number: int) -> tuple[Review, Planted] | None:
    """The review to copy and its fault; the kinds of faults take turns. None where nothing can be planted."""
    from compound.connector.state.digest import digest
    from compound.review.feedback.canaries import elsewhere, graph_draft, sources
    from compound.review.feedback.planting import planted_in
    from compound.review.stored.rows import last_decision, load

    ids = sources(db, graphs, limit=_CANDIDATES)
    for review_id in sorted(ids, key=lambda one: digest([policy, number, one])):
        source, decision = load(db, review_id), last_decision(db, review_id)
        if decision is None:
            continue
        planted = planted_in(
            source,
            decision,
            graph_draft(db, review_id),
            elsewhere=elsewhere(db, source, limit=_CANDIDATES),
            first=number - 1,
            seed=digest([policy, number, review_id]),
        )
        if planted is not None:
            return source, planted
    return None
