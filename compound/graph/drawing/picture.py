"""A graph as boxes and arrows, shared by Mermaid and SVG."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from compound.graph.wiring.order import Wiring
from compound.graph.wiring.references import inner_names, iter_bindings, uses
from compound.language.references import refs_of
from compound.spec.graph_file import GraphSpec
from compound.spec.nodes import AnyNode, EffectNode, MapBlock, RepeatBlock, ReviewNode

INPUT, OUTPUT = "input", "output"
"""Kinds of the two ends."""
START, END = "$input", "$output"
"""Names of the two ends: no node can have these names."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a kind is drawn.

    Attributes:
        colour: Fill, dark enough for white text (contrast at least 4.5), on light and dark pages.
        shape: Mermaid's brackets around its label.
        is_solid: Whether it is filled, to stand out: a run is stored there.
    """

    colour: str
    shape: tuple[str, str] = ("[", "]")
    is_solid: bool = False


LOOKS: Final[Mapping[str, Look]] = {
    "retrieve": Look("#0e7490", ("[(", ")]")),
    "sql": Look("#1d4ed8", ("[(", ")]")),
    "specialist": Look("#7c3aed"),
    "llm": Look("#be185d"),
    "agent": Look("#9d174d"),
    "tool": Look("#475569"),
    "check": Look("#4d7c0f", ("{{", "}}")),
    "review": Look("#b45309", ("[/", "/]"), is_solid=True),
    "effect": Look("#b91c1c", ("[[", "]]"), is_solid=True),
    "graph": Look("#155e75"),
    "repeat": Look("#334155"),
    "map": Look("#334155"),
    INPUT: Look("#64748b", ("([", "])")),
    OUTPUT: Look("#64748b", ("([", "])")),
}

_UNSHOWN: Final = re.compile("[^\t\n\r -\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML refuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a run did at a node, for the picture of that run.

    Attributes:
        state: A key of `STATES`.
        label: Time and cost, or why it did not run; empty for nothing.
        href: Address of its details; empty for no link.
        is_chosen: Whether its details are shown.
        is_changed: Whether it differs from the run that this one is compared with.
    """

    state: str
    label: str = ""
    href: str = ""
    is_chosen: bool = False
    is_changed: bool = False


STATES: Final[Mapping[str, str]] = {
    "done": "#15803d",
    "failed": "#b91c1c",
    "waiting": "#b45309",
    "running": "#4f46e5",
    "skipped": "#64748b",
    "unreached": "#64748b",
}
"""State of a node in a run to its colour; `unreached`: the run ended or waits before it."""
FADED: Final = frozenset({"skipped", "unreached"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One node of the picture.

    Attributes:
        kind: Kind of the node; `input`, `output` for the ends.
        detail: The part that it calls: `tools/customer_orders.sql` is `customer_orders`.
        when: Its condition; empty for none.
        inner: For a block, its nodes.
        ways: For a block, the arrows between them.
        description: For people.
        mark: What a run did there; None without a run.
    """

    name: str
    kind: str
    detail: str = ""
    when: str = ""
    inner: tuple[Box, ...] = ()
    ways: tuple[Arrow, ...] = ()
    description: str = ""
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Arrow:
    """`source` comes before `target`; `is_order` if no value flows."""

    source: str
    target: str
    is_order: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Boxes in topological order, and the arrows that no longer path implies."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def picture(spec: GraphSpec, marks: Mapping[str, Mark] | None = None) -> Picture:
    """The picture of a graph that can be planned, or of one run of it.

    Args:
        spec: The graph.
        marks: Node to its mark; `block.node` inside blocks.

    Raises:
        ProjectError: ``graph.cycle``: nodes wait for each other.
    """
    wiring = Wiring(spec.nodes)
    order = wiring.in_order()
    before: dict[str, set[str]] = {}
    for name in order:
        node = spec.nodes[name]
        own = set(wiring.deps[name])
        roots = {use.ref.root for use in uses(node, ())} - inner_names(node)
        before[name] = own | ({START} if "input" in roots or not own else set[str]())
    ends = {ref.root for value in spec.output.values() for e, _ in iter_bindings(value, ()) for ref in refs_of(e)}
    last = {name for name in order if not any(name in deps for deps in before.values())}
    before[END] = {name for name in ends if name in spec.nodes} | last
    boxes = [
        Box(name=START, kind=INPUT, detail="" if spec.version == 1 else f"{spec.name}, version {spec.version}"),
        *(_box(name, spec.nodes[name], name, marks or {}) for name in order),
        Box(name=END, kind=OUTPUT),
    ]
    return Picture(boxes=tuple(boxes), arrows=tuple(_arrows(before, spec.nodes)))


def _arrows(before: Mapping[str, set[str]], nodes: Mapping[str, AnyNode]) -> list[Arrow]:
    """Transitive reduction: an arrow is left out if a longer path implies it."""
    reach: dict[str, set[str]] = {START: set()}
    arrows: list[Arrow] = []
    rank = {name: index for index, name in enumerate([START, *before])}
    for name, sources in before.items():
        kept = [one for one in sources if not any(one in reach[other] for other in sources if other != one)]
        reach[name] = set(sources).union(*(reach[one] for one in sources))
        node = nodes.get(name)
        ordered = set(node.after) - {use.ref.root for use in uses(node, ())} if node is not None else set[str]()
        arrows += [Arrow(one, name, one in ordered) for one in sorted(kept, key=rank.__getitem__)]
    return arrows


def _ways(nodes: Mapping[str, AnyNode]) -> tuple[Arrow, ...]:
    """Arrows between the nodes of a block; none if they wait for each other."""
    wiring = Wiring(nodes)
    return tuple(_arrows({name: set(wiring.deps[name]) for name in wiring.order}, nodes))


def _box(name: str, node: AnyNode, path: str, marks: Mapping[str, Mark]) -> Box:
    mark = marks.get(path)
    about, when = _shown(node.description), _shown(node.when or "")
    if isinstance(node, RepeatBlock | MapBlock):
        inner = tuple(_box(inner, one, f"{path}.{inner}", marks) for inner, one in node.nodes.items())
        ways = _ways(node.nodes)
        detail = f"at most {node.repeat.max}" if isinstance(node, RepeatBlock) else f"each {node.map.each}"
        return Box(
            name=name,
            kind=node.kind,
            detail=_shown(detail),
            when=when,
            inner=inner,
            ways=ways,
            description=about,
            mark=mark,
        )
    detail = node.queue if isinstance(node, ReviewNode) else next((name for _, _, name in node.named()), "")
    if isinstance(node, EffectNode) and node.tools:
        detail = f"{len(node.tools)} effects"
    return Box(name=name, kind=node.kind, detail=_shown(detail), when=when, description=about, mark=mark)


def _shown(text: str) -> str:
    """The text on one line, with a mark for characters that pictures cannot contain."""
    return " ".join(_UNSHOWN.sub("\ufffd", text).split())
