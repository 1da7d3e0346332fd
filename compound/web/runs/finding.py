"""The list of runs: searched in the traces, with those that are running from the state store."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import sqlalchemy as sa

from compound.connector.state import tables
from compound.errors import CompoundError
from compound.project.view.times import moment
from compound.trace.query.listing import STATUSES, RunFilter
from compound.web.runs.figures import cost_of, short_id, time_of

if TYPE_CHECKING:
    from compound.project import Project
    from compound.trace.query.listing import Key

PAGE: Final = 50
"""Rows of a page."""
TIMES: Final[Mapping[str, float]] = {"hour": 3_600, "day": 86_400, "week": 7 * 86_400, "month": 30 * 86_400, "all": 0}
"""Choice of a time to its seconds; 0 for no limit."""
_MOST_TEXT: Final = 500
"""Most runs whose input holds a searched text; further ones are found by a longer text."""
_MOST_RUNNING: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What the list is asked for, as its address says it.

    Attributes:
        when: A key of `TIMES`.
        usd: The least cost, as written; empty for all.
        after: Where the page begins.
    """

    graph: str = ""
    status: str = ""
    text: str = ""
    when: str = "week"
    usd: str = ""
    after: Key | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Search:
        """The search of an address; what cannot be read is ignored."""
        began, _, trace_id = query.get("after", "").partition("-")
        after = (int(began), trace_id) if began.isdecimal() and trace_id else None
        status, when = query.get("status", ""), query.get("when", "week")
        return cls(
            graph=query.get("graph", ""),
            status=status if status in STATUSES else "",
            text=query.get("q", "").strip(),
            when=when if when in TIMES else "week",
            usd=query.get("usd", "") if _number(query.get("usd", "")) > 0 else "",
            after=after,
        )

    def address(self, **changes: object) -> str:
        """The address of the list with this search, changed; the page is the first one unless `after` is given."""
        shown = {"graph": self.graph, "status": self.status, "q": self.text, "when": self.when, "usd": self.usd}
        shown |= {name: str(value) for name, value in changes.items()}
        kept = {name: value for name, value in shown.items() if value and (name, value) != ("when", "week")}
        return f"/runs?{urlencode(kept)}" if kept else "/runs"

    @property
    def is_narrow(self) -> bool:
        """Whether it asks for more than the runs of the last days."""
        return bool(self.graph or self.status or self.text or self.usd)

    def filter(self, project: Project, now: float) -> RunFilter:
        """The search over traces; a text is also looked for in the inputs of runs."""
        seconds = TIMES[self.when]
        return RunFilter(
            graph=self.graph,
            status=self.status,
            text=self.text,
            run_ids=_with_text(project, self.text) if self.text else (),
            since=int((now - seconds) * 1e9) if seconds else 0,
            min_usd=_number(self.usd),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A row of the list; `title` is that of the run's item, empty without one."""

    run_id: str
    short_id: str
    graph: str
    item_id: str
    status: str
    at: str
    took: str
    cost: str
    title: str = ""
    error: str = ""
    spans: int = 0
    is_replay: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunList:
    """A page of the list.

    Attributes:
        running: Runs that run now, on the first page.
        next: Address of the next page; empty on the last one.
        newest: Start of the first row, nanoseconds since 1970: later ones are new.
    """

    rows: Sequence[RunRow]
    running: Sequence[RunRow] = ()
    next: str = ""
    newest: int = 0
    graphs: Sequence[str] = field(default_factory=tuple)


def run_list(project: Project, search: Search) -> RunList:
    """A page of runs, newest first."""
    page = project.traces().runs(search.filter(project, time.time()), limit=PAGE, after=search.after)
    titles = _titles(project, [str(one["run_id"]) for one in page.rows])
    rows = [_row(one, titles.get(str(one["run_id"]), "")) for one in page.rows]
    is_first = search.after is None and not search.text and not search.usd and search.status in ("", "unfinished")
    running = _running(project, search.graph) if is_first else []
    now = {one.run_id for one in running}
    return RunList(
        rows=[one for one in rows if one.run_id not in now],
        running=running,
        next="" if page.next is None else search.address(after=f"{page.next[0]}-{page.next[1]}"),
        newest=int(str(page.rows[0]["start_time_unix_nano"])) if page.rows else 0,
        graphs=project.graph_names(),
    )


def run_counts(project: Project, search: Search) -> dict[str, int]:
    """Status to the number of runs that the search finds with any status."""
    found = project.traces().run_counts(search.filter(project, time.time()))
    return {status: found.get(status, 0) for status in STATUSES}


def _row(run: Mapping[str, Any], title: str) -> RunRow:
    run_id, of = str(run["run_id"]), str(run["example_id"] or run["thread_id"] or "")
    cost = cost_of(run["cost_usd"])
    return RunRow(
        run_id=run_id,
        short_id=short_id(run_id),
        title=title,
        graph=str(run["graph_name"]),
        item_id="" if of == run_id else of,
        status=str(run["status"]),
        at=moment(int(run["start_time_unix_nano"]) / 1e9),
        took=time_of(float(run["run_ms"])),
        cost=f"{cost or '$0'}+" if run["unknown_costs"] else cost,
        error=str(run["error_type"] or "") if run["status"] == "failed" else "",
        spans=int(run["spans"]),
        is_replay=bool(run["is_replay"]) or '"is_replay"' in str(run["attributes"] or ""),
    )


def _titles(project: Project, run_ids: Sequence[str]) -> dict[str, str]:
    """Run to the title of its item, as its graph declares it."""
    from compound.graph.wiring.roles import Roles

    run, roles = tables.run, dict[str, Roles | None]()
    query = sa.select(run.c.run_id, run.c.graph_name, run.c.input).where(run.c.run_id.in_(run_ids))
    with project.resources.state.read() as db:
        found = db.execute(query).all()
    titles: dict[str, str] = {}
    for run_id, name, given in found:
        if name not in roles:
            try:
                roles[name] = Roles(project.resources.parts.graph_as_written(name))
            except (CompoundError, OSError):  # the file has errors, or is gone
                roles[name] = None
        known = roles[name]
        titles[run_id] = known.title(given) if known is not None and isinstance(given, dict) else ""
    return titles


def _running(project: Project, graph: str) -> list[RunRow]:
    run = tables.run
    query = sa.select(run.c.run_id, run.c.graph_name, run.c.item_id, run.c.thread_id, run.c.updated_at)
    query = query.where(run.c.status == "running").order_by(run.c.updated_at.desc()).limit(_MOST_RUNNING)
    with project.resources.state.read() as db:
        found = db.execute(query.where(run.c.graph_name == graph) if graph else query).all()
    return [
        RunRow(
            run_id=run_id,
            short_id=short_id(run_id),
            graph=name,
            item_id=item_id or ("" if thread_id == run_id else thread_id or ""),
            status="running",
            at=moment(at),
            took="",
            cost="",
        )
        for run_id, name, item_id, thread_id, at in found
    ]


def _with_text(project: Project, text: str) -> list[str]:
    """The newest runs whose item has this text."""
    import json

    run = tables.run
    written = sa.cast(run.c.input, sa.Text)
    parts = {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    query = sa.select(run.c.run_id).where(sa.or_(*(written.icontains(one, autoescape=True) for one in sorted(parts))))
    with project.resources.state.read() as db:
        return list(db.execute(query.order_by(run.c.created_at.desc()).limit(_MOST_TEXT)).scalars())


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
