"""What a run comes to."""

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
        status: `done`; `waiting_review` (see `item_ids`); `failed` (see `error`); `stopped` before the first
            boundary, as `until="review"` asked.
        output: The graph's `output`; null where a node was skipped. None unless `done`.
        values: Node name to value, of every node that ran, in the order of the plan.
        skipped: Node name to why it did not run.
        failures: Node name to error, of every node that failed; abstentions of models are no failures.
        item_ids: Review items that wait.
        auto: With `until="review"`: review node to whether its rule would decide without a person.
        error: The first failure in the order of the plan.
    """

    run_id: str
    status: RunStatus
    output: Mapping[str, JsonValue] | None = None
    values: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])
    skipped: Mapping[str, str] = field(default_factory=dict[str, str])
    failures: Mapping[str, CompoundError] = field(default_factory=dict[str, "CompoundError"])
    item_ids: tuple[str, ...] = ()
    auto: Mapping[str, bool] = field(default_factory=dict[str, bool])
    error: CompoundError | None = None
