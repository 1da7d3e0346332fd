"""Paused runs whose graph changed: end on the old graph, or move to the new one.

`on_change` of the present graph decides. With `pin` and `drain` a run ends on the graph it was started with.
`migrate` moves it if all its results are valid in the new graph or can be made valid; otherwise it ends on its old
graph as well, and its trace has the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from compound.errors import NodeError
from compound.graph.change.diff import compare
from compound.graph.engine.durable import waits_of
from compound.graph.run.outcome import LOST, Outcome, from_json
from compound.language.types import parse_type
from compound.language.validate import validator

if TYPE_CHECKING:
    from langgraph.types import StateSnapshot
    from pydantic import JsonValue

    from compound.graph.change.pauses import PauseImpact
    from compound.graph.planning.planning import Plan
    from compound.graph.port.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """How a run continues in the new graph.

    Attributes:
        outcomes: The outcomes that it takes along.
        reopens: Review nodes whose reviews must be drafted again, because it may show something else.
        why_not: Why it stays on its old graph; empty if it moves.
    """

    outcomes: Mapping[str, Outcome] = field(default_factory=dict[str, Outcome])
    reopens: frozenset[str] = frozenset()
    why_not: str = ""


async def plan_move(run_id: str, snapshot: StateSnapshot, old: Plan, new: Plan, services: Services) -> Move:
    """What a paused run of the old graph takes along to the new one.

    Args:
        run_id: The run.
        snapshot: Its state under the old graph.
        old: The graph it was started with.
        new: The present graph.
        services: For the functions of `migrations`.

    Raises:
        NodeError: ``graph.bad-migration``: the result of a migration does not fit the node's declared type.
    """
    waits = [task.name for task in snapshot.tasks if task.interrupts] or list(waits_of(snapshot.values))
    nested = [name for name in waits if name not in old.spec.nodes]
    if not waits or nested:
        return Move(why_not=f"it waits at {nested[0]}, inside another node" if nested else "it waits for nobody")
    changed = [name for name, graph in new.graphs.items() if old.graphs.get(name, graph).hash != graph.hash]
    if changed:
        return Move(why_not=f"the sub-graph {changed[0]} changed")
    difference = compare(old.spec, new.spec)
    impacts = [impact for name in waits if (impact := difference.pause(name)) is not None]
    against = [why for impact in impacts if impact.verdict == "stay" for why in impact.why]
    if len(impacts) < len(waits) or against:
        return Move(why_not="; ".join(against) or "its position cannot be determined")
    return await _take_along(run_id, snapshot, impacts, new, services)


async def _take_along(
    run_id: str, snapshot: StateSnapshot, impacts: list[PauseImpact], new: Plan, services: Services
) -> Move:
    stored = cast("Mapping[str, Mapping[str, JsonValue]]", snapshot.values.get("outcomes", {}))
    known = {name: from_json(name, run_id, data) for name, data in stored.items()}
    redoes = {name for impact in impacts for name in impact.redoes}
    taken = {
        name: outcome
        for name, outcome in known.items()
        if outcome.status not in LOST and name not in redoes and all(name in impact.keeps for impact in impacts)
    }
    for name, migration in new.spec.migrations.items():
        before = known.get(migration.source or name)
        if name in taken or name not in new.spec.nodes or before is None or before.status != "ok":
            continue
        value = before.value
        if migration.tool is not None:
            value = await services.function(migration.tool)({"value": value})
        _require_fit(run_id, name, value, new)
        taken[name] = Outcome("ok", value)
        redoes.discard(name)
    reopens = {name for name in redoes if name in new.steps and new.steps[name].kind == "review"}
    waiting = {impact.node for impact in impacts}
    return Move(outcomes=taken, reopens=frozenset(reopens & waiting))


def _require_fit(run_id: str, name: str, value: JsonValue, new: Plan) -> None:
    declared = new.spec.nodes[name].out
    if declared is None:
        return
    problems = validator(parse_type(declared), new.spec.type_names)(value)
    if problems:
        what = f"the migrated value of {name} does not fit its `out`: {'; '.join(problems[:5])}"
        fix = "correct the function that `migrations` names"
        raise NodeError("graph.bad-migration", what, node=name, run_id=run_id, fix=fix)
