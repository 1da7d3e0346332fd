"""One try of one call: an answer at once, or as a stream that shows signs of life."""

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
    from compound.trace._active import ActiveSpan


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """What every try of a call needs.

    Attributes:
        route: Who answers.
        request: In the provider's words.
        span: Of the call.
        timeout_s: Longest wait for an answer, or between two signs of life of a stream.
    """

    route: Route
    request: ModelRequest
    span: ActiveSpan
    timeout_s: float

    @property
    def _limit_s(self) -> float | None:
        """A solver waits for nobody: only the timeout of its node, or of its run, ends it."""
        return None if self.route.reads_inputs else self.timeout_s

    async def once(self) -> ModelResponse:
        """The answer, from one try."""
        if self.route.is_streamed:
            return await self._end(None)
        try:
            with anyio.fail_after(self._limit_s):
                return await self.route.provider.complete(self.request)
        except TimeoutError as error:
            what = f"{self.route.provider.name} did not answer in {self.timeout_s:g} s"
            raise ModelError("model.timeout", what, retryable=True) from error

    def attempts(self, told: Told | None) -> Callable[[], Awaitable[ModelResponse]]:
        """One try after the other; the second and later ones void what was told before."""
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
        """The stream of one try, without its bare signs of life; too long a silence is `model.timeout`."""
        began, is_first = time.monotonic(), True
        async with reading(self.route.provider.stream(self.request)) as events:
            while True:
                try:
                    # The time that the reader takes is not the provider's.
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
        raise ModelError("model.broken-stream", "the stream had no end", retryable=True)


async def tell_whole(response: ModelResponse, told: Told) -> None:
    """Tell an answer that is there already in one piece."""
    if response.text:
        await told(TextDelta(text=response.text))
