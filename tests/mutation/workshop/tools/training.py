"""What the specialist learns from."""

from __future__ import annotations


def examples() -> list[tuple[str, str]]:
    """A text and its kind."""
    return [("give my money back", "refund"), ("how long does it take", "question")]
