"""The doors of a graph to models and to kept values, as ports."""

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
        """What was kept."""
        ...


class NodeCache(Protocol):
    """Where values of nodes with `cache:` are kept; content-addressed, shared by all runs."""

    async def get(self, key: str) -> Cached | None:
        """The value under a key, unless it is too old."""
        ...

    async def put(self, key: str, value: JsonValue, *, ttl_s: float) -> None:
        """Keep a value for `ttl_s` seconds."""
        ...


class Gateway(Protocol):
    """The one door to models; `compound.model.gateway.gateway.Gateway` is one."""

    @property
    def on_unknown(self) -> Literal["stop", "allow"]:
        """What a limit in USD does about a cost that is not known, where the graph does not say."""
        ...

    async def call(
        self,
        request: ModelRequest,
        *,
        call: CallKey | None = None,
        budget: Budget | None = None,
        told: Told | None = None,
    ) -> ModelResponse:
        """Answer, from the journal where the same call already finished.

        Args:
            request: With the logical model's name.
            call: Names the call for ever.
            budget: Ceiling of the run in place of the gateway's.
            told: Awaited with each piece of the answer as it comes.

        Raises:
            ModelError: `retryable` says whether another try may help.
        """
        ...
