"""The decisions that every review knows, and what they mean for the effects behind it."""

from __future__ import annotations

from typing import Final

APPROVE: Final = "approve"
EDIT: Final = "edit"
REJECT: Final = "reject"
APPROVING: Final = frozenset({APPROVE, EDIT})
"""After one of these the effects behind a review happen; after an action of the graph's own only where `when` asks."""
