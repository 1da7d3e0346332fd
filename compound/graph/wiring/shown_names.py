"""Names of tools as a model sees them."""

from __future__ import annotations

from typing import Final

FINAL: Final = "final_answer"
"""The tool that an agent calls to end its work."""


def shown_to_model(name: str) -> str:
    """A tool's name in the format of providers: letters, digits, `_` and `-`, at most 64."""
    return "".join(char if char.isalnum() or char in "_-" else "_" for char in name)[:64]
