"""The board of a backlog: tickets by urgency, their teams, frequent themes, and copies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from pydantic import BaseModel
from typing_extensions import TypedDict

from compound.model import solver
from compound.tool import Artifact, keep, tool

from ..analyst.result_tables import as_csv, markdown
from ..shop.documents import Json
from .likeness import Theme, Twins, by_id
from .triage import URGENCIES, Triaged

SHOWN = 15


class ThemeName(BaseModel):
    """A theme in a few words."""

    number: int
    name: str


class Failed(TypedDict):
    """A ticket that could not be read."""

    index: int
    item: Json
    code: str
    what: str


class Board(TypedDict):
    """Tables for people, and everything as CSV."""

    first: str
    teams: str
    themes: str
    notes: list[str]
    csv: Artifact


@solver("triage_themes")
def name_themes(inputs: Mapping[str, Json]) -> Json:
    """Answer the graph's `names` node: a theme is named by its distinctive words."""
    themes = inputs.get("themes")
    named: list[Json] = []
    for theme in themes if isinstance(themes, list) else ():
        if isinstance(theme, Mapping):
            terms = theme.get("terms")
            words = [str(term) for term in terms][:3] if isinstance(terms, list) else []
            named.append({"number": theme.get("number"), "name": ", ".join(words) or str(theme.get("example") or "-")})
    return named


@tool(blocking=True)
def triage_board(
    tickets: list[Triaged],
    failed: list[Failed],
    twins: list[Twins],
    themes: list[Theme],
    names: list[ThemeName] | None,
) -> Board:
    """Sort the tickets by urgency and age, keep copies with their first ticket, count teams and themes."""
    copies = {copy: group["first"] for group in twins for copy in group["copies"]}
    called = {one.number: one.name for one in names or []}
    theme_of = {
        ticket: called.get(theme["number"], theme["example"]) for theme in themes for ticket in theme["tickets"]
    }
    board = sorted(tickets, key=lambda one: (URGENCIES.index(one["urgency"]), one["received_at"] or "9", one["id"]))
    rows = [_row(ticket, copies, theme_of) for ticket in _with_first(board, copies)]
    mine = [row for row in rows if not row["copy of"]]
    return Board(
        first=markdown(_COLUMNS, mine[:SHOWN]),
        teams=markdown(["team", "tickets", *URGENCIES], _teams(board, copies)),
        themes=markdown(["theme", "tickets", "share %", "example"], _themes(themes, called, len(tickets))),
        notes=_notes(tickets, failed, twins, len(mine), named=names is not None),
        csv=keep(as_csv([*_COLUMNS, "copy of", "theme", "sure"], rows), name="triage", media_type="text/csv"),
    )


_COLUMNS = ("ticket", "urgency", "team", "wishes", "language", "why", "subject")


def _row(ticket: Triaged, copies: Mapping[str, str], theme_of: Mapping[str, str]) -> dict[str, Json]:
    return {
        "ticket": ticket["id"],
        "urgency": ticket["urgency"],
        "team": ticket["team"],
        "wishes": ", ".join(ticket["wishes"]) or "(abstains)",
        "language": ticket["language"],
        "why": "; ".join(ticket["reasons"]),
        "subject": ticket["subject"],
        "copy of": copies.get(ticket["id"], ""),
        "theme": theme_of.get(ticket["id"], ""),
        "sure": ticket["is_certain"],
    }


def _with_first(board: Sequence[Triaged], copies: Mapping[str, str]) -> list[Triaged]:
    """A copy follows its first, even if other tickets are as urgent."""
    found = by_id(board)
    below: dict[str, list[Triaged]] = {}
    for copy, first in copies.items():
        below.setdefault(first, []).append(found[copy])
    return [one for ticket in board if ticket["id"] not in copies for one in (ticket, *below.get(ticket["id"], ()))]


def _teams(board: Sequence[Triaged], copies: Mapping[str, str]) -> list[dict[str, Json]]:
    counts = Counter((ticket["team"], ticket["urgency"]) for ticket in board if ticket["id"] not in copies)
    totals = Counter(ticket["team"] for ticket in board if ticket["id"] not in copies)
    return [
        {"team": team, "tickets": total, **{urgency: counts[team, urgency] for urgency in URGENCIES}}
        for team, total in sorted(totals.items(), key=lambda one: (-one[1], one[0]))
    ]


def _themes(themes: Sequence[Theme], called: Mapping[int, str], total: int) -> list[dict[str, Json]]:
    return [
        {
            "theme": called.get(theme["number"], f"theme {theme['number']}"),
            "tickets": len(theme["tickets"]),
            "share %": round(100 * len(theme["tickets"]) / total),
            "example": theme["example"],
        }
        for theme in themes
    ]


def _notes(
    tickets: Sequence[Triaged], failed: Sequence[Failed], twins: Sequence[Twins], mine: int, *, named: bool
) -> list[str]:
    notes = [f"{len(tickets)} tickets read, {mine} of them not a copy of another"]
    if mine > SHOWN:
        notes.append(f"the table shows the first {SHOWN}; the CSV has all")
    for group in twins:
        ids = ", ".join(group["copies"])
        notes.append(
            f"{ids}: a copy of {group['first']} (likeness {group['likeness']:.2f}); the person who takes one takes all"
        )
    notes += [f"item {one['index']} was left out: {one['what']} [{one['code']}]" for one in failed]
    abstains = sum(not ticket["wishes"] for ticket in tickets)
    if abstains:
        notes.append(f"the specialist abstains on {abstains}; their team and urgency come from words alone")
    unsure = sum(bool(ticket["wishes"]) and not ticket["is_certain"] for ticket in tickets)
    if unsure:
        notes.append(f"the wishes of {unsure} are hints: no certificate covers them")
    if not named:
        notes.append("the model named no themes: they are shown by an example")
    return notes
