"""What the list of reviews is asked for, as its address says it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from compound.review.stored.lists import After, ReviewFilter, ReviewSummary, Sort

if TYPE_CHECKING:
    from compound.web.identity.people import Person

SORTS: Final[Sequence[str]] = ("urgency", "newest", "oldest")
RISKS: Final[Mapping[str, int]] = {"some": 1, "high": 2}
"""Choice of a risk to the least number of a draft."""
STATES: Final[Mapping[str, bool]] = {"ready": True, "look": False}
HELD: Final = frozenset({"me", "nobody"})
LONGEST: Final = 200
"""Characters of a search that are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What the list is asked for; what cannot be read in an address is ignored.

    Attributes:
        view: Key of a saved view.
        text: Words that a review has.
        queue: Only this queue.
        risk: A key of `RISKS`.
        state: A key of `STATES`.
        held: `me`, `nobody`.
        after: The last row of the part before.
    """

    view: str = "open"
    text: str = ""
    queue: str = ""
    risk: str = ""
    state: str = ""
    held: str = ""
    sort: Sort = "urgency"
    after: After | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Search:
        """The search of an address."""
        risk, state, held, sort = (query.get(name, "") for name in ("risk", "state", "held", "sort"))
        return cls(
            view=query.get("view", "open"),
            text=" ".join(query.get("q", "")[:LONGEST].replace("\0", "").split()),
            queue=query.get("queue", "").replace("\0", ""),
            risk=risk if risk in RISKS else "",
            state=state if state in STATES else "",
            held=held if held in HELD else "",
            sort=sort if sort in SORTS else "urgency",
            after=after_of(query.get("after", "")),
        )

    @property
    def is_narrow(self) -> bool:
        """Whether it asks for less than its view."""
        return bool(self.text or self.queue or self.risk or self.state or self.held)

    def address(self, path: str = "/reviews", **changes: str) -> str:
        """An address with this search, changed; the first part of the list unless `after` is given."""
        shown = {"view": self.view, "q": self.text, "queue": self.queue, "risk": self.risk, "state": self.state}
        shown |= {"held": self.held, "sort": self.sort, **changes}
        first = {("view", "open"), ("sort", "urgency")}
        kept = {name: value for name, value in shown.items() if value and (name, value) not in first}
        return f"{path}?{urlencode(kept)}" if kept else path

    def narrowed(self, where: ReviewFilter, person: Person) -> ReviewFilter:
        """A view with what else is asked for; only queues that the person sees."""
        return replace(
            where,
            queues=tuple(person.teams),
            queue=self.queue or where.queue,
            search=self.text,
            min_risk=RISKS.get(self.risk, where.min_risk),
            ready=STATES.get(self.state, where.ready),
            user=person.name if self.held == "me" else where.user,
            is_free=where.is_free or self.held == "nobody",
            sort=self.sort,
            after=self.after,
        )


def cursor_of(row: ReviewSummary) -> str:
    """The place behind a row, for an address."""
    due = "" if row.due_at is None else repr(row.due_at)
    return f"{due}~{row.risk}~{row.created_at!r}~{row.review_id}"


def after_of(cursor: str) -> After | None:
    """The row that a place is behind; None for what is not a place."""
    parts = cursor.split("~")
    if len(parts) != 4:
        return None
    due, risk, created, review_id = parts
    try:
        after = After(
            due_at=float(due) if due else None, risk=int(risk), created_at=float(created), review_id=review_id[:64]
        )
    except ValueError:
        return None
    is_sound = math.isfinite(after.created_at) and math.isfinite(after.due_at or 0.0) and abs(after.risk) < 2**31
    return after if is_sound and "\0" not in review_id else None
