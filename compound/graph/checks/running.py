"""Family 8, running: nodes that would stall, never end, or be cached wrongly, and keys without effect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from compound.graph.inspection.inspection import is_durable
from compound.graph.wiring.references import uses
from compound.language.findings import Finding
from compound.spec.nodes import (
    AgentNode,
    EffectNode,
    GraphNode,
    LlmNode,
    MapBlock,
    ReviewNode,
)

if TYPE_CHECKING:
    from compound.graph.inspection.inspection import Inspection
    from compound.graph.inspection.levels import Level
    from compound.spec.nodes import AnyNode
    from compound.spec.yaml.reading import DataPath


def running_findings(inspection: Inspection) -> Iterator[Finding]:
    """Everything that is well formed but will not work as written."""
    for level, name, path, node in inspection.nodes:
        yield from _boundary(inspection, level, name, path, node)
        yield from _timeout(inspection, path, node)
        yield from _cache(inspection, level, name, path, node)
        yield from _idle(inspection, level, path, node)
        if isinstance(node, AgentNode):
            yield from _agent(inspection, path, node)
    yield from _budget(inspection)


def _boundary(inspection: Inspection, level: Level, name: str, path: DataPath, node: AnyNode) -> Iterator[Finding]:
    """Reviews and effects: where they are allowed, and what they need."""
    if isinstance(node, MapBlock) and inspection.has_elements(node):
        for key in ("timeout", "fallback"):
            if getattr(node, key) is not None:
                what = f"`{key}` has no effect here: {name} has reviews or effects, and runs node by node"
                yield inspection.finding("graph.no-effect", what, (*path, key), f"give its nodes a {key}", at="key")
    if not inspection.is_boundary(node):
        return
    word = _word(node)
    if not is_durable(level):
        what = f"{name} {word} inside a `repeat`; it must be durable on its own"
        yield inspection.finding("graph.boundary-in-repeat", what, path, "move it behind the block", at="key")
    if not inspection.catalogue.has_state:
        what = f"{name} {word}, but the project has no state store"
        yield inspection.finding("graph.no-state", what, path, "configure `state` in the profile", at="key")
    if isinstance(node, GraphNode):
        for key in ("timeout", "fallback"):
            if getattr(node, key) is not None:
                what = (
                    f"`{key}` has no effect here: the graph {node.graph} pauses or has effects, and runs node by node"
                )
                fix = f"give the nodes of {node.graph} a {key}"
                yield inspection.finding("graph.no-effect", what, (*path, key), fix, at="key")


def _word(node: AnyNode) -> str:
    match node:
        case ReviewNode() | EffectNode():
            return f"is {'a review' if isinstance(node, ReviewNode) else 'an effect'}"
        case MapBlock():
            return "asks a person about failed items"
        case _:
            return "is a graph with reviews or effects"


def _timeout(inspection: Inspection, path: DataPath, node: AnyNode) -> Iterator[Finding]:
    if node.callee is None or node.timeout is None:
        return
    shelf, name = node.callee
    signature = inspection.catalogue.signature(shelf, name)
    if signature is not None and not signature.can_stop:
        what = f"{name} cannot be stopped: it does not await, and blocks the thread that would stop it"
        fix = "make it `async def`, or run it in a thread of its own: @tool(blocking=True)"
        if shelf not in {"tool", "check"}:
            fix = "drop the timeout" + ("; `limits: {ms: ...}` of the SQL file holds" if shelf == "sql" else "")
        yield inspection.finding("graph.timeout-on-sync", what, (*path, "timeout"), fix)


def _cache(inspection: Inspection, level: Level, name: str, path: DataPath, node: AnyNode) -> Iterator[Finding]:
    if node.cache is None:
        return
    place = (*path, "cache")
    roots = {use.ref.root for use in uses(node, ())}
    why = ""
    if isinstance(node, LlmNode | AgentNode) and node.temperature:
        why = f"at temperature {node.temperature:g} answers vary, but the cache would always return the same one"
    elif "run" in roots:
        why = "it depends on $run, which is unique: no cached value is ever found"
    else:
        live = [
            one
            for shelf, _, one in node.named()
            if (s := inspection.catalogue.signature(shelf, one)) and not s.is_repeatable
        ]
        decided = [one for one in _behind(level, name) if isinstance(level.nodes[one], ReviewNode | EffectNode)]
        if live:
            why = f"{live[0]} returns present data; a cached value would be outdated"
        elif decided:
            why = f"it depends on {decided[0]}: a decision belongs to one run"
    if why:
        yield inspection.finding(
            "graph.bad-cache", f"{name} cannot be cached: {why}", place, "drop `cache`", severity="warning"
        )


def _behind(level: Level, name: str) -> list[str]:
    """Everything of its level that a node's value depends on."""
    found: dict[str, None] = {}
    waiting = [name]
    while waiting:
        for use in uses(level.nodes[waiting.pop()], ()):
            root = use.ref.root
            if root in level.nodes and root not in found:
                found[root] = None
                waiting.append(root)
    return list(found)


