"""Family 7, origins: untrusted text never selects whose data is read or who gets a message, and never runs as SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from compound.graph.checks.origins import Origin, Origins, Sink, Steps, is_plain, kind_of
from compound.language.findings import Finding
from compound.language.marks import meaning_of
from compound.language.schema import SchemaPart
from compound.spec.nodes import AgentNode, EffectNode, GraphNode
from compound.spec.steps import tool_shelf

if TYPE_CHECKING:
    from compound.graph.inspection.inspection import Inspection
    from compound.graph.inspection.levels import Level
    from compound.graph.port.catalogue import Catalogue
    from compound.spec.steps import Shelf
    from compound.spec.yaml.reading import DataPath


_CODES: Final[Mapping[str, tuple[str, str]]] = {
    "caller": ("graph.tainted-key", "says whose data is read"),
    "recipient": ("graph.tainted-recipient", "says who gets it"),
    "sql": ("graph.tainted-sql", "runs as SQL"),
}


_TRUSTED: Final = (
    "take it from the run's context, an input field `..._id` that your system sets, a customer-bound SQL tool, "
    "or a tool that proves it (PROVEN)"
)


def taint_findings(inspection: Inspection) -> Iterator[Finding]:
    """Every such parameter with a value of unknown origin."""
    origins = Origins(inspection)
    for sink in sinks(inspection):
        code, says = _CODES[sink.meaning]
        if sink.is_chosen:
            what = f"{sink.param} of {sink.of} {says}, and a model chooses it"
            given = f"set it in `with: {{{sink.param}: $...}}`"
            fix = given if sink.is_hand else "use an effect node of its own, with the value in `in`"
            yield inspection.finding(code, what, sink.path, fix)
            continue
        for origin in origins.judged(sink):
            what = f"{sink.param} of {sink.of} {says}, and it comes from {origin}"
            yield inspection.finding(code, what, sink.path, _TRUSTED)
            break
    for level, name, path, node in inspection.nodes:
        if isinstance(node, GraphNode):
            yield from _below(inspection, origins, level, name, path, node)


def _below(
    inspection: Inspection, origins: Origins, level: Level, name: str, path: DataPath, node: GraphNode
) -> Iterator[Finding]:
    """Inputs of a graph that reach such a parameter inside."""
    inner = inspection.inner(node.graph)
    if inner is None:
        return
    for sink, steps in reached(inner):
        value = node.inputs.get(str(steps[0]))
        given = Sink(
            level=level,
            path=(*path, "in", str(steps[0])),
            param=sink.param,
            of=f"{sink.of} in {node.graph}",
            meaning=sink.meaning,
            value=value,
        )
        code, says = _CODES[sink.meaning]
        for origin in origins.judged(given, steps[1:]):
            what = f"{given.param} of {given.of} {says}, and {name} passes {origin}"
            yield inspection.finding(code, what, given.path, _TRUSTED)
            break


def reached(inspection: Inspection) -> Iterator[tuple[Sink, Steps]]:
    """Parameters of that kind that a graph's own input reaches, with the path of the input."""
    origins = Origins(inspection)
    done: set[tuple[str, str, Steps]] = set()

    def fresh(sink: Sink, found: frozenset[Origin]) -> Iterator[tuple[Sink, Steps]]:
        for origin in sorted(found, key=str):
            key = (sink.of, sink.param, origin.steps)
            if origin.kind == "input" and origin.steps and key not in done:
                done.add(key)
                yield sink, origin.steps

    for sink in sinks(inspection):
        if not sink.is_chosen and not is_plain(kind_of(sink.level, sink.value), sink):
            yield from fresh(sink, origins.of_value(sink.level, sink.value))
    for level, _, _, node in inspection.nodes:
        inner = inspection.inner(node.graph) if isinstance(node, GraphNode) else None
        for sink, steps in reached(inner) if inner is not None else ():
            value = node.inputs.get(str(steps[0]))
            yield from fresh(sink, origins.of_value(level, value, steps[1:]))


def sinks(inspection: Inspection) -> Iterator[Sink]:
    """Every parameter with a mark, with its value."""
    catalogue = inspection.catalogue
    for level, _, path, node in inspection.nodes:
        called = node.callee
        for param, meaning in _marked(catalogue, *called) if called is not None else ():
            given = node.inputs
            if param in given:
                place = (*path, "in", param)
                yield Sink(
                    level=level,
                    path=place,
                    param=param,
                    of=called[1] if called else "",
                    meaning=meaning,
                    value=given[param],
                )
        if isinstance(node, AgentNode):
            yield from _of_agent(inspection, level, path, node)
        elif isinstance(node, EffectNode) and node.tools is not None:
            yield from _of_actions(inspection, level, path, node)


def _marked(catalogue: Catalogue, shelf: Shelf, name: str) -> Iterator[tuple[str, str]]:
    """Parameters with a mark, and the mark."""
    signature = catalogue.signature(shelf, name)
    properties = {} if signature is None else SchemaPart.of(signature.params).properties
    for param, part in properties.items():
        meaning = meaning_of(part.body)
        if meaning in _CODES:
            yield param, meaning


def _of_agent(inspection: Inspection, level: Level, path: DataPath, node: AgentNode) -> Iterator[Sink]:
    for index, tool in enumerate(node.calls):
        shelf, name = tool_shelf(tool.tool)
        place: DataPath = (*path, "tools", index)
        for param, meaning in _marked(inspection.catalogue, shelf, name):
            is_given = param in tool.given
            yield Sink(
                level=level,
                path=(*place, "with", param) if is_given else place,
                param=param,
                of=tool.tool,
                meaning=meaning,
                value=tool.given.get(param),
                is_chosen=not is_given,
                is_hand=True,
            )


def _of_actions(inspection: Inspection, level: Level, path: DataPath, node: EffectNode) -> Iterator[Sink]:
    """Effects whose actions carry their arguments: the author of the actions chose these too."""
    origins = Origins(inspection).of_value(level, node.inputs.get("actions"))
    if not any(origin.kind == "model" for origin in origins):
        return
    for index, name in enumerate(node.tools or ()):
        for param, meaning in _marked(inspection.catalogue, "effect", name):
            place = (*path, "tools", index)
            yield Sink(level=level, path=place, param=param, of=name, meaning=meaning, is_chosen=True)
