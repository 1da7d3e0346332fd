"""Layered layout of a picture: layers from the top, few crossings, straight arrows if possible.

Source: Sugiyama, Tagawa, Toda, IEEE SMC 1981; the order within layers by barycentres, a few sweeps each way.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Final

from compound.graph.drawing.picture import END, Arrow, Picture
from compound.graph.drawing.tiles import Card, cards

_ATTEMPTS: Final = 8
_SWEEPS: Final = 8
_GAP_X: Final = 26.0
_GAP_Y: Final = 32.0
_BEND: Final = 8.0
_WIDEST_SWAPPED: Final = 24
MARGIN: Final = 14.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A card with its centre and size in pixels; `card` is None for a bend of an arrow."""

    x: float
    y: float
    width: float
    height: float
    card: Card | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Every card placed, and every arrow with the points it runs through."""

    cards: tuple[Placed, ...]
    ways: tuple[tuple[bool, tuple[Placed, ...]], ...]
    width: float
    height: float


def place(drawn: Picture) -> Layout:
    """Place a picture."""
    found, arrows = cards(drawn)
    layer = _layers(found, arrows)
    chains = {(a.source, a.target): _chain(a.source, a.target, layer) for a in arrows}
    rows: list[list[str]] = [[] for _ in range(max(layer.values()) + 1)]
    for card in found:
        rows[layer[card.name]].append(card.name)
    for (source, _), chain in chains.items():
        for offset, bend in enumerate(chain[1:-1], start=1):
            rows[layer[source] + offset].append(bend)
    links = [pair for chain in chains.values() for pair in pairwise(chain)]
    sizes = {name: (_BEND, _BEND) for row in rows for name in row} | {card.name: card.size for card in found}
    _order(rows, links)
    placed = _placed(rows, sizes, _columns(rows, links, sizes), {card.name: card for card in found})
    ways = tuple((a.is_order, tuple(placed[one] for one in chains[a.source, a.target])) for a in arrows)
    return Layout(
        cards=tuple(placed[card.name] for card in found),
        ways=ways,
        width=max(one.x + one.width / 2 for one in placed.values()) + MARGIN,
        height=max(one.y + one.height / 2 for one in placed.values()) + MARGIN,
    )


def _placed(
    rows: Sequence[Sequence[str]],
    sizes: Mapping[str, tuple[float, float]],
    xs: Mapping[str, float],
    found: Mapping[str, Card],
) -> dict[str, Placed]:
    placed: dict[str, Placed] = {}
    top = MARGIN
    for row in rows:
        height = max(sizes[name][1] for name in row)
        for name in row:
            width, tall = sizes[name]
            # A bend is as tall as its row, so that an arrow passes beside cards and turns between the rows.
            placed[name] = Placed(
                x=xs[name],
                y=top + height / 2,
                width=width,
                height=tall if name in found else height,
                card=found.get(name),
            )
        top += height + _GAP_Y
    return placed


def _layers(found: Sequence[Card], arrows: Sequence[Arrow]) -> dict[str, int]:
    """Longest path from the input; then cards move down as far as that shortens arrows."""
    layer = {card.name: 0 for card in found}
    for card in found:
        for arrow in arrows:
            if arrow.target == card.name:
                layer[card.name] = max(layer[card.name], layer[arrow.source] + 1)
    layer[END] = max(layer.values())
    for card in reversed(found):
        below = [layer[a.target] for a in arrows if a.source == card.name]
        above = [a for a in arrows if a.target == card.name]
        if below and len(below) > len(above):
            layer[card.name] = max(layer[card.name], min(below) - 1)
    return layer


def _chain(source: str, target: str, layer: Mapping[str, int]) -> tuple[str, ...]:
    bends = [f"{source}>{target}:{number}" for number in range(layer[source] + 1, layer[target])]
    return (source, *bends, target)


def _neighbours(links: Sequence[tuple[str, str]], *, above: bool) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for source, target in links:
        found.setdefault(target if above else source, []).append(source if above else target)
    return found


def _order(rows: list[list[str]], links: Sequence[tuple[str, str]]) -> None:
    """Order each row so that few arrows cross: barycentres down and up in turn, then swaps of neighbours.

    Sweeps depend on their start, so they run from the given order and from shuffled ones (the same each time); the
    best order is kept.
    """
    up, down = _neighbours(links, above=True), _neighbours(links, above=False)
    best, fewest = [list(row) for row in rows], _crossings(rows, down)
    for attempt in range(_ATTEMPTS):
        chance = Random(attempt)
        begin = [chance.sample(row, len(row)) if attempt else list(row) for row in rows]
        for sweep in range(_SWEEPS if fewest else 0):
            near = up if sweep % 2 == 0 else down
            for row in begin if sweep % 2 == 0 else reversed(begin):
                _by_mean(row, begin, near)
            _swap(begin, down)
            crossed = _crossings(begin, down)
            if crossed < fewest:
                best, fewest = [list(row) for row in begin], crossed
    rows[:] = best


def _by_mean(row: list[str], rows: Sequence[Sequence[str]], near: Mapping[str, list[str]]) -> None:
    at = {name: index / max(len(one) - 1, 1) for one in rows for index, name in enumerate(one)}

    def mean(name: str) -> float:
        others = near.get(name)
        return sum(at[other] for other in others) / len(others) if others else at[name]

    row.sort(key=mean)


def _swap(rows: Sequence[list[str]], down: Mapping[str, list[str]]) -> None:
    """Swap neighbours in a row while that leaves fewer crossings above and below it."""
    for number, row in enumerate(rows):
        if len(row) > _WIDEST_SWAPPED:
            continue
        around = rows[max(number - 1, 0) : number + 2]
        fewest = _crossings(around, down)
        for left in range(len(row) - 1):
            row[left], row[left + 1] = row[left + 1], row[left]
            crossed = _crossings(around, down)
            if crossed < fewest:
                fewest = crossed
            else:
                row[left], row[left + 1] = row[left + 1], row[left]


def _crossings(rows: Sequence[Sequence[str]], down: Mapping[str, list[str]]) -> int:
    """Pairs of arrows between neighbouring rows that cross: inversions of their lower ends."""
    crossed = 0
    for upper, lower in pairwise(rows):
        at = {name: index for index, name in enumerate(lower)}
        passed: list[int] = []
        for name in upper:
            ends = sorted(at[other] for other in down.get(name, ()) if other in at)
            crossed += sum(len(passed) - bisect_right(passed, end) for end in ends)
            for end in ends:
                insort(passed, end)
    return crossed


def _columns(
    rows: Sequence[Sequence[str]], links: Sequence[tuple[str, str]], sizes: Mapping[str, tuple[float, float]]
) -> dict[str, float]:
    """Centres: packed, then moved towards the neighbours as far as the order allows."""
    xs: dict[str, float] = {}
    for row in rows:
        x = 0.0
        for name in row:
            xs[name] = x + sizes[name][0] / 2
            x += sizes[name][0] + _GAP_X
        shift = x / 2
        for name in row:
            xs[name] -= shift
    both = [_neighbours(links, above=True), _neighbours(links, above=False)]
    for sweep in range(3 * _SWEEPS):
        near = both[sweep % 2]
        for row in rows:
            wanted = {
                name: sum(xs[o] for o in near[name]) / len(near[name]) if name in near else xs[name] for name in row
            }
            _pull(row, wanted, xs, sizes)
    left = min(xs[name] - sizes[name][0] / 2 for row in rows for name in row) - MARGIN
    return {name: x - left for name, x in xs.items()}


def _pull(
    row: Sequence[str],
    wanted: Mapping[str, float],
    xs: dict[str, float],
    sizes: Mapping[str, tuple[float, float]],
) -> None:
    """Move a row to the mean of its leftmost and rightmost positions that keep order and gaps."""

    def apart(a: str, b: str) -> float:
        return (sizes[a][0] + sizes[b][0]) / 2 + _GAP_X

    right: list[float] = []
    for index, name in enumerate(row):
        right.append(wanted[name] if not index else max(wanted[name], right[-1] + apart(row[index - 1], name)))
    left = [0.0] * len(row)
    for index in range(len(row) - 1, -1, -1):
        name = row[index]
        is_last = index == len(row) - 1
        left[index] = wanted[name] if is_last else min(wanted[name], left[index + 1] - apart(name, row[index + 1]))
    for index, name in enumerate(row):
        xs[name] = (left[index] + right[index]) / 2
