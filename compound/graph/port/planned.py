"""An effect that a decision would lead to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """One effect that a decision would lead to.

    Attributes:
        node: The effect node.
        name: As declared with `@effect`.
        args: JSON arguments; `<name>` is a placeholder for a field of the decider.
        when: Its condition, if it is only known after the decision; otherwise it certainly happens.
    """

    node: str
    name: str
    args: Mapping[str, JsonValue]
    when: str = ""
