"""What a run shows to the world outside, and whether two runs show the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

import anyio

from compound.errors import CompoundError
from compound.graph import Engine
from compound.language.conditions import parse_condition
from compound.language.json_schema import to_json_schema
from compound.language.types import Record, parse_type
from compound.spec.graph_file import blocks
from compound.spec.nodes import RepeatBlock, ReviewNode
from tests.mutation.samples import World, compared
from tests.mutation.stand_ins import Look, StandIns

if TYPE_CHECKING:
    from compound.spec import GraphSpec

Seen: TypeAlias = "Mapping[str, Any]"
PATIENCE_S: Final = 10.0
WORLDS: Final = 8
NEVER_ENDS: Final = {"error": "it never ends"}


def worlds_of(specs: Sequence[GraphSpec], given: Mapping[str, Sequence[Any]], *, abstains: bool) -> list[World]:
    """Worlds in which each constant that a condition of these graphs names is met, and is not."""
    hints: dict[str, list[Any]] = {}
    for spec in specs:
        for _, node in blocks(spec.nodes):
            asked = [node.when]
            asked.append(node.repeat.until if isinstance(node, RepeatBlock) else None)
            asked.append(node.auto.when if isinstance(node, ReviewNode) and node.auto is not None else None)
            for text in asked:
                for name, value in compared(parse_condition(text)) if text is not None else ():
                    if value is not None:
                        hints.setdefault(name, []).append(value)
    return [World(number=number, abstains=abstains, hints=hints, given=given) for number in range(WORLDS)]


def asked_of(spec: GraphSpec, world: World) -> tuple[dict[str, Any], dict[str, Any]]:
    """Input and context of a run, by what the graph declares."""
    made: list[dict[str, Any]] = []
    for section in (spec.input, spec.context):
        kind = Record({name: parse_type(declared) for name, declared in section.items()})
        schema = to_json_schema(kind, spec.type_names, is_given=True)
        made.append(cast("dict[str, Any]", world.value(schema, "input", spec.name, leaves_out=True)))
    return made[0], made[1]


async def observe(look: Look, graph: str, world: World, asked: tuple[dict[str, Any], dict[str, Any]]) -> Seen:
    """Run a graph of a project in one world; everything that somebody outside would notice."""
    try:
        services = StandIns(look, world)
        spec = look.graph(graph)
        with anyio.move_on_after(PATIENCE_S):
            async with Engine(spec, services) as engine:
                result = await engine.run(asked[0], run_id="run", context=asked[1])
                return {
                    "status": result.status,
                    "error": {name: error.code for name, error in result.failures.items()},
                    "output": result.output,
                    "sent": [[name, dict(args)] for name, args in services.fake_outbox.sent],
                    "shown": _shown(services),
                    "ran": sorted(result.values),
                }
    except CompoundError as error:
        return {"error": error.code}
    except Exception as error:  # noqa: BLE001 - whatever it is, the run did not come to an end
        return {"error": type(error).__name__}
    return NEVER_ENDS


def _shown(services: StandIns) -> dict[str, Any]:
    return {
        item: {
            "queue": request.queue,
            "shown": dict(request.shown),
            "decide": {action: dict(fields) for action, fields in request.decide.items()},
            "due_s": request.due_s,
            "on_expire": request.on_expire,
            "is_automatic": services.fake_reviews.decisions[item].is_automatic,
        }
        for item, request in services.fake_reviews.requests.items()
        if item in services.fake_reviews.decisions
    }


def differs(before: Seen, after: Seen) -> str:
    """In what two runs differ; empty when nobody outside can tell them apart."""
    if "status" not in after:
        return f"fails: {after['error']}"
    if after["status"] != before["status"]:
        return f"{after['status']}: {after['error']}"
    return next((key for key in ("sent", "output", "shown", "error") if before[key] != after[key]), "")
