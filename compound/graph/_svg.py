"""A graph as a plain SVG: no browser, no script, no fonts to load, readable on light and dark pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from compound.graph._draw import COLOURS
from compound.graph._layout import Placed, place, text_lines
from compound.graph._picture import picture

if TYPE_CHECKING:
    from compound.spec.graph_file import GraphSpec

_INK: Final = "#8b949e"
_FONT: Final = "ui-sans-serif, system-ui, 'Segoe UI', Helvetica, Arial, sans-serif"


def draw_svg(spec: GraphSpec) -> str:
    """The picture as SVG text; a dashed box has a condition, a dashed arrow is only order.

    Raises:
        ProjectError: The graph cannot be planned.
    """
    drawn = place(picture(spec))
    width, height = round(drawn.width), round(drawn.height)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" role="img" aria-label="{escape(spec.name)}" font-family="{_FONT}">',
        f"<title>{escape(spec.name)}</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"'
        f' orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="{_INK}"/></marker></defs>',
        f'<g fill="none" stroke="{_INK}" stroke-width="1.4">',
        *(_way(points, is_order=is_order) for is_order, points in drawn.ways),
        "</g>",
        *(_box(one) for one in drawn.boxes),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _way(points: tuple[Placed, ...], *, is_order: bool) -> str:
    start = points[0]
    x, y = start.x, start.y + start.height / 2
    path = [f"M{x:.1f} {y:.1f}"]
    for index, point in enumerate(points[1:], start=1):
        is_last = index == len(points) - 1
        to_y = point.y - point.height / 2
        middle = (y + to_y) / 2
        path.append(f"C{x:.1f} {middle:.1f} {point.x:.1f} {middle:.1f} {point.x:.1f} {to_y:.1f}")
        x, y = point.x, to_y
        if not is_last:
            y = point.y + point.height / 2
            path.append(f"L{x:.1f} {y:.1f}")
    dash = ' stroke-dasharray="4 3"' if is_order else ""
    return f'<path d="{" ".join(path)}" marker-end="url(#tip)"{dash}/>'


def _box(placed: Placed) -> str:
    box = placed.box
    if box is None:
        return ""
    left, top = placed.x - placed.width / 2, placed.y - placed.height / 2
    round_ = placed.height / 2 if box.kind in {"input", "output"} else 6
    dash = ' stroke="#ffffff" stroke-dasharray="5 3"' if box.when else ""
    out = [
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{placed.width:.1f}" height="{placed.height:.1f}"'
        f' rx="{round_:.1f}" fill="{COLOURS[box.kind]}"{dash}/>'
    ]
    for number, line in enumerate(text_lines(box)):
        style = 'font-size="13" font-weight="600"' if number == 0 else 'font-size="11" opacity="0.92"'
        y = top + 18 + number * 15
        out.append(
            f'<text x="{placed.x:.1f}" y="{y:.1f}" text-anchor="middle" fill="#ffffff" {style}>{escape(line)}</text>'
        )
    return "\n".join(out)
