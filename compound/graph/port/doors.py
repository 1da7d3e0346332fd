"""Ports of a graph to models and to cached values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.model import ModelRequest, ModelResponse
    from compound.model.call.types import CallKey, Told
    from compound.model.gateway.budget import Budget


class Cached(Protocol):
    """A value that was found in the cache (null is a value)."""

    @property
    def value(self) -> JsonValue:
        """The cached value."""
        ...


class NodeCache(Protocol):
    """The cache of nodes with `cache:`; content-addressed, shared by all runs."""

    async def get(self, key: str) -> Cached | None:
        """The value under a key, unless it has expired."""
        ...

    async def put(self, key: str, value: JsonValue, *, ttl_s: float) -> None:
        """Store a value for `ttl_s` seconds."""
        ...


class Gateway(Protocol):
    """The gateway to models, implemented by `compound.model.gateway.gateway.Gateway`."""

    @property
    def on_unknown(self) -> Literal["stop", "allow"]:
        """The effect of an unknown cost on a limit in USD, if the graph does not set one."""
        ...

    async def call(
        self,
        request: ModelRequest,
        *,
        call: CallKey | None = None,
        budget: Budget | None = None,
        told: Told | None = None,
    ) -> ModelResponse:
        """Answer a request, from the journal if the same call already finished.

        Args:
            request: With the logical model's name.
            call: Permanent id of the call.
            budget: Limit of the run; overrides the gateway's.
            told: Awaited with each piece of the answer as it arrives.

        Raises:
            ModelError: `retryable` tells whether another attempt may help.
        """
        ...
