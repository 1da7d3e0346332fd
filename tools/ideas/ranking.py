"""Ranks ideas from pairwise judgements, with ties and with the uncertainty of each place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Literal

import numpy as np
from pydantic import BaseModel
from typing_extensions import TypedDict

from compound.model import solver
from compound.tool import tool

from ..analyst.result_tables import markdown
from ..shop.documents import Json
from .ideas import NumberedIdea, Pool

ALL_PAIRS, MEETINGS = 28, 6
"""Up to this number of pairs all ideas are compared with each other; above it only some."""
RESAMPLES, SEED = 300, 20
Winner = Literal["first", "second", "tie"]


class Pair(TypedDict):
    """Two ideas to compare, in the order in which they are shown."""

    first: NumberedIdea
    second: NumberedIdea


class Judged(TypedDict):
    """The judgement of a pair; null without a usable answer."""

    first: int
    second: int
    winner: Winner | None
    why: str


class Judgement(BaseModel):
    """A judge's answer."""

    winner: Winner
    why: str


class Ranking(TypedDict):
    """Ideas by their results in pairs.

    Attributes:
        table: Markdown: place, its uncertainty, wins, ties, losses.
        ideas: The text of each idea and its views, in the same order.
        order: Numbers, best first.
        leaders: Numbers of those that may be the first: place 1 is in their range.
    """

    table: str
    ideas: list[str]
    order: list[int]
    leaders: str
    notes: list[str]


class Choice(TypedDict):
    """A person's choice; `unknown` are numbers that are not ideas."""

    picked: list[NumberedIdea]
    unknown: list[str]


@solver("no_taste")
def no_taste(_inputs: Mapping[str, Json]) -> Json:
    """Answer the graph's `judge` node without a model: it abstains, because it cannot compare ideas."""
    return {"winner": "tie", "why": "nothing here can judge ideas without a model"}


@tool
def idea_pairs(ideas: list[NumberedIdea]) -> list[Pair]:
    """The pairs to judge: each pair twice, once in each order, because judges prefer what they read first."""
    chosen = list(combinations(range(len(ideas)), 2))
    if len(chosen) > ALL_PAIRS:
        chosen = sorted(set(_rounds(len(ideas))))
    pairs: list[Pair] = []
    for one, other in chosen:
        pairs += [Pair(first=ideas[one], second=ideas[other]), Pair(first=ideas[other], second=ideas[one])]
    return pairs


