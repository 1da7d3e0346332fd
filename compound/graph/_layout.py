"""Layered layout of a picture: layers from the top, few crossings, straight where possible.

Source: Sugiyama, Tagawa, Toda, IEEE SMC 1981; the order within layers by barycentres, a few sweeps each way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from compound.graph._picture import OUTPUT, Box, Picture

_SWEEPS: Final = 12
_GAP_X: Final = 22.0
_GAP_Y: Final = 46.0
_CHAR: Final = 6.6
_LINE: Final = 15.0
MARGIN: Final = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A box with its centre and size in pixels; `box` is None for a bend of an arrow."""

    x: float
    y: float
    width: float
    height: float
    box: Box | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Every box placed, and every arrow as the points it runs through."""

    boxes: tuple[Placed, ...]
    ways: tuple[tuple[bool, tuple[Placed, ...]], ...]
    width: float
    height: float


def text_lines(box: Box) -> list[str]:
    """What is written into a box, its name first."""
    if box.kind in {"input", "output"}:
        return [box.name]
    head = f"{box.kind} · {box.detail}" if box.detail else box.kind
    when = [_short(f"when {box.when}")] if box.when else []
    return [box.name, _short(head), *(_short(line) for line in box.lines), *when]


def _short(text: str, limit: int = 34) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def place(drawn: Picture) -> Layout:
    """Place a picture."""
    layer = _layers(drawn)
    boxes = {box.name: box for box in drawn.boxes}
    chains = {(a.source, a.target): _chain(a.source, a.target, layer) for a in drawn.arrows}
    rows: list[list[str]] = [[] for _ in range(max(layer.values()) + 1)]
    for name in boxes:
        rows[layer[name]].append(name)
    for (source, _), chain in chains.items():
        for offset, bend in enumerate(chain[1:-1], start=1):
            rows[layer[source] + offset].append(bend)
    links = [pair for chain in chains.values() for pair in pairwise(chain)]
    sizes = {name: _size(boxes.get(name)) for row in rows for name in row}
    _order(rows, links)
    xs = _columns(rows, links, sizes)
    heights = [max(sizes[name][1] for name in row) for row in rows]
    placed: dict[str, Placed] = {}
    top = MARGIN
    for row, height in zip(rows, heights, strict=True):
        for name in row:
            width, tall = sizes[name]
            # A bend is as tall as its row, so that an arrow passes beside boxes and turns between the rows.
            placed[name] = Placed(
                x=xs[name],
                y=top + height / 2,
                width=width,
                height=tall if name in boxes else height,
                box=boxes.get(name),
            )
        top += height + _GAP_Y
    ways = tuple((a.is_order, tuple(placed[one] for one in chains[a.source, a.target])) for a in drawn.arrows)
    right = max(one.x + one.width / 2 for one in placed.values()) + MARGIN
    return Layout(boxes=tuple(placed[name] for name in boxes), ways=ways, width=right, height=top - _GAP_Y + MARGIN)


def _layers(drawn: Picture) -> dict[str, int]:
    """Longest way from the input; then boxes go down as far as they can where arrows get shorter."""
    layer = {box.name: 0 for box in drawn.boxes}
    for box in drawn.boxes:
        for arrow in drawn.arrows:
            if arrow.target == box.name:
                layer[box.name] = max(layer[box.name], layer[arrow.source] + 1)
    layer[OUTPUT] = max(layer.values())
    for box in reversed(drawn.boxes):
        below = [layer[a.target] for a in drawn.arrows if a.source == box.name]
        above = [a for a in drawn.arrows if a.target == box.name]
        if below and len(below) > len(above):
            layer[box.name] = max(layer[box.name], min(below) - 1)
    return layer


def _chain(source: str, target: str, layer: Mapping[str, int]) -> tuple[str, ...]:
    bends = [f"{source}>{target}:{number}" for number in range(layer[source] + 1, layer[target])]
    return (source, *bends, target)


def _size(box: Box | None) -> tuple[float, float]:
    if box is None:
        return 8.0, 8.0
    lines = text_lines(box)
    width = max(len(lines[0]) * _CHAR * 1.2, *(len(line) * _CHAR for line in lines)) + 22
    return max(width, 72.0), len(lines) * _LINE + 14


def _neighbours(links: Sequence[tuple[str, str]], *, above: bool) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for source, target in links:
        found.setdefault(target if above else source, []).append(source if above else target)
    return found


def _order(rows: list[list[str]], links: Sequence[tuple[str, str]]) -> None:
    """Sort each row by the mean place of its neighbours in the row before, down and up in turn."""
    up, down = _neighbours(links, above=True), _neighbours(links, above=False)
    for sweep in range(_SWEEPS):
        near = up if sweep % 2 == 0 else down
        for row in rows if sweep % 2 == 0 else reversed(rows):
            at = {name: index / max(len(one) - 1, 1) for one in rows for index, name in enumerate(one)}

            def mean(name: str, at: Mapping[str, float] = at, near: Mapping[str, list[str]] = near) -> float:
                others = near.get(name)
                return sum(at[other] for other in others) / len(others) if others else at[name]

            row.sort(key=mean)


def _columns(
    rows: Sequence[Sequence[str]], links: Sequence[tuple[str, str]], sizes: Mapping[str, tuple[float, float]]
) -> dict[str, float]:
    """Centres: packed, then pulled towards the neighbours as far as the order lets them."""
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
    for sweep in range(2 * _SWEEPS):
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
    """Move a row to the mean of the leftmost and the rightmost places that keep order and gaps."""

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
