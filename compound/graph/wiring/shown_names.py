"""Names of tools as a model is shown them."""

from __future__ import annotations

from typing import Final

FINAL: Final = "final_answer"
"""The tool by which an agent ends its work."""


def shown_to_model(name: str) -> str:
    """A tool's name as providers take it: letters, digits, `_` and `-`, at most 64."""
    return "".join(char if char.isalnum() or char in "_-" else "_" for char in name)[:64]
