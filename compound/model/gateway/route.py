"""Routes of logical models to providers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from compound.model.call.types import ModelRequest, ModelResponse, Provider

if TYPE_CHECKING:
    from pydantic import JsonValue

Redact = Callable[[ModelRequest], tuple[ModelRequest, Callable[[ModelResponse], ModelResponse]]]
"""Masks private content; returns a function that restores it in the answer."""


def _nothing() -> Mapping[str, JsonValue]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The route of a logical model.

    Attributes:
        provider: The provider.
        model: The provider's model id; for `offline` the solver.
        max_tokens: Used if the request says 0.
        options: Fields of the provider's request; options of the request override them.
        is_streamed: Whether to stream the answer, to measure the time to first token.
        timeout_s: Longest wait for an answer, or between two events of a stream; None: the gateway's.
    """

    provider: Provider
    model: str
    max_tokens: int = 0
    options: Mapping[str, JsonValue] = field(default_factory=_nothing)
    is_streamed: bool = False
    timeout_s: float | None = None

    def apply(self, request: ModelRequest) -> ModelRequest:
        """Convert a request to the provider's model, defaults and options."""
        return replace(
            request,
            model=self.model,
            max_tokens=request.max_tokens or self.max_tokens,
            options={**self.options, **request.options},
        )

    @property
    def reads_inputs(self) -> bool:
        """Whether the provider answers deterministically from `inputs`, not from the prompt."""
        return bool(getattr(self.provider, "is_deterministic", False))
