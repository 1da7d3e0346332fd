"""The error of a call that the server refused, or that did not reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compound.errors import CompoundError

if TYPE_CHECKING:
    from compound.client.types import Review, SavedDraft


class CallError(CompoundError):
    """A call failed.

    Attributes:
        status: The HTTP status; 0 if the server could not be reached.
        current: The review as it is now, if it changed since it was read; else None.
        draft: What is stored, if this account wrote another text meanwhile; else None.
        request_id: Names the call in the server's log.
    """

    def __init__(  # noqa: PLR0913 - all but two are named and optional
        self,
        code: str,
        what: str,
        *,
        fix: str = "",
        status: int = 0,
        current: Review | None = None,
        draft: SavedDraft | None = None,
        request_id: str = "",
    ) -> None:
        """Internal: clients raise it."""
        super().__init__(code, what, fix=fix)
        self.status = status
        self.current = current
        self.draft = draft
        self.request_id = request_id
