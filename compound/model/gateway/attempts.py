"""A single attempt of a call: a complete answer, or a stream with heartbeats."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from compound.errors import ModelError
from compound.model.call.hangup import reading
from compound.model.call.types import (
    ModelRequest,
    ModelResponse,
    StreamAlive,
    StreamEnd,
    StreamEvent,
    StreamRestart,
    TextDelta,
    Told,
)

if TYPE_CHECKING:
    from compound.model.gateway.route import Route
    from compound.trace.active import ActiveSpan


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """The parameters of an attempt.

    Attributes:
        route: The route of the model.
        request: The provider's request.
        span: Span of the call.
        timeout_s: Longest wait for an answer, or between two events of a stream.
    """

    route: Route
    request: ModelRequest
    span: ActiveSpan
    timeout_s: float

    @property
    def _limit_s(self) -> float | None:
        """Solvers have no timeout of their own, only that of their node or run."""
        return None if self.route.reads_inputs else self.timeout_s

    async def once(self) -> ModelResponse:
        """The answer of one attempt."""
        if self.route.is_streamed:
            return await self._end(None)
        try:
            with anyio.fail_after(self._limit_s):
                return await self.route.provider.complete(self.request)
        except TimeoutError as error:
            what = f"{self.route.provider.name} did not answer in {self.timeout_s:g} s"
            raise ModelError("model.timeout", what, retryable=True) from error

    def attempts(self, told: Told | None) -> Callable[[], Awaitable[ModelResponse]]:
        """Attempts in turn; each retry invalidates the events sent before."""
        if told is None:
            return self.once
        is_first = True

        async def attempt() -> ModelResponse:
            nonlocal is_first
            if not is_first:
                await told(StreamRestart())
            is_first = False
            return await self._end(told)

        return attempt

    async def events(self) -> AsyncGenerator[StreamEvent]:
        """The stream of one attempt, without heartbeats; a long silence raises `model.timeout`."""
        began, is_first = time.monotonic(), True
        async with reading(self.route.provider.stream(self.request)) as events:
            while True:
                try:
                    # The reader's time does not count as the provider's.
                    with anyio.fail_after(self._limit_s):
                        event = await anext(events, None)
                except TimeoutError as error:
                    what = f"{self.route.provider.name} sent nothing for {self.timeout_s:g} s"
                    raise ModelError("model.timeout", what, retryable=True) from error
                if event is None:
                    return
                if isinstance(event, StreamAlive):
                    continue
                if is_first:
                    self.span.set(ttft_s=time.monotonic() - began)
                    is_first = False
                yield event

    async def _end(self, told: Told | None) -> ModelResponse:
        async with reading(self.events()) as events:
            async for event in events:
                if isinstance(event, StreamEnd):
                    return event.response
                if told is not None:
                    await told(event)
        raise ModelError("model.broken-stream", "the stream ended early", retryable=True)


async def tell_whole(response: ModelResponse, told: Told) -> None:
    """Send a complete answer in one piece."""
    if response.text:
        await told(TextDelta(text=response.text))
