"""A graph as a plain SVG: no browser, scripts or fonts needed, readable on light and dark pages."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from compound.graph.drawing.layout import Placed, place
from compound.graph.drawing.marks import badge, begin_link, end_link, tips, way_look
from compound.graph.drawing.picture import INPUT, LOOKS, Box, Mark, picture
from compound.graph.drawing.tiles import (
    BAR,
    LINE,
    NAME_PX,
    PAD,
    ROW,
    ROW_GAP,
    SMALL_PX,
    Card,
    head_lines,
    row_detail,
    text_width,
    when_of,
)

if TYPE_CHECKING:
    from compound.spec.graph_file import GraphSpec

PAPER: Final = "#ffffff"
INK: Final = "#0f172a"
QUIET: Final = "#475569"
_ARROW: Final = "#8b949e"
_FONT: Final = "ui-sans-serif, system-ui, 'Segoe UI', Helvetica, Arial, sans-serif"
_SPREAD: Final = 16.0


def draw_svg(spec: GraphSpec, marks: Mapping[str, Mark] | None = None) -> str:
    """The picture as SVG text; with marks, of one run.

    A filled card is a review or an effect; a dashed one has a condition; a dashed arrow is only order. Nodes in one
    frame have the same upstream and downstream nodes.

    Raises:
        ProjectError: The graph cannot be planned.
    """
    drawn, role = place(picture(spec, marks)), "group" if marks else "img"
    width, height = round(drawn.width), round(drawn.height)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" role="{role}" aria-label="{escape(spec.name)}" font-family="{_FONT}">',
        f"<title>{escape(spec.name)}, version {spec.version}</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="6.5" markerHeight="6.5"'
        f' orient="auto"><path d="M0 0.5 L8 4 L0 7.5 z" fill="{_ARROW}"/></marker>{tips() if marks else ""}</defs>',
        f'<g fill="none" stroke="{_ARROW}" stroke-width="1.5" stroke-linecap="round">',
        *_ways(drawn.ways),
        "</g>",
        *(line for one in drawn.cards if one.card for line in _card(one, one.card)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _ways(ways: Sequence[tuple[bool, tuple[Placed, ...]]]) -> Iterator[str]:
    begins = _ports([(points[0], points[1].x, index) for index, (_, points) in enumerate(ways)])
    ends = _ports([(points[-1], points[-2].x, index) for index, (_, points) in enumerate(ways)])
    for index, (is_order, points) in enumerate(ways):
        x, y = begins[index], points[0].y + points[0].height / 2
        path = [f"M{x:.1f} {y:.1f}"]
        for point in points[1:]:
            is_last = point is points[-1]
            to_x, to_y = (
                (ends[index], point.y - point.height / 2 - 1) if is_last else (point.x, point.y - point.height / 2)
            )
            middle = (y + to_y) / 2
            path.append(f"C{x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {to_y:.1f}")
            x, y = to_x, to_y
            if not is_last:
                y = point.y + point.height / 2
                path.append(f"L{x:.1f} {y:.1f}")
        dash = ' stroke-dasharray="5 4"' if is_order else ""
        yield f'<path d="{" ".join(path)}" {way_look(points[0].card, points[-1].card)}{dash}/>'


def _ports(ends: Sequence[tuple[Placed, float, int]]) -> Mapping[int, float]:
    """Where each arrow leaves or meets its card: side by side, ordered by the other end."""
    found: dict[int, float] = {}
    for card in dict.fromkeys(placed for placed, _, _ in ends):
        mine = sorted((other, index) for placed, other, index in ends if placed is card)
        step = min(_SPREAD, card.width * 0.7 / len(mine))
        for place_, (_, index) in enumerate(mine):
            found[index] = card.x + (place_ - (len(mine) - 1) / 2) * step
    return found


def _card(placed: Placed, card: Card) -> Iterator[str]:
    left, top = placed.x - placed.width / 2, placed.y - placed.height / 2
    box = card.head
    yield "<g>"
    if box is not None and box.description:
        yield f"<title>{escape(box.description)}</title>"
    if card.is_end:
        yield _rect(left, top, placed.width, placed.height, radius=placed.height / 2, fill=LOOKS[INPUT].colour)
        yield _text(
            placed.x, placed.y + 4.5, card.name.lstrip("$"), size=NAME_PX, fill=PAPER, is_bold=True, anchor="middle"
        )
    elif box is None:
        yield from _frame(placed, dash=bool(card.when))
        y = yield from _rows(card, left, top + 8, placed.width)
        if card.when:
            yield _text(left + PAD, y + 11, when_of(card.when), size=SMALL_PX, fill=QUIET, is_slanted=True)
    else:
        yield from begin_link(box)
        yield from _panel(placed, box.kind, dash=bool(card.when))
        y = yield from _head(card, box, left, top)
        yield from badge(box, left + placed.width - 16, top + 16, (left, top, placed.width, placed.height))
        yield from end_link(box)
        if card.rows:
            yield from _rows(card, left + BAR, y, placed.width - BAR)
    yield "</g>"


def _panel(placed: Placed, kind: str, *, dash: bool) -> Iterator[str]:
    """A node: paper with a tint of its colour and a bar at the left; filled where the run is stored."""
    left, top, colour = placed.x - placed.width / 2, placed.y - placed.height / 2, LOOKS[kind].colour
    line = f'stroke="{colour}" stroke-width="1.3"' + (' stroke-dasharray="5 3"' if dash else "")
    if LOOKS[kind].is_solid:
        yield _rect(left, top, placed.width, placed.height, radius=7, fill=colour)
        if dash:
            more = f'stroke="{PAPER}" stroke-opacity="0.75" stroke-dasharray="5 3"'
            yield _rect(left + 3.5, top + 3.5, placed.width - 7, placed.height - 7, radius=4, fill="none", more=more)
        return
    yield _rect(left, top, placed.width, placed.height, radius=7, fill=PAPER)
    yield _rect(left, top, placed.width, placed.height, radius=7, fill=colour, more=f'fill-opacity="0.07" {line}')
    yield _rect(left + 5, top + 8, BAR - 0.5, placed.height - 16, radius=1.75, fill=colour)


def _frame(placed: Placed, *, dash: bool) -> Iterator[str]:
    left, top = placed.x - placed.width / 2, placed.y - placed.height / 2
    line = f'stroke="{_ARROW}" stroke-width="1.2"' + (' stroke-dasharray="5 3"' if dash else "")
    yield _rect(left, top, placed.width, placed.height, radius=9, fill="#f8fafc", more=line)


def _head(card: Card, box: Box, left: float, top: float) -> Generator[str, None, float]:
    colour = PAPER if LOOKS[box.kind].is_solid else LOOKS[box.kind].colour
    x, y = left + PAD + BAR, top + 8 + 11
    for number, line in enumerate(head_lines(card)):
        if number == 0:
            yield _text(x, y, line, size=NAME_PX, fill=PAPER if LOOKS[box.kind].is_solid else INK, is_bold=True)
        else:
            fill = PAPER if LOOKS[box.kind].is_solid else colour if number == 1 else QUIET
            yield _text(x, y, line, size=SMALL_PX, fill=fill, is_slanted=number == 2 and bool(card.when))
        y += LINE
    return y - 5


def _rows(card: Card, left: float, top: float, width: float) -> Generator[str, None, float]:
    column = max(text_width(box.name, NAME_PX) for box in card.rows)
    for box in card.rows:
        colour = LOOKS[box.kind].colour
        yield from begin_link(box)
        if box.description:
            yield f"<g><title>{escape(box.description)}</title>"
        yield _rect(left + 8, top, width - 16, ROW, radius=5, fill=PAPER)
        more = f'fill-opacity="0.07" stroke="{colour}" stroke-width="1"'
        yield _rect(left + 8, top, width - 16, ROW, radius=5, fill=colour, more=more)
        yield _rect(left + 11, top + 5, 3, ROW - 10, radius=1.5, fill=colour)
        yield _text(left + 20, top + 16.5, box.name, size=NAME_PX, fill=INK, is_bold=True)
        yield _text(left + 20 + column + 10, top + 16.5, row_detail(box), size=SMALL_PX, fill=colour)
        yield from badge(box, left + width - 22, top + ROW / 2, (left + 8, top, width - 16, ROW))
        if box.description:
            yield "</g>"
        yield from end_link(box)
        top += ROW + ROW_GAP
    return top


def _rect(x: float, y: float, width: float, height: float, *, radius: float, fill: str, more: str = "") -> str:
    shape = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius:g}"'
    return f'<rect {shape} fill="{fill}"{" " + more if more else ""}/>'


def _text(
    x: float,
    y: float,
    text: str,
    *,
    size: float,
    fill: str,
    is_bold: bool = False,
    is_slanted: bool = False,
    anchor: str = "",
) -> str:
    style = f'font-size="{size:g}" fill="{fill}"'
    style += ' font-weight="600"' if is_bold else ""
    style += ' font-style="italic"' if is_slanted else ""
    style += f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'
