"""What a run did, drawn over its graph: a badge and a frame for each node, the path taken, links."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from compound.graph.drawing.picture import FADED, STATES, Box
from compound.graph.drawing.tiles import Card

_GLYPHS: Final = {
    "done": "M-3.2 0.3 -1 2.5 3.4 -2.4",
    "failed": "M-2.6 -2.6 2.6 2.6M2.6 -2.6 -2.6 2.6",
    "waiting": "M-1.8 -2.8V2.8M1.8 -2.8V2.8",
    "running": "M-1.6 -3 3 0 -1.6 3z",
    "skipped": "M-3 0H3",
}
_FADE: Final = "0.42"
_CHANGED: Final = "#7c3aed"
"""Colour of a node that differs in the other run."""


def tips() -> str:
    """Arrow heads in the colours of the states."""
    return "".join(
        f'<marker id="tip-{state}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="5" markerHeight="5"'
        f' orient="auto"><path d="M0 0.5 L8 4 L0 7.5 z" fill="{colour}"/></marker>'
        for state, colour in STATES.items()
        if state not in FADED
    )


def way_look(source: Card | None, target: Card | None) -> str:
    """How an arrow is drawn: in the colour of what the run did at its end, faded where the run did not go."""
    begin, end = _states(source), _states(target)
    if begin is None and end is None:
        return 'marker-end="url(#tip)"'
    if (begin is not None and begin <= FADED) or (end is not None and end <= FADED):
        return f'marker-end="url(#tip)" stroke-opacity="{_FADE}"'
    state = next((one for one in STATES if one in (end or begin or ()) and one not in FADED), "done")
    return f'marker-end="url(#tip-{state})" stroke="{STATES[state]}" stroke-width="2"'


def _states(card: Card | None) -> frozenset[str] | None:
    """States of the nodes of a card; None for the ends, and without a run."""
    if card is None:
        return None
    head = card.head
    if head is not None and head.mark is not None:
        return frozenset({head.mark.state})
    found = frozenset(box.mark.state for box in card.rows if box.mark is not None)
    return found or None


def begin_link(box: Box) -> Iterator[str]:
    """The beginning of a node with a mark."""
    mark = box.mark
    if mark is None:
        return
    words = ["node", mark.state, *(["chosen"] if mark.is_chosen else []), *(["changed"] if mark.is_changed else [])]
    fade = f' opacity="{_FADE}"' if mark.state in FADED and not mark.is_chosen else ""
    said = ", ".join(part for part in (box.name, mark.state, mark.label, "differs" if mark.is_changed else "") if part)
    shared = f"class={quoteattr(' '.join(words))}{fade} data-node={quoteattr(box.name)}"
    if not mark.href:
        yield f"<g {shared}><title>{escape(said)}</title>"
        return
    current = ' aria-current="true"' if mark.is_chosen else ""
    yield f"<a href={quoteattr(mark.href)} {shared} aria-label={quoteattr(said)}{current}>"


def end_link(box: Box) -> Iterator[str]:
    """The end of a node with a mark."""
    if box.mark is not None:
        yield "</a>" if box.mark.href else "</g>"


def badge(box: Box, x: float, y: float, frame: tuple[float, float, float, float]) -> Iterator[str]:
    """The sign of its state, and a frame in its colour."""
    mark = box.mark
    if mark is None:
        return
    colour = STATES[mark.state]
    left, top, width, height = frame
    out = 3.5 if mark.is_chosen or mark.is_changed else 0.0
    at = (
        f'x="{left - out:.1f}" y="{top - out:.1f}" width="{width + 2 * out:.1f}" height="{height + 2 * out:.1f}"'
        f' rx="{7 + out:g}"'
    )
    if mark.is_changed:
        yield f'<rect class="frame" {at} fill="none" stroke="{_CHANGED}" stroke-width="2.5" stroke-dasharray="7 3"/>'
    elif mark.is_chosen or mark.state not in FADED:
        stroke = 2.5 if mark.is_chosen else 2
        yield f'<rect class="frame" {at} fill="none" stroke="{colour}" stroke-width="{stroke}"/>'
    if glyph := _GLYPHS.get(mark.state):
        yield (
            f'<g class="badge" transform="translate({x:.1f} {y:.1f})"><circle r="7" fill="{colour}" stroke="#ffffff"/>'
            f'<path d="{glyph}" fill="none" stroke="#ffffff" stroke-width="1.6" stroke-linecap="round"'
            ' stroke-linejoin="round"/></g>'
        )