def _rounds(count: int) -> Iterator[tuple[int, int]]:
    """The first rounds of a tournament in which everybody would meet everybody (the circle method)."""
    seats = list(range(count + count % 2))
    for _ in range(min(MEETINGS, len(seats) - 1)):
        for at in range(len(seats) // 2):
            one, other = sorted((seats[at], seats[-1 - at]))
            if other < count:
                yield one, other
        seats = [seats[0], seats[-1], *seats[1:-1]]


@tool
def judged_pair(pair: Pair, judgement: Judgement | None) -> Judged:
    """A pair with its judgement."""
    return Judged(
        first=pair["first"]["number"],
        second=pair["second"]["number"],
        winner=judgement.winner if judgement else None,
        why=judgement.why if judgement else "",
    )


@tool(blocking=True)
def rank_ideas(pool: Pool, judged: list[Judged]) -> Ranking:
    """Places by strength in pairs (Bradley and Terry, Biometrika 1952); a tie counts half a win for each.

    A pair whose winner changes with the order counts as a tie. The range of a place comes from resampling the pairs,
    300 times (5 % to 95 %), with each tie as a coin toss. Equal strengths share a place.
    """
    ideas = pool["ideas"]
    at = {idea["number"]: place for place, idea in enumerate(ideas)}
    pairs, swayed = _verdicts(judged, at)
    table = np.array(pairs, dtype=float).reshape(-1, 3)
    places = _places(_strengths(table, len(ideas)))
    random = np.random.default_rng(SEED)
    drawn = [_places(_strengths(_drawn(table, random), len(ideas))) for _ in range(RESAMPLES if len(table) else 0)]
    ranges = np.percentile(np.array(drawn or [places]), [5, 95], axis=0).round().astype(int)
    order = sorted(range(len(ideas)), key=lambda one: (places[one], one))
    leaders = [ideas[one]["number"] for one in order if ranges[0][one] <= 1 or places[one] == 1]
    rows = [_row(ideas[one], places[one], ranges[:, one], _score(table, one)) for one in order]
    notes = [
        "there is no right answer: this is the result of pairwise judgements by one judge; the ranges show the uncertainty",
        *pool["notes"],
    ]
    if unjudged := sum(one["winner"] is None for one in judged):
        notes.append(f"{unjudged} of {len(judged)} comparisons gave nothing usable")
    if swayed:
        notes.append(f"{swayed} of {len(pairs)} pairs were decided by their order; they count as ties")
    if len(pairs) and all(one[2] == 0.5 for one in pairs):
        notes.append("every pair is a tie: the places say nothing, the order is the one in which ideas came")
    return Ranking(
        table=markdown(("number", "idea", "place", "range", "won", "tied", "lost"), rows),
        ideas=[_said(ideas[one]) for one in order],
        order=[ideas[one]["number"] for one in order],
        leaders=", ".join(map(str, leaders)),
        notes=notes,
    )


def _verdicts(judged: Sequence[Judged], at: Mapping[int, int]) -> tuple[list[tuple[int, int, float]], int]:
    """(one, other, one's share of the win) for each pair, and the number of pairs decided by their order."""
    said: dict[tuple[int, int], list[float]] = {}
    for one in judged:
        if one["winner"] is None:
            continue
        first, second = at[one["first"]], at[one["second"]]
        share = {"first": 1.0, "second": 0.0, "tie": 0.5}[one["winner"]]
        key = (min(first, second), max(first, second))
        said.setdefault(key, []).append(share if first < second else 1 - share)
    swayed = sum(len(shares) == 2 and sorted(shares) == [0.0, 1.0] for shares in said.values())
    return [(*key, sum(shares) / len(shares)) for key, shares in sorted(said.items())], swayed


def _strengths(table: np.ndarray, count: int) -> np.ndarray:
    """Strengths that explain the wins best, by iteration; half a win against an average opponent keeps them finite."""
    strengths = np.ones(count)
    if not len(table):
        return strengths
    one, other, share = table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2]
    wins = np.bincount(one, share, count) + np.bincount(other, 1 - share, count) + 0.5
    for _ in range(100):
        met = 1 / (strengths[one] + strengths[other])
        games = np.bincount(one, met, count) + np.bincount(other, met, count) + 1 / (strengths + 1)
        strengths = wins / games
    return strengths


def _places(strengths: np.ndarray) -> np.ndarray:
    """From 1; strengths that differ by less than a thousandth share a place."""
    rounded = np.round(np.log(strengths), 3)
    return 1 + (rounded[None, :] > rounded[:, None]).sum(axis=1)


def _drawn(table: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The pairs resampled, with each tie decided by a coin toss."""
    drawn = table[random.integers(0, len(table), len(table))]
    tied = drawn[:, 2] == 0.5
    drawn[tied, 2] = random.integers(0, 2, int(tied.sum()))
    return drawn


def _score(table: np.ndarray, one: int) -> tuple[int, int, int]:
    own = [row[2] if row[0] == one else 1 - row[2] for row in table if one in (row[0], row[1])]
    return sum(1 for x in own if x > 0.5), sum(1 for x in own if x == 0.5), sum(1 for x in own if x < 0.5)


def _row(idea: NumberedIdea, place: int, ends: np.ndarray, score: tuple[int, int, int]) -> dict[str, Json]:
    return {
        "number": idea["number"],
        "place": int(place),
        "range": f"{ends[0]} to {ends[1]}",
        "idea": idea["title"],
        "won": score[0],
        "tied": score[1],
        "lost": score[2],
    }


def _said(idea: NumberedIdea) -> str:
    also = f"; also: {', '.join(idea['also'])}" if idea["also"] else ""
    return f"{idea['number']}. {idea['title']}: {idea['text']} ({'; '.join(idea['views'])}{also})"


@tool
def chosen_ideas(pool: Pool, text: str | None) -> Choice:
    """The ideas whose numbers a person wrote: `2, 5`."""
    named = [one for one in (text or "").replace(",", " ").replace("#", " ").split() if one]
    found = {str(idea["number"]): idea for idea in pool["ideas"]}
    return Choice(
        picked=[found[one] for one in dict.fromkeys(named) if one in found],
        unknown=[one for one in named if one not in found],
    )
