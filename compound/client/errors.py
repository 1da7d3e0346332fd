"""The error of a call that the server refused, or that did not reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compound.errors import CompoundError

if TYPE_CHECKING:
    from compound.client.types import Problem, Review


class CallError(CompoundError):
    """A call failed.

    Attributes:
        status: The HTTP status; 0 if the server could not be reached.
        current: The review item as it is now, if it changed since it was read; else None.
        request_id: Names the call in the server's log.
    """

    def __init__(self, problem: Problem) -> None:
        """Internal: clients raise it."""
        super().__init__(problem.code, problem.detail or problem.title, fix=problem.fix)
        self.status = problem.status
        self.current: Review | None = problem.current
        self.request_id = problem.request_id
