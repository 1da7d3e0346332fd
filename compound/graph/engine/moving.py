"""Paused runs whose graph has changed: end on the old graph, or move to the new one.

What becomes of a run is said by `on_change` of the graph as it is now. `pin` and `drain` let it end on the
graph it was started with. `migrate` moves it when everything that it has done still holds, or can be made to
hold; otherwise it ends on its old graph as well, and its trace says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from compound.errors import NodeError
from compound.graph.change.diff import compare
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
    """How a run goes on in the new graph.

    Attributes:
        outcomes: What it takes along.
        reopens: Reviews whose item must be drafted again, because what they show may differ.
        why_not: Why it stays on its old graph; empty when it moves.
    """

    outcomes: Mapping[str, Outcome] = field(default_factory=dict[str, Outcome])
    reopens: frozenset[str] = frozenset()
    why_not: str = ""


async def plan_move(run_id: str, snapshot: StateSnapshot, old: Plan, new: Plan, services: Services) -> Move:
    """What a paused run of the old graph takes along into the new one.

    Args:
        run_id: The run.
        snapshot: Where it stands, by the old graph.
        old: The graph it was started with.
        new: The graph as it is now.
        services: For the functions of `migrations`.

    Raises:
        NodeError: ``graph.bad-migration``: a migration does not give what the node declares.
    """
    waits = [task.name for task in snapshot.tasks if task.interrupts]
    nested = [name for name in waits if name not in old.spec.nodes]
    if not waits or nested:
        return Move(why_not=f"it waits at {nested[0]}, inside another node" if nested else "it waits for no one")
    changed = [name for name, graph in new.graphs.items() if old.graphs.get(name, graph).hash != graph.hash]
    if changed:
        return Move(why_not=f"the sub-graph {changed[0]} is another one")
    difference = compare(old.spec, new.spec)
    impacts = [impact for name in waits if (impact := difference.pause(name)) is not None]
    against = [why for impact in impacts if impact.verdict == "stay" for why in impact.why]
    if len(impacts) < len(waits) or against:
        return Move(why_not="; ".join(against) or "where it waits cannot be told")
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
