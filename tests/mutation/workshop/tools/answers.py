"""What answers for the workshop's models; nothing is run here, a check only needs the names."""

from __future__ import annotations

from compound.model import solver


@solver("writer")
def write(_inputs: dict[str, object]) -> str:
    """A mail."""
    return "Your bicycle is ready."


@solver("helper")
def help_out(_inputs: dict[str, object]) -> str:
    """An answer."""
    return "It is ready."
