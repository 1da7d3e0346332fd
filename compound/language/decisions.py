"""The decisions that every review has, and how they affect the effects behind it."""

from __future__ import annotations

from typing import Final

APPROVE: Final = "approve"
EDIT: Final = "edit"
REJECT: Final = "reject"
APPROVING: Final = frozenset({APPROVE, EDIT})
"""After one of these the effects behind a review happen; after a graph's own action only if `when` asks for it."""
