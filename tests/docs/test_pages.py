"""Pages are current, and what they lead to is there."""

from __future__ import annotations

from tests.docs.__main__ import stale


def test_generated_parts_are_current() -> None:
    assert stale() == [], "make docs writes them"
