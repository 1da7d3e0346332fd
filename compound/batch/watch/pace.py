"""How fast a batch settles items, and when it will be done, with the range of both."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from compound.connector.state import tables
from compound.connector.state.leases import store_time

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from compound.batch.watch.jobs import JobState

_ITEM = tables.batch_item
WINDOW_S: Final = 300.0
"""The pace is that of the last minutes, in seconds."""
_PART_S: Final = 5.0
FEWEST: Final = 5
"""With fewer settled items in the window there is no pace."""
_Z: Final = 1.959964
BARS: Final = 40
"""Parts of the history of a batch, at most."""
_WIDTHS: Final = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 43200, 86400)
METHOD: Final = "items settled in the last 5 minutes; 95 % Poisson interval, widened by the spread between 5 s parts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Items per second with its 95 % interval.

    Attributes:
        n: Settled items that it is measured from.
        seconds: Length of the window.
    """

    rate: float
    low: float
    high: float
    n: int
    seconds: float

    def eta_s(self, left: int) -> tuple[float, float, float | None]:
        """Seconds until `left` items are settled: estimate, earliest, latest (None: it cannot be said)."""
        return left / self.rate, left / self.high, left / self.low if self.low > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Settled items over time.

    Attributes:
        start: UTC seconds of the first part.
        width: Length of a part in seconds.
        counts: Items of each part.
    """

    start: float
    width: float
    counts: Sequence[int]


def pace_of(db: Connection, state: JobState) -> Pace | None:
    """The pace of a batch that runs; None if it does not run, is paused, or has settled too few items."""
    if state.status != "running" or state.holder is None:
        return None
    now = store_time(db)
    asked = 0.0 if state.request is None else state.request.at
    begin = max(state.holder.since, asked, now - WINDOW_S)
    counts = _counts(db, state.job.job_id, begin, now, _PART_S)
    whole = [counts.get(part, 0) for part in range(int((now - begin) // _PART_S))]
    return measured(sum(counts.values()), now - begin, whole)


def measured(n: int, seconds: float, parts: Sequence[int]) -> Pace | None:
    """The pace of `n` items in `seconds`.

    The interval of a Poisson count, by Wilson and Hilferty's approximation of chi-square, for a count that is divided
    by the index of dispersion of the parts: items that settle in bursts say less than their number.

    Args:
        n: Number of items.
        seconds: Length of the window.
        parts: Items of equal parts of the window.
    """
    if n < FEWEST or seconds <= 0:
        return None
    mean = sum(parts) / len(parts) if parts else 0.0
    spread = sum((one - mean) ** 2 for one in parts) / (len(parts) - 1) / mean if len(parts) > 2 and mean else 1.0
    spread = max(1.0, spread)
    k = n / spread
    low = k * max(0.0, 1 - 1 / (9 * k) - _Z / (3 * math.sqrt(k))) ** 3
    high = (k + 1) * (1 - 1 / (9 * (k + 1)) + _Z / (3 * math.sqrt(k + 1))) ** 3
    return Pace(rate=n / seconds, low=low * spread / seconds, high=high * spread / seconds, n=n, seconds=seconds)


def history_of(db: Connection, state: JobState) -> History | None:
    """Settled items over the time of a batch, at most the last day of work; None before the first one."""
    mine = (_ITEM.c.job_id == state.job.job_id, _ITEM.c.finished_at.is_not(None))
    first, last = db.execute(
        sa.select(sa.func.min(_ITEM.c.finished_at), sa.func.max(_ITEM.c.finished_at)).where(*mine)
    ).one()
    if first is None:
        return None
    end = store_time(db) if state.status == "running" else last
    begin = max(first, end - 86400.0)
    width = next((one for one in _WIDTHS if (end - begin) / one <= BARS), _WIDTHS[-1])
    counts = _counts(db, state.job.job_id, begin, end, width)
    parts = int((end - begin) // width) + 1
    return History(start=begin, width=width, counts=[counts.get(part, 0) for part in range(parts)])


def _counts(db: Connection, job_id: str, begin: float, end: float, width: float) -> Mapping[int, int]:
    part: sa.ColumnElement[Any] = sa.cast(sa.func.floor((_ITEM.c.finished_at - begin) / width), sa.Integer)
    mine = (_ITEM.c.job_id == job_id, _ITEM.c.finished_at >= begin, _ITEM.c.finished_at <= end)
    query = sa.select(part.label("part"), sa.func.count()).where(*mine).group_by(part)
    return {int(number): count for number, count in db.execute(query)}
