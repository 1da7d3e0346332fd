"""Mermaid text of a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from compound.graph._picture import Box, picture

if TYPE_CHECKING:
    from compound.spec.graph_file import GraphSpec

COLOURS: Final = {
    "retrieve": "#0e7490", "sql": "#1d4ed8", "specialist": "#7c3aed", "llm": "#be185d", "tool": "#475569",
    "check": "#4d7c0f", "review": "#b45309", "effect": "#b91c1c", "repeat": "#334155", "map": "#334155",
    "agent": "#9d174d", "graph": "#155e75",
    "input": "#64748b", "output": "#64748b",
}  # fmt: skip
"""Fill by kind, dark enough for white text (contrast at least 4.5): light and dark pages both work."""

_SHAPES: Final = {
    "input": ("([", "])"), "output": ("([", "])"), "sql": ("[(", ")]"), "retrieve": ("[(", ")]"),
    "check": ("{{", "}}"), "review": ("[/", "/]"), "effect": ("[[", "]]"),
}  # fmt: skip


def draw(spec: GraphSpec) -> str:
    """A Mermaid flowchart; shape, colour and label say the kind; arrows that a longer way implies are out.

    Raises:
        ProjectError: The graph cannot be planned.
    """
    drawn = picture(spec)
    lines = ["flowchart TD"]
    lines += [f"    {_box(box)}" for box in drawn.boxes]
    lines += [f"    {_id(a.source)} {'-.->' if a.is_order else '-->'} {_id(a.target)}" for a in drawn.arrows]
    for kind in dict.fromkeys(box.kind for box in drawn.boxes):
        lines.append(f"    classDef {kind}_ fill:{COLOURS[kind]},stroke:{COLOURS[kind]},color:#ffffff")
    return "\n".join(lines) + "\n"


def _id(name: str) -> str:
    # Mermaid has words of its own (`end`, `graph`); a prefix keeps ours apart.
    return f"n_{name}"


def _box(box: Box) -> str:
    opening, closing = _SHAPES.get(box.kind, ("[", "]"))
    parts = [f"<b>{_escape(box.name)}</b>"]
    if box.kind not in {"input", "output"}:
        parts.append(_escape(f"{box.kind} {box.detail}".strip()))
    parts += [_escape(f"{one.name} · {one.kind}") for one in box.inner]
    if box.when:
        parts.append(f"<i>when {_escape(box.when)}</i>")
    label = "<br/>".join(parts)
    return f'{_id(box.name)}{opening}"{label}"{closing}:::{box.kind}_'


def _escape(text: str) -> str:
    marks = {"&": "#amp;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "#": "#35;"}
    return "".join(marks.get(char, char) for char in text)
