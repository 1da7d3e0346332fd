"""Runs a recorded run again: unchanged nodes are answered from the recording, and no effect is done.

A node is answered from the recording if its definition and its inputs are the recorded ones. So an unchanged graph
makes no model call and returns the same outputs; after a change only the nodes that depend on it run again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

import orjson

from compound.errors import NodeError
from compound.graph.planning.expanding import EACH
from compound.graph.run.attempts import decide
from compound.graph.run.dataflow import run_program
from compound.graph.run.items import combined, element_of, items_of, value_of
from compound.graph.run.outcome import Outcome
from compound.trace.payload import digest

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.planning.planning import Plan
    from compound.graph.planning.steps import Step
    from compound.graph.run.active import ActiveRun, NodeCall, Runner
    from compound.trace import TraceReader

ReplayMode: TypeAlias = Literal["pinned", "fresh"]
PAID: Final = frozenset({"llm", "agent"})
STRUCTURE: Final = frozenset({"enter", "graph", "map-join"})
"""Steps that only pass values on: they always run, at no cost."""

_QUERY: Final = """
SELECT s.node_name, s.node_kind, s.node_config_hash, s.input_sha256, i.content AS input, o.content AS output,
       json_extract_string(s.attributes, '$.journal_key') AS journal_key
FROM spans s LEFT JOIN blobs i ON i.sha256 = s.input_sha256 LEFT JOIN blobs o ON o.sha256 = s.output_sha256
WHERE s.run_id = $run_id AND s.kind = 'node' AND s.status_code = 'OK' AND s.output_sha256 IS NOT NULL
  AND json_extract_string(s.attributes, '$.is_rehearsal') IS NULL
ORDER BY s.start_time_unix_nano
"""


@dataclass(slots=True)
class Recording:
    """The nodes of one recorded run.

    Attributes:
        values: (journal key, config hash, hash of the inputs) -> value.
        last: Journal key -> value, for any config and inputs.
        amends: Review -> node -> the value that replaces the node's own since that review was decided.
    """

    values: dict[tuple[str, str, str], JsonValue] = field(default_factory=dict[tuple[str, str, str], "JsonValue"])
    last: dict[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])
    amends: Mapping[str, Mapping[str, JsonValue]] = field(default_factory=dict[str, "Mapping[str, JsonValue]"])

    @classmethod
    def of(cls, reader: TraceReader, run_id: str) -> Recording:
        """Read it from the traces; without stored content it is empty."""
        found = cls()
        for row in reader.sql(_QUERY, {"run_id": run_id}).records():
            if row["output"] is None:
                continue
            key = str(row["journal_key"] or row["node_name"])
            value = cast("JsonValue", orjson.loads(str(row["output"])))
            found.values[key, str(row["node_config_hash"]), str(row["input_sha256"])] = value
            found.last[key] = value
        return found


@dataclass(slots=True)
class Replay:
    """A running replay, and its results.

    Attributes:
        sources: Journal key of each node that ended -> `recorded`, `ran` or `swapped`.
        changed: Nodes whose value differs from the recording.
        stopped_at: Reviews and effects without a recording; nodes behind them did not run.
    """

    recording: Recording
    mode: ReplayMode
    swaps: Mapping[str, JsonValue]
    sources: dict[str, str] = field(default_factory=dict[str, str])
    changed: list[str] = field(default_factory=list[str])
    stopped_at: list[str] = field(default_factory=list[str])

    def wrap(self, runners: Mapping[str, Runner]) -> dict[str, Runner]:
        """Every runner, with the recording tried first."""
        return {path: self._runner(path, runner) for path, runner in runners.items()}

    def _runner(self, path: str, runner: Runner) -> Runner:
        async def run(call: NodeCall, inputs: dict[str, JsonValue]) -> JsonValue:
            if path in self.swaps:
                return self._ended(call.key, "swapped", self.swaps[path])
            if call.step.block is not None:
                # Its inner nodes are looked up one by one; its own inputs do not determine its value.
                return await runner(call, inputs)
            kind = call.step.kind
            if kind not in STRUCTURE and (self.mode == "pinned" or kind in PAID):
                key = (call.key, call.step.config_hash, digest(inputs))
                if key in self.recording.values:
                    call.span.set(cached_result=True)
                    return self._ended(call.key, "recorded", self.recording.values[key])
            return self._ended(call.key, "ran", await runner(call, inputs))

        return run

    def _ended(self, key: str, source: str, value: JsonValue) -> JsonValue:
        self.sources[key] = source
        if key in self.recording.last and self.recording.last[key] != value:
            self.changed.append(key)
        return value

    async def run(self, plan: Plan, active: ActiveRun) -> None:
        """Run every segment; reviews and effects are answered from the recording, or end the replay there."""
        for segment in plan.segments:
            if segment.kind == "flow":
                flow = plan.programs[segment.name]
                await run_program(flow, active, scope=active.scope, outcomes=active.outcomes, lead=active.lead)
                continue
            step = plan.steps[segment.name]
            body = plan.bodies.get(segment.name)
            active.settle(
                step.name, self._boundary(step, active) if body is None else await self._elements(step, body, active)
            )

    async def _elements(self, step: Step, body: Plan, active: ActiveRun) -> Outcome:
        """A map with reviews or effects: each of its elements is replayed like a run."""
        rules, inputs = step.elements, decide(step, active, active.scope, active.outcomes)
        if rules is None or isinstance(inputs, Outcome):
            return inputs if isinstance(inputs, Outcome) else Outcome("skipped")
        if step.path in self.swaps:
            return Outcome("ok", self._ended(active.lead + step.name, "swapped", self.swaps[step.path]))
        try:
            items = items_of(step, rules.rules, inputs[EACH], active.run_id)
        except NodeError as error:
            return Outcome("failed", error=error)
        results: list[Outcome] = []
        for at, value in enumerate(items):
            stops = len(self.stopped_at)
            element = element_of(step, active, at, value)
            await self.run(body, element)
            if len(self.stopped_at) > stops:
                results.append(Outcome("blocked", reason=f"{self.stopped_at[-1]} is not in the recording"))
            else:
                results.append(value_of(step, rules.rules, at, element.scope, element.outcomes, active.run_id))
        stopped = next((one for one in results if one.status == "blocked"), None)
        if stopped is not None:
            return stopped
        made = combined(step, rules.rules, items, results, active.run_id)
        if made.status == "ok":
            self._ended(active.lead + step.name, "ran", made.value)
        return made

    def _boundary(self, step: Step, active: ActiveRun) -> Outcome:
        early = decide(step, active, active.scope, active.outcomes)
        if isinstance(early, Outcome):
            return early
        key = active.lead + step.name
        if step.path in self.swaps:
            return Outcome("ok", self._ended(key, "swapped", self.swaps[step.path]))
        if step.kind == "effect":
            is_known = (key, step.config_hash, digest(early)) in self.recording.values
        else:
            # A person who sees another draft may decide differently.
            is_known = key in self.recording.last and not any(active.lead + dep in self.changed for dep in step.deps)
        if is_known:
            for name, value in self.recording.amends.get(key, {}).items():
                active.amend(name, value)
            return Outcome("ok", self._ended(key, "recorded", self.recording.last[key]))
        self.stopped_at.append(key)
        return Outcome("blocked", reason=f"{key} is not in the recording, and a replay never acts")