def _idle(inspection: Inspection, level: Level, path: DataPath, node: AnyNode) -> Iterator[Finding]:
    """Keys without effect, and needless waiting."""
    if isinstance(node, ReviewNode) and node.expire is not None and node.on_expire is None:
        what, fix = "`expire` has no effect: nothing happens then", "add on_expire: {escalate: QUEUE}"
        yield inspection.finding("graph.no-effect", what, (*path, "expire"), fix, at="key", severity="warning")
    if isinstance(node, ReviewNode) and node.on_expire is not None and node.due is None and node.expire is None:
        what, fix = "`on_expire` has no effect: the review is never due", "add due: 4h, or expire: 1d"
        yield inspection.finding("graph.no-effect", what, (*path, "on_expire"), fix, at="key", severity="warning")
    retry = node.retry
    if retry is not None and retry.attempts == 1:
        what, fix = "`retry` has no effect: the only attempt is the first one", "write attempts: 2 or more, or drop it"
        yield inspection.finding("graph.no-effect", what, (*path, "retry", "attempts"), fix, severity="warning")
    if isinstance(node, ReviewNode | EffectNode) or len(path) != len(level.path) + 2:
        return
    used = {use.ref.root for use in uses(node, ())}
    for index, other in enumerate(node.after):
        if isinstance(level.nodes.get(other), ReviewNode) and other not in used:
            what = f"{path[-1]} waits for a person, but uses nothing of the decision of {other}"
            fix = f"drop {other} from `after`, so that the work is done while {other} waits"
            yield inspection.finding("graph.stalled-by-review", what, (*path, "after", index), fix, severity="warning")


def _agent(inspection: Inspection, path: DataPath, node: AgentNode) -> Iterator[Finding]:
    if not node.tools and not node.proposes:
        what, fix = "an agent without tools and proposals is a single model call", "use: llm, or give it `tools`"
        yield inspection.finding("graph.idle-agent", what, path, fix, at="key", severity="warning")
    own, whole = node.budget, inspection.spec.budget
    if own is not None and own.on_exceed == "review":
        what, fix = "an agent that has used its budget stops without a review", "use `stopped` of its value"
        yield inspection.finding("graph.no-effect", what, (*path, "budget", "on_exceed"), fix)
    calls = [one.calls for one in (own, whole) if one is not None and one.calls is not None]
    if calls and min(calls) < node.max_turns:
        what = f"it never has {node.max_turns} turns: the budget ends after {min(calls)} calls"
        fix = f"write max_turns: {min(calls)}, or raise `calls`"
        yield inspection.finding("graph.no-effect", what, (*path, "max_turns"), fix, severity="warning")


def _budget(inspection: Inspection) -> Iterator[Finding]:
    budget, spec = inspection.spec.budget, inspection.spec
    if budget is None:
        return
    if (budget.usd is not None or budget.calls is not None) and not inspection.asks_a_model and not inspection.broken:
        what, fix = (
            "this graph has no model that `usd` or `calls` could limit",
            "limit `seconds`",
        )
        yield inspection.finding("graph.no-effect", what, ("budget",), fix, at="key", severity="warning")
    if budget.on_exceed == "review" and not inspection.broken:
        asked = [
            name for name, node in spec.nodes.items() if isinstance(node, ReviewNode) and _always(inspection, name)
        ]
        if not asked:
            what = "a spent budget leaves the rest to a review, but no review is always asked"
            fix = "add a review without `when`, or write on_exceed: fail"
            yield inspection.finding("graph.no-review", what, ("budget", "on_exceed"), fix)


def _always(inspection: Inspection, name: str) -> bool:
    """A review that a spent budget cannot skip: no node that it needs calls a model."""
    node = inspection.spec.nodes[name]
    needed = inspection.top.needs[name]
    return node.when is None or not any(
        other in inspection.spec.nodes and inspection.is_model(inspection.spec.nodes[other]) for other in needed
    )
