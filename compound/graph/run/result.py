"""The result of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.errors import CompoundError

RunStatus = Literal["done", "waiting_review", "failed", "stopped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """How a run ended, or where it waits.

    Attributes:
        status: `done`; `waiting_review` (see `review_ids`); `failed` (see `error`); `stopped` before the first
            boundary, as `until="review"` asked.
        output: The graph's `output`; null if a node was skipped. None unless `done`.
        values: Node name to value, of every node that ran, in the order of the plan.
        skipped: Node name to why it did not run.
        failures: Node name to error, of every failed node; abstentions of models are not failures.
        review_ids: Reviews that wait.
        stale_ids: Those of them that were just found stale: they wait for a new draft.
        auto: With `until="review"`: review node to whether its rule holds and the policy allows it to decide.
        auto_scores: With `until="review"`: review node to the score of its rule, if it has one.
        error: The first failure in the order of the plan.
    """

    run_id: str
    status: RunStatus
    output: Mapping[str, JsonValue] | None = None
    values: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])
    skipped: Mapping[str, str] = field(default_factory=dict[str, str])
    failures: Mapping[str, CompoundError] = field(default_factory=dict[str, "CompoundError"])
    review_ids: tuple[str, ...] = ()
    stale_ids: tuple[str, ...] = ()
    auto: Mapping[str, bool] = field(default_factory=dict[str, bool])
    auto_scores: Mapping[str, float] = field(default_factory=dict[str, float])
    error: CompoundError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayResult:
    """The result of a replay.

    Attributes:
        run: As for any run; `stopped` if a review or an effect was not in the recording.
        sources: Node (inside blocks with its round or item: `answer[2].draft`) to the source of its value:
            `recorded`, `ran` or `swapped`.
        changed: Nodes whose value differs from the recording, in the order they ended.
        stopped_at: Reviews and effects that ended the replay.
    """

    run: RunResult
    sources: Mapping[str, str]
    changed: tuple[str, ...] = ()
    stopped_at: tuple[str, ...] = ()

    def to_json(self) -> dict[str, JsonValue]:
        """The result as a JSON record."""
        return {
            "run_id": self.run.run_id,
            "status": self.run.status,
            "output": None if self.run.output is None else dict(self.run.output),
            "sources": dict(self.sources),
            "changed": list(self.changed),
            "stopped_at": list(self.stopped_at),
            "failures": {name: error.code for name, error in self.run.failures.items()},
        }
