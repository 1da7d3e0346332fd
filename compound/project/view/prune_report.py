"""What a prune does, and did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCut:
    """What one policy asks for now.

    Attributes:
        policy: Its name.
        content_before: Runs that ended before lose their content, UTC seconds; None for no limit.
        traces_before: Of runs that ended before nothing but their rows stays; None for no limit.
        emptied: Runs that lose their content.
        dropped: Runs that lose their spans and calls.
        graphs: Whose runs they are.
        waiting: Run to items that waited for a person longer than their words may be kept; they are withdrawn.
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
    """What was removed; with `is_dry` what would be.

    Attributes:
        policies: Those with a limit.
        removed: Kind (`items`, `drafts`, `calls`, `blobs`, `spans`, `cached`, ...) to how many; in a dry run only
            what can be told without removing.
        left: Graph to why its runs were left alone: the file that says how long is broken or gone.
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
