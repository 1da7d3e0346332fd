"""Mermaid text of a graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from compound.graph.drawing.picture import END, INPUT, LOOKS, OUTPUT, START, Arrow, Box, picture

if TYPE_CHECKING:
    from compound.spec.graph_file import GraphSpec

_SAFE: Final = frozenset(" ._-$'(),/:=+*·…!?@")
"""Characters without a meaning inside a quoted label; all others are written as numeric entities."""
_LONGEST: Final = 80


def draw(spec: GraphSpec) -> str:
    """A Mermaid flowchart; shape, colour and label show the kind; without arrows that a longer path implies.

    A block is a box around its nodes. Text of the graph stays text: `%%{init}%%`, quotes, tags and line breaks of a
    condition are escaped in their label.

    Raises:
        ProjectError: The graph cannot be planned.
    """
    drawn = picture(spec)
    ids = {box.name: f"n_{box.name}" for box in drawn.boxes} | {START: "input_", END: "output_"}
    lines = ["flowchart TD"]
    for number, box in enumerate(drawn.boxes):
        lines += _box(box, ids[box.name], f"i{number}_", "    ")
    lines += _ways(drawn.arrows, ids, "    ")
    for kind in dict.fromkeys(_kinds(drawn.boxes)):
        colour = LOOKS[kind].colour
        lines.append(f"    classDef {kind}_ fill:{colour},stroke:{colour},color:#ffffff")
    return "\n".join(lines) + "\n"


def _box(box: Box, name: str, lead: str, pad: str) -> list[str]:
    """A node; for a block also its nodes and their arrows. Ids of inner nodes start with `lead`."""
    if not box.inner:
        opening, closing = LOOKS[box.kind].shape
        return [f'{pad}{name}{opening}"{_label(box)}"{closing}:::{box.kind}_']
    ids = {one.name: f"{lead}{one.name}" for one in box.inner}
    lines = [f'{pad}subgraph {name}["{_label(box)}"]']
    for number, one in enumerate(box.inner):
        lines += _box(one, ids[one.name], f"{lead}{number}_", f"{pad}    ")
    return [*lines, *_ways(box.ways, ids, f"{pad}    "), f"{pad}end"]


def _ways(arrows: Iterable[Arrow], ids: Mapping[str, str], pad: str) -> list[str]:
    return [f"{pad}{ids[a.source]} {'-.->' if a.is_order else '-->'} {ids[a.target]}" for a in arrows]


def _kinds(boxes: Iterable[Box]) -> Iterator[str]:
    for box in boxes:
        if box.inner:
            yield from _kinds(box.inner)
        else:
            yield box.kind


def _label(box: Box) -> str:
    if box.kind in {INPUT, OUTPUT}:
        return f"<b>{box.kind}</b>" + (f"<br/>{_escape(box.detail)}" if box.detail else "")
    parts = [f"<b>{_escape(box.name)}</b>", _escape(f"{box.kind} {box.detail}".strip())]
    if box.when:
        parts.append(f"<i>{_escape(f'when {box.when}')}</i>")
    if box.description:
        parts.append(_escape(box.description))
    return "<br/>".join(parts)


def _escape(text: str) -> str:
    flat = " ".join(text.split())
    short = flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 1]}…"
    return "".join(char if char.isalnum() or char in _SAFE else f"#{ord(char)};" for char in short)
