"""What answers for the workshop's models; nothing is run here, a check only needs the names."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from compound.model import solver


@solver("writer")
def write(_inputs: Mapping[str, JsonValue]) -> str:
    """A mail."""
    return "Your bicycle is ready."


@solver("helper")
def help_out(_inputs: Mapping[str, JsonValue]) -> str:
    """An answer."""
    return "It is ready."
