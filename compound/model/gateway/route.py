"""Where the calls of a logical model go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from compound.model.call.types import ModelRequest, ModelResponse, Provider

if TYPE_CHECKING:
    from pydantic import JsonValue

Redact = Callable[[ModelRequest], tuple[ModelRequest, Callable[[ModelResponse], ModelResponse]]]
"""Masks what must not leave, and gives back what restores it in the answer."""


def _nothing() -> Mapping[str, JsonValue]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where the calls of one logical model go.

    Attributes:
        provider: Who answers.
        model: The model in the provider's words; for `offline` the solver.
        max_tokens: Where the request says 0.
        options: Fields of the provider's request; the request's own options win.
        is_streamed: Read the answer as a stream, for the time to the first token.
        timeout_s: Longest wait for an answer, or for a sign of life of a stream; None for the gateway's.
    """

    provider: Provider
    model: str
    max_tokens: int = 0
    options: Mapping[str, JsonValue] = field(default_factory=_nothing)
    is_streamed: bool = False
    timeout_s: float | None = None

    def apply(self, request: ModelRequest) -> ModelRequest:
        """The request in the provider's words."""
        return replace(
            request,
            model=self.model,
            max_tokens=request.max_tokens or self.max_tokens,
            options={**self.options, **request.options},
        )

    @property
    def reads_inputs(self) -> bool:
        """Whether the provider answers from `inputs`, always alike, and not from the prompt."""
        return bool(getattr(self.provider, "is_deterministic", False))
