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
        args: JSON arguments; `<name>` stands for what the decider has yet to give.
        when: Its condition, where that only shows after the decision; otherwise it surely follows.
    """

    node: str
    name: str
    args: Mapping[str, JsonValue]
    when: str = ""
