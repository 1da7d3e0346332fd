"""What the specialist learns from."""

from __future__ import annotations

from collections.abc import Iterable


def examples(_past: Iterable[object] | None) -> list[tuple[str, str]]:
    """A text and its kind."""
    return [("give my money back", "refund"), ("how long does it take", "question")]
