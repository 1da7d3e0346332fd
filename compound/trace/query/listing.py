"""Pages of runs, newest first, by keyset: found in few columns, then read in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

from compound.trace.query.views import KNOWN_USD, LEG_STATUS, ROOT

if TYPE_CHECKING:
    from compound.trace.query.session import TraceSession

Key: TypeAlias = tuple[int, str]
"""Start of a run (nanoseconds since 1970) and its trace id: the order of pages."""
STATUSES: Final = ("done", "paused", "failed", "unfinished")
"""Statuses of a run in the traces; an unfinished one still runs, or its process was killed."""
_MARGIN: Final = timedelta(days=1)
"""A file is named by the day on which its first row was written, which may be the day before a run's start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs.

    Attributes:
        graph: Name of a graph; empty for all.
        status: One of `STATUSES`; empty for all.
        text: Part of a run id, trace id, item id or case id, in any case; empty for all.
        run_ids: With `text`: further runs that match it.
        since: Only runs that started at this time or later, nanoseconds since 1970; 0 for all. It saves reading.
        until: Only runs that started before; 0 for all.
        min_usd: Only runs with at least this known cost; 0 for all.
    """

    graph: str = ""
    status: str = ""
    text: str = ""
    run_ids: Sequence[str] = ()
    since: int = 0
    until: int = 0
    min_usd: float = 0.0

    @property
    def first_day(self) -> str:
        """The day of the oldest files to read, `YYYY-MM-DD`; empty for all."""
        if not self.since:
            return ""
        return (datetime.fromtimestamp(self.since / 1e9, UTC) - _MARGIN).date().isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """A page of runs.

    Attributes:
        rows: Rows of the view `runs`, newest first.
        next: Where the next page begins; None on the last one.
    """

    rows: Sequence[Mapping[str, object]]
    next: Key | None = None


def run_page(session: TraceSession, wanted: RunFilter, *, limit: int, after: Key | None = None) -> RunPage:
    """The runs that match, after a key."""
    began, trace_id = after or (2**63 - 1, "")
    found, params = _with_status(wanted) if wanted.status else _without_status(wanted)
    query = f"""SELECT began, trace_id FROM ({found}) WHERE began < $began OR began = $began AND trace_id < $trace_id
                ORDER BY began DESC, trace_id DESC LIMIT $limit"""
    keys = session.sql(query, {**params, "began": began, "trace_id": trace_id, "limit": limit + 1}).rows
    if not keys:
        return RunPage(rows=())
    named = {f"k{number}": key for number, (_, key) in enumerate(keys[:limit])}
    query = f"""SELECT * FROM runs WHERE trace_id IN ({", ".join(f"${name}" for name in named)})
                ORDER BY start_time_unix_nano DESC, trace_id DESC"""
    last = keys[limit - 1] if len(keys) > limit else None
    following = None if last is None else (int(str(last[0])), str(last[1]))
    return RunPage(rows=session.sql(query, named).records(), next=following)


def run_counts(session: TraceSession, wanted: RunFilter) -> dict[str, int]:
    """Status to the number of runs that match everything but the status."""
    found, params = _with_status(replace(wanted, status=""))
    rows = session.sql(f"SELECT status, count(*) FROM ({found}) GROUP BY 1", params).rows
    return {str(status): int(str(number)) for status, number in rows}


def _rows(wanted: RunFilter) -> tuple[str, str, dict[str, object]]:
    """Conditions on spans and on runs (over `began`, `usd`, `is_later`), and their parameters."""
    params: dict[str, object] = {"since": wanted.since, "until": wanted.until or 2**63 - 1}
    rows, runs = [f"(leg_id IS NOT NULL OR {ROOT})"], ["min(began) >= $since AND min(began) < $until"]
    if wanted.graph:
        rows.append("graph_name = $graph")
        params["graph"] = wanted.graph
    if wanted.text:
        named = {f"r{number}": run_id for number, run_id in enumerate(wanted.run_ids)}
        tests = [f"contains(lower({name}), $text)" for name in _NAMES]
        tests += [f"run_id IN ({', '.join(f'${name}' for name in named)})"] if named else []
        rows.append(f"({' OR '.join(tests)})")
        params |= {"text": wanted.text.lower(), **named}
    if wanted.min_usd:
        runs.append("sum(usd) >= $min_usd")
        params["min_usd"] = wanted.min_usd
    if wanted.since:
        # Without the files of its first leg, a run that was resumed since would look younger.
        runs.append("NOT coalesce(arg_min(is_later, began), false)")
    return " AND ".join(rows), " AND ".join(runs), params


def _without_status(wanted: RunFilter) -> tuple[str, dict[str, object]]:
    """The query for `trace_id, began` of every run that matches, and its parameters."""
    rows, runs, params = _rows(wanted)
    usd = f", {KNOWN_USD} AS usd" if wanted.min_usd else ""
    later = f", CASE WHEN {ROOT} THEN {_LATER} END AS is_later" if wanted.since else ""
    spans = f"SELECT trace_id, start_time_unix_nano AS began{usd}{later} FROM spans WHERE {rows}"
    return f"SELECT trace_id, min(began) AS began FROM ({spans}) GROUP BY trace_id HAVING {runs}", params


def _with_status(wanted: RunFilter) -> tuple[str, dict[str, object]]:
    """The query for `trace_id, began, status` of every run that matches, and its parameters."""
    rows, runs, params = _rows(wanted)
    usd = f"sum({KNOWN_USD})" if wanted.min_usd else "0"
    last = f"arg_max({LEG_STATUS}, start_time_unix_nano) FILTER (WHERE {ROOT})"
    query = f"""
        WITH parts AS (
          SELECT trace_id, leg_id, min(start_time_unix_nano) AS began, {usd} AS usd, {last} AS status,
                 max(start_time_unix_nano) FILTER (WHERE {ROOT}) AS rooted_at,
                 leg_id IS NULL OR bool_or({ROOT}) AS has_ended, bool_or({_LATER}) FILTER (WHERE {ROOT}) AS is_later
          FROM spans WHERE {rows} GROUP BY trace_id, leg_id
        )
        SELECT trace_id, min(began) AS began,
               CASE WHEN max(began) FILTER (WHERE NOT has_ended) > max(rooted_at) OR max(rooted_at) IS NULL
                    THEN 'unfinished' ELSE arg_max(status, rooted_at) END AS status
        FROM parts GROUP BY trace_id HAVING {runs}"""
    if wanted.status:
        params["status"] = wanted.status
        query = f"SELECT * FROM ({query}) WHERE status = $status"
    return query, params


_NAMES: Final = ("run_id", "trace_id", "coalesce(thread_id, '')", "coalesce(example_id, '')")
_LATER: Final = "json_extract_string(attributes, '$.resumed') IS NOT NULL"
