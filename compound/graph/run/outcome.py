"""The outcome of one node as a value, so that failures and skips can flow like values."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, cast

from compound.errors import CompoundError, Location, NodeError, raised_in_project, told
from compound.language.references import ABSENT, Maybe

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.planning.steps import Step

OutcomeStatus = Literal["ok", "skipped", "failed", "blocked"]
OVER_BUDGET: Final = "the budget of the run is spent"
"""Reason of a node that was skipped because the budget is spent; a person decides then."""
LOST: Final = ("failed", "blocked")
"""Statuses that keep dependents from running."""


@dataclass(slots=True)  # not frozen: a frozen one takes three times as long to make, and one is made for each node
class Outcome:
    """One node's outcome; never changed.

    Attributes:
        status: `blocked` if something before it failed.
        value: Only when `ok`.
        reason: Why it was skipped or blocked; for a model's null answer, why there is none.
        error: Only when `failed`.
    """

    status: OutcomeStatus
    value: JsonValue = None
    reason: str = ""
    error: CompoundError | None = None

    @property
    def seen(self) -> Maybe:
        """The value that dependents see in their scope."""
        return self.value if self.status == "ok" else ABSENT

    def to_json(self) -> dict[str, JsonValue]:
        """For a checkpoint: JSON values only."""
        if self.status == "ok":
            return {"status": "ok", "value": self.value, **({"reason": self.reason} if self.reason else {})}
        if self.error is None:
            return {"status": self.status, "reason": self.reason}
        return {"status": self.status, "error": cast("JsonValue", self.error.to_json())}


def from_json(name: str, run_id: str, data: Mapping[str, JsonValue]) -> Outcome:
    """An outcome from a checkpoint."""
    status = cast("OutcomeStatus", data["status"])
    raw = data.get("error")
    if not isinstance(raw, dict):
        return Outcome(status, data.get("value"), str(data.get("reason") or ""))
    return Outcome(status, error=error_from_json(raw, name=name, run_id=run_id))


def error_from_json(raw: Mapping[str, JsonValue], *, name: str, run_id: str) -> NodeError:
    """A stored error as a `NodeError` with the same code and message."""
    file, line, column = raw.get("file"), cast("int", raw.get("line") or 0), cast("int", raw.get("column") or 0)
    where = Location(str(file), line, column) if file else None
    fix = str(raw.get("fix") or "")
    return NodeError(str(raw["code"]), str(raw["what"]), fix=fix, node=name, run_id=run_id, where=where)


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def as_node_error(error: Exception, step: Step, run_id: str) -> CompoundError:
    """Any exception of a node as one of our errors that names node, run and place."""
    if isinstance(error, NodeError):
        return error
    if isinstance(error, CompoundError):
        made = step.error(error.code, error.what, run_id, fix=error.fix, where=error.where)
    elif isinstance(error, TimeoutError):
        made = step.error("graph.timeout", f"{error or 'took too long'}", run_id)
    elif isinstance(error, OSError) and error.errno in _FULL:
        what = f"{error.filename or 'a file'} cannot be written: {error.strerror}"
        made = step.error("file.disk-full", what, run_id, fix="free some space")
    else:
        fix = "the node's code raised an error of its own; see the traceback in the log"
        made = step.error("graph.node-crashed", told(error), run_id, fix=fix, where=raised_in_project(error))
    made.__cause__ = error
    return made
