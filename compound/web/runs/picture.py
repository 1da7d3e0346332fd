"""The picture of a run: its graph as it was, with the path taken."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from markupsafe import Markup

from compound.errors import CompoundError
from compound.web.runs.figures import time_of
from compound.web.site.visible import without_hidden
from compound.web.site.words import ENGLISH

if TYPE_CHECKING:
    from compound.graph.drawing.picture import Mark
    from compound.project import Project
    from compound.spec import GraphSpec
    from compound.web.runs.story import NodeStory, RunStory
    from compound.web.site.words import Words

_TAKES_NO_TIME = frozenset({"skipped", "waiting"})


def graph_of(project: Project, story: RunStory) -> GraphSpec | None:
    """The graph that the run was started with; else the present one of this name; None if there is none."""
    from compound.graph.store.kept_graphs import read
    from compound.graph.store.runs import StateLedger

    try:
        kept = StateLedger(project.resources.state).graph(story.graph_hash)
        return read(kept)[0] if kept is not None else project.resources.parts.graph(story.graph)
    except (CompoundError, OSError):  # it was never stored, and its file is gone or has errors
        return None


def paths(spec: GraphSpec) -> dict[str, str]:
    """Every node of a graph to its kind, also those inside blocks, as `block.node`."""
    found: dict[str, str] = {}
    for name, node in spec.nodes.items():
        found[name] = node.kind
        inner = getattr(node, "nodes", None)
        found |= {f"{name}.{one}": part.kind for one, part in inner.items()} if isinstance(inner, dict) else {}
    return found


def run_picture(
    spec: GraphSpec,
    story: RunStory,
    *,
    chosen: str = "",
    live: Mapping[str, str] | None = None,
    where: str = "",
    words: Words = ENGLISH,
) -> Markup:
    """The picture as SVG; a node leads to its details.

    Args:
        spec: The graph.
        story: The run.
        chosen: The node whose details are shown.
        live: Node to its state, for a run that is not recorded yet.
        where: Path of the page; empty for the present one.
        words: The language.
    """
    return drawn(spec, lambda path: _mark(path, story, chosen, live or {}, where, words))


def graph_picture(spec: GraphSpec) -> Markup:
    """The picture of a graph without a run; empty if it cannot be drawn."""
    return drawn(spec, None)


def pair_picture(
    spec: GraphSpec, one: RunStory, other: RunStory, differs: Collection[str], where: str, words: Words = ENGLISH
) -> Markup:
    """The picture of the second run, with the nodes marked that differ from the first."""
    from dataclasses import replace

    def mark(path: str) -> Mark:
        made = _mark(path, other, "", {}, where, words)
        was = one.nodes.get(path)
        label = made.label
        if path in differs and was is not None:
            label = " → ".join(part for part in (_label(was, words), made.label) if part)
        return replace(made, is_changed=path in differs, label=label, href=f"#node-{path}" if path in differs else "")

    return drawn(spec, mark)


def drawn(spec: GraphSpec, mark: Callable[[str], Mark] | None) -> Markup:
    """The SVG of a graph; empty if it cannot be drawn."""
    from compound.graph.drawing.svg import draw_svg

    try:
        marks = None if mark is None else {path: mark(path) for path in paths(spec)}
        return Markup(draw_svg(spec, marks))  # the drawing escapes every text
    except CompoundError:
        return Markup("")


def _mark(path: str, story: RunStory, chosen: str, live: Mapping[str, str], where: str, words: Words) -> Mark:
    from compound.graph.drawing.picture import Mark

    node, href = story.nodes.get(path), f"{where}?{urlencode({'node': path})}#details"
    if node is None:
        state = live.get(path, "unreached")
        label = words.text("did not run") if not live and story.status not in ("running", "paused") else ""
        return Mark(state=state, label=label, href=href, is_chosen=path == chosen)
    return Mark(state=live.get(path, node.state), label=_label(node, words), href=href, is_chosen=path == chosen)


def _label(node: NodeStory, words: Words) -> str:
    if node.state in _TAKES_NO_TIME:
        return without_hidden(node.why) if node.state == "skipped" else words.text("waits for a person")
    n = len(node.attempts)
    many = words.plural("%(n)s time", "%(n)s times", n) % {"n": n} if n > 1 else ""
    return " · ".join(part for part in (time_of(node.ms), node.cost, many) if part)
