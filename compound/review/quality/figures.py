"""Figures of reviews and decisions, counted by the database from narrow rows: never from drafts or evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from compound.connector.state import tables
from compound.language.decisions import APPROVE, EDIT, REJECT
from compound.review.stored.machine import UNDECIDED

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

AGES: Final = (0.0, 3_600.0, 4 * 3_600.0, 86_400.0, 3 * 86_400.0, 7 * 86_400.0)
"""Lower ends of the ages by which open reviews are counted, in seconds."""
_REVIEW, _SAMPLE, _F = tables.review, tables.qa_sample, tables.decision_figure.c
_ALL: Final = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which decisions to count.

    Attributes:
        since: Decided at this time or later, UTC seconds.
        now: UTC seconds.
        teams: Only these queues; empty for all.
        actor: Only decisions of this person; empty for all.
    """

    since: float
    now: float
    teams: tuple[str, ...] = ()
    actor: str = ""

    def of_figures(self) -> list[sa.ColumnElement[bool]]:
        """As conditions on decisions."""
        own = [_F.actor == self.actor] if self.actor else []
        return [_F.decided_at >= self.since, *([_F.queue.in_(self.teams)] if self.teams else []), *own]


@dataclass(slots=True)
class Counted:
    """Counts of one queue, or of all; a pair is k of n, a triple n, median and 90th percentile.

    Attributes:
        ages: Open reviews by age, as `AGES`.
        open_late: Open reviews past their time, of those that have one.
        late: Decisions after the time of the review, of those that have one.
        agreed: Samples of people's decisions that both call right, that both call wrong, on which they differ.
    """

    ages: tuple[int, ...] = (0,) * len(AGES)
    open_late: tuple[int, int] = (0, 0)
    late: tuple[int, int] = (0, 0)
    by_people: int = 0
    automatic: tuple[int, int] = (0, 0)
    unedited: tuple[int, int] = (0, 0)
    undone: tuple[int, int] = (0, 0)
    first_look_s: tuple[int, float, float] | None = None
    handle_s: tuple[int, float, float] | None = None
    edit: tuple[int, float, float] | None = None
    reasons: dict[str, int] = field(default_factory=dict[str, int])
    agreed: tuple[int, int, int] = (0, 0, 0)
    automatic_wrong: tuple[int, int] = (0, 0)
    waiting: int = 0


def counted(db: Connection, wanted: Wanted) -> Mapping[str, Counted]:
    """Queue to its counts; the empty name is all of them together."""
    found: dict[str, Counted] = {_ALL: Counted()}
    if not wanted.actor:
        _backlog(db, wanted, found)
    _decisions(db, wanted, found)
    for name, value, step, where in _measures():
        for queue, spread in _spreads(db, value, step, [*wanted.of_figures(), *where]):
            setattr(_of(found, queue), name, spread)
    _reasons(db, wanted, found)
    _samples(db, wanted, found)
    return found


def _of(found: dict[str, Counted], queue: str) -> Counted:
    return found.setdefault(queue, Counted())


