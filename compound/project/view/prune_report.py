"""Reports of pruning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCut:
    """The effect of a policy.

    Attributes:
        policy: Name of the policy.
        content_before: Runs that ended before this lose their content, UTC seconds; None: no limit.
        traces_before: Runs that ended before this keep only their rows; None: no limit.
        emptied: Runs that lose their content.
        dropped: Runs that lose their spans and calls.
        graphs: Graphs of these runs.
        waiting: Run to overdue reviews, which are withdrawn.
    """

    policy: str
    content_before: float | None
    traces_before: float | None
    emptied: tuple[str, ...]
    dropped: tuple[str, ...]
    graphs: tuple[str, ...] = ()
    waiting: Mapping[str, Sequence[str]] = field(default_factory=dict[str, "Sequence[str]"])

    def to_json(self) -> dict[str, JsonValue]:
        """Cut-offs as ISO 8601 in UTC, and counts."""
        from compound.project.view.times import moment

        return {
            "policy": self.policy,
            "content_before": None if self.content_before is None else moment(self.content_before),
            "traces_before": None if self.traces_before is None else moment(self.traces_before),
            "runs_emptied": len(self.emptied),
            "runs_dropped": len(self.dropped),
            "runs_withdrawn": len(self.waiting),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneReport:
    """What was removed; with `is_dry`, what would be removed.

    Attributes:
        policies: Policies with a limit.
        removed: Kind (`reviews`, `items`, `drafts`, `calls`, `blobs`, `spans`, `cached`, ...) to count; in a dry
            run only counts that are known without removing.
        left: Graph to the reason why its runs were skipped: its policy is invalid or missing.
    """

    is_dry: bool
    policies: tuple[PolicyCut, ...]
    removed: Mapping[str, int] = field(default_factory=dict[str, int])
    left: Mapping[str, str] = field(default_factory=dict[str, str])

    def to_json(self) -> dict[str, JsonValue]:
        """The report as one JSON record."""
        return {
            "dry_run": self.is_dry,
            "policies": [one.to_json() for one in self.policies],
            "removed": dict(self.removed),
            "left": dict(self.left),
        }