def _added(one: Sequence[int], other: Sequence[int]) -> Any:  # noqa: ANN401 - a tuple of the same length
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _number(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def _backlog(db: Connection, wanted: Wanted, found: dict[str, Counted]) -> None:
    age = wanted.now - _REVIEW.c.created_at
    parts = [_number(age >= low) for low in AGES[1:]]
    due = _REVIEW.c.due_at
    late = [_number(due <= wanted.now), sa.func.count(due)]
    query = sa.select(_REVIEW.c.queue, sa.func.count(), *parts, *late).group_by(_REVIEW.c.queue)
    query = query.where(_REVIEW.c.status.in_([one.value for one in UNDECIDED]))
    if wanted.teams:
        query = query.where(_REVIEW.c.queue.in_(wanted.teams))
    for queue, *numbers in db.execute(query):
        older = [*numbers[: len(AGES)], 0]
        ages = tuple(int(older[at]) - int(older[at + 1]) for at in range(len(AGES)))
        for one in (_of(found, queue), found[_ALL]):
            one.ages = _added(one.ages, ages)
            one.open_late = _added(one.open_late, [int(n) for n in numbers[len(AGES) :]])


def _decisions(db: Connection, wanted: Wanted, found: dict[str, Counted]) -> None:
    stands, people = _F.ended.is_(None), _F.is_automatic.is_(False)
    own = stands & people
    columns = [
        _number(own & (_F.decided_at > _F.due_at)),
        _number(own & _F.due_at.is_not(None)),
        _number(own),
        _number(stands & _F.is_automatic),
        _number(stands),
        _number(own & (_F.action == APPROVE)),
        _number(own & _F.action.in_((APPROVE, EDIT, REJECT))),
        _number(people & (_F.ended == "undone")),
        _number(people),
    ]
    query = sa.select(_F.queue, *columns).where(*wanted.of_figures()).group_by(_F.queue)
    for queue, *numbers in db.execute(query):
        n = [int(one) for one in numbers]
        for one in (_of(found, queue), found[_ALL]):
            one.late, one.by_people = _added(one.late, n[0:2]), one.by_people + n[2]
            one.automatic, one.unedited = _added(one.automatic, n[3:5]), _added(one.unedited, n[5:7])
            one.undone = _added(one.undone, n[7:9])


def _measures() -> Sequence[tuple[str, sa.ColumnElement[float], float, Sequence[sa.ColumnElement[bool]]]]:
    """Name, value, step to which it is rounded, and of which decisions."""
    own = (_F.ended.is_(None), _F.is_automatic.is_(False))
    return (
        ("first_look_s", sa.func.coalesce(_F.looked_at, _F.decided_at) - _F.opened_at, 1.0, own),
        ("handle_s", _F.decided_at - _F.held_at, 1.0, own),
        ("edit", _F.changed_words, 0.001, (*own, _F.action == EDIT)),
    )


def _spreads(
    db: Connection, value: sa.ColumnElement[float], step: float, where: Sequence[sa.ColumnElement[bool]]
) -> list[tuple[str, tuple[int, float, float]]]:
    """Number, median and 90th percentile (nearest rank) of each queue and of all; none where nothing is known.

    The database counts equal steps; sorting every value there takes several times longer.
    """
    rounded = sa.func.round(value / step).label("rounded")
    query = sa.select(_F.queue, rounded, sa.func.count()).where(*where, value.is_not(None)).group_by(_F.queue, rounded)
    counts: dict[str, dict[float, int]] = {}
    for queue, steps, n in db.execute(query):
        for name in (queue, _ALL):
            of_queue = counts.setdefault(name, {})
            of_queue[float(steps)] = of_queue.get(float(steps), 0) + int(n)
    return [(queue, _ranked(found, step)) for queue, found in counts.items()]


def _ranked(counts: Mapping[float, int], step: float) -> tuple[int, float, float]:
    """Number, median and 90th percentile of counted steps."""
    total, ends = sum(counts.values()), list[float]()
    wanted, seen = [0.5 * total, 0.9 * total], 0
    for steps in sorted(counts):
        seen += counts[steps]
        while wanted and seen >= wanted[0]:
            ends.append(steps * step)
            del wanted[0]
    return total, ends[0], ends[1]


def _reasons(db: Connection, wanted: Wanted, found: dict[str, Counted]) -> None:
    where = (_F.action == REJECT, _F.ended.is_(None), _F.is_automatic.is_(False))
    query = sa.select(_F.queue, _F.reason, sa.func.count()).where(*wanted.of_figures(), *where)
    for queue, reason, n in db.execute(query.group_by(_F.queue, _F.reason)):
        for one in (_of(found, queue), found[_ALL]):
            one.reasons[reason or ""] = one.reasons.get(reason or "", 0) + int(n)


def _samples(db: Connection, wanted: Wanted, found: dict[str, Counted]) -> None:
    people, answered = _F.is_automatic.is_(False), _SAMPLE.c.answered_at.is_not(None)
    right, stands_by = _SAMPLE.c.is_right, _SAMPLE.c.stands_by
    open_ = _SAMPLE.c.answered_at.is_(None) & _F.ended.is_(None)
    columns = [
        _number(answered & people & right & stands_by),
        _number(answered & people & ~right & ~stands_by),
        _number(answered & people & (right != stands_by)),
        _number(answered & ~people & (right != stands_by)),
        _number(answered & ~people),
        _number(open_ & _REVIEW.c.pruned_at.is_(None)),
    ]
    joined = _SAMPLE.join(tables.decision_figure, _F.decision_id == _SAMPLE.c.decision_id)
    joined = joined.join(_REVIEW, _REVIEW.c.review_id == _SAMPLE.c.review_id)
    query = sa.select(_SAMPLE.c.queue, *columns).select_from(joined).group_by(_SAMPLE.c.queue)
    for queue, *numbers in db.execute(query.where(*wanted.of_figures())):
        n = [int(one) for one in numbers]
        for one in (_of(found, queue), found[_ALL]):
            one.agreed, one.automatic_wrong = _added(one.agreed, n[0:3]), _added(one.automatic_wrong, n[3:5])
            one.waiting += n[5]
