"""The one door for model calls: journal, budget, retry, prices, spans, repair of typed answers."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio

from compound import trace
from compound.errors import ModelError, ProjectError, choices
from compound.model._budget import Accounts, Bill, Budget
from compound.model._canonical import request_hash, to_json
from compound.model._hangup import reading
from compound.model._journal import Journal, MemoryJournal
from compound.model._prices import cost_usd
from compound.model._retry import RetryPolicy, with_retry
from compound.model._route import Redact, Route
from compound.model._spans import call_span, report, retry_teller
from compound.model._typed import read_typed, repair_request, together, without_data
from compound.model._types import (
    CallKey,
    ModelRequest,
    ModelResponse,
    StreamEnd,
    StreamEvent,
    StreamRestart,
    TextDelta,
    Told,
    Usage,
)

if TYPE_CHECKING:
    from compound.spec.models_file import PriceTable


class Gateway:
    """Every model call goes through one of these.

    Args:
        routes: Logical model to where it is answered.
        journal: Where finished calls are kept; absent, they are kept in memory.
        journals: Whether a route's calls are journalled; all are, unless it says otherwise.
        prices: Price table; a model that is not in it has an unknown cost.
        budget: Ceiling of every run, where the call brings none of its own.
        retry: When to try again.
        redact: Masks each request before it leaves; the journal and the hash see the masked one.
        timeout_s: Longest wait for one try.
    """

    def __init__(  # noqa: PLR0913 each is one concern of the door, all but one have a default
        self,
        routes: Mapping[str, Route],
        *,
        journal: Journal | None = None,
        journals: Callable[[Route], bool] = lambda _: True,
        prices: PriceTable | None = None,
        budget: Budget | None = None,
        retry: RetryPolicy | None = None,
        redact: Redact | None = None,
        timeout_s: float = 600.0,
    ) -> None:
        self._routes = routes
        self._journal: Journal = journal or MemoryJournal()
        self._journals = journals
        self._prices = prices
        self._budget = budget or Budget()
        self._retry = retry or RetryPolicy(sleep=anyio.sleep)
        self._redact = redact
        self._timeout_s = timeout_s
        self._accounts = Accounts(self._journal.spent)

    def route(self, model: str) -> Route:
        """Where a logical model is answered.

        Raises:
            ProjectError: `model.unknown-model`.
        """
        try:
            return self._routes[model]
        except KeyError:
            raise ProjectError(
                "model.unknown-model",
                f"model {model!r} is not in connectors/models.yaml; {choices(list(self._routes), model)}",
                fix="declare it there, or name another one",
            ) from None

    async def call(
        self,
        request: ModelRequest,
        *,
        call: CallKey | None = None,
        budget: Budget | None = None,
        told: Told | None = None,
    ) -> ModelResponse:
        """Answer a request.

        With `call`, the answer is journalled before this returns; the same key with the same request is
        answered from the journal, `cached`, and never calls the provider again. A typed answer that does
        not fit its schema is asked for once more (a journalled call of its own); then it is `abstained`.

        Args:
            request: With the logical model's name.
            call: Names the call. `index` is for callers that make several in one attempt; a repair takes
                `index + 1`.
            budget: The run's ceiling in place of the gateway's; needs `call`.
            told: Awaited with each piece of the answer as it comes; the next piece waits for it. A
                `StreamRestart` says that what came before is void. An answer from the journal, and every
                answer of a gateway that redacts, comes in one piece.

        Raises:
            ModelError: `model.*`, after the tries that could help; `model.budget` before any.
            ProjectError: `model.unknown-model`, `model.unknown-solver`.
        """
        if told is not None and self._redact is not None:
            response = await self.call(request, call=call, budget=budget)
            await _whole(response, told)
            return response
        route = self.route(request.model)
        sent, restore = self._masked(route.apply(request))
        response = await self._answer(route, sent, call, budget or self._budget, told)
        schema = sent.output_schema
        if schema is None:
            return restore(response)
        response, found = read_typed(response, schema)
        if found and not route.reads_inputs:
            again = replace(call, index=call.index + 1) if call else None
            repair = repair_request(sent, response, found)
            if told is not None:
                await told(StreamRestart())
            second = await self._answer(route, repair, again, budget or self._budget, told)
            second, found = read_typed(second, schema)
            response = together(response, second)
        if found:
            response = without_data(response, found)
        return restore(response)

    async def stream(
        self, request: ModelRequest, *, call: CallKey | None = None, budget: Budget | None = None
    ) -> AsyncIterator[StreamEvent]:
        """Answer a request piece by piece; as `call`, but a typed answer is not repaired.

        A stream that breaks and is tried again sends a `StreamRestart`: what came before is void. An answer
        from the journal, and every answer of a gateway that redacts, comes as its `StreamEnd` alone.
        """
        route = self.route(request.model)
        sent, restore = self._masked(route.apply(request))
        hashed = request_hash(sent, route.provider.name, reads_inputs=route.reads_inputs)
        with call_span(route, sent) as span:
            response = self._find(call, hashed)
            if response is None:
                with self._reserved(call, budget or self._budget, sent) as bill:
                    async with reading(self._events(route, sent, span)) as events:
                        async for event in events:
                            if isinstance(event, StreamEnd):
                                response = event.response
                            elif self._redact is None:
                                yield event
                    assert response is not None
                    response = self._finish(route, response, call, hashed, bill)
            report(span, response, self._prices)
        if sent.output_schema is not None:
            response, found = read_typed(response, sent.output_schema)
            response = without_data(response, found) if found else response
        yield StreamEnd(response=restore(response))

    async def aclose(self) -> None:
        """Close the providers' connections."""
        for route in self._routes.values():
            close = getattr(route.provider, "aclose", None)
            if close is not None:
                await close()

    def _masked(self, request: ModelRequest) -> tuple[ModelRequest, Callable[[ModelResponse], ModelResponse]]:
        return self._redact(request) if self._redact else (request, lambda response: response)

    async def _answer(
        self, route: Route, request: ModelRequest, call: CallKey | None, budget: Budget, told: Told | None
    ) -> ModelResponse:
        hashed = request_hash(request, route.provider.name, reads_inputs=route.reads_inputs)
        with call_span(route, request) as span:
            response = self._find(call, hashed)
            if response is None:
                with self._reserved(call, budget, request) as bill:
                    attempt = self._attempts(route, request, span, told)
                    response = await with_retry(attempt, self._retry, told=retry_teller(span))
                    response = self._finish(route, response, call, hashed, bill)
            elif told is not None:
                await _whole(response, told)
            report(span, response, self._prices)
        return response

    def _attempts(
        self, route: Route, request: ModelRequest, span: trace.ActiveSpan, told: Told | None
    ) -> Callable[[], Awaitable[ModelResponse]]:
        """One attempt after the other; the second and later ones void what was told before."""
        if told is None:
            return lambda: self._attempt(route, request, span)
        is_first = True

        async def attempt() -> ModelResponse:
            nonlocal is_first
            if not is_first:
                await told(StreamRestart())
            is_first = False
            return await self._told(route, request, span, told)

        return attempt

    async def _told(self, route: Route, request: ModelRequest, span: trace.ActiveSpan, told: Told) -> ModelResponse:
        async with reading(self._timed(route, request, span)) as events:
            while True:
                try:
                    # The time that the listener takes is not the provider's.
                    with anyio.fail_after(self._timeout_s):
                        event = await anext(events, None)
                except TimeoutError as error:
                    what = f"{route.provider.name} sent nothing for {self._timeout_s:g} s"
                    raise ModelError("model.timeout", what, retryable=True) from error
                if event is None:
                    raise ModelError("model.broken-stream", "the stream had no end", retryable=True)
                if isinstance(event, StreamEnd):
                    return event.response
                await told(event)

    async def _attempt(self, route: Route, request: ModelRequest, span: trace.ActiveSpan) -> ModelResponse:
        try:
            with anyio.fail_after(self._timeout_s):
                if not route.is_streamed:
                    return await route.provider.complete(request)
                return await _last(self._timed(route, request, span))
        except TimeoutError as error:
            what = f"{route.provider.name} did not answer in {self._timeout_s:g} s"
            raise ModelError("model.timeout", what, retryable=True) from error

    async def _timed(self, route: Route, request: ModelRequest, span: trace.ActiveSpan) -> AsyncGenerator[StreamEvent]:
        began, is_first = time.monotonic(), True
        async with reading(route.provider.stream(request)) as events:
            async for event in events:
                if is_first:
                    span.set(ttft_s=time.monotonic() - began)
                    is_first = False
                yield event

    async def _events(self, route: Route, request: ModelRequest, span: trace.ActiveSpan) -> AsyncGenerator[StreamEvent]:
        failures, tell = 0, retry_teller(span)
        while True:
            try:
                async with reading(self._timed(route, request, span)) as events:
                    async for event in events:
                        yield event
            except ModelError as error:
                failures += 1
                wait_s = self._retry.wait_s(error, failures)
                if wait_s is None:
                    raise
                tell(error, wait_s)
                await self._retry.sleep(wait_s)
                yield StreamRestart()
            else:
                return

    def _find(self, call: CallKey | None, hashed: str) -> ModelResponse | None:
        return self._journal.find(call, hashed) if call else None

    def _finish(
        self, route: Route, response: ModelResponse, call: CallKey | None, hashed: str, bill: Bill
    ) -> ModelResponse:
        if response.cost_usd is None:
            response = replace(response, cost_usd=cost_usd(self._prices, response.model, response.usage))
        bill.cost_usd = response.cost_usd
        if call is not None and self._journals(route):
            self._journal.record(call, hashed, response)
        return response

    @contextmanager
    def _reserved(self, call: CallKey | None, budget: Budget, request: ModelRequest) -> Generator[Bill]:
        with (
            nullcontext(Bill())
            if call is None or budget.is_open
            else self._accounts.reserve(call.run_id, budget, self._estimate(request)) as bill
        ):
            yield bill

    def _estimate(self, request: ModelRequest) -> float | None:
        # The highest bill: about 3 characters a token in, and every token that may come out.
        size = len(to_json((request.messages, request.system, request.tools, request.output_schema)))
        usage = Usage(input_tokens=size // 3, output_tokens=request.max_tokens)
        return cost_usd(self._prices, request.model, usage)


async def _whole(response: ModelResponse, told: Told) -> None:
    if response.text:
        await told(TextDelta(text=response.text))


async def _last(events: AsyncIterator[StreamEvent]) -> ModelResponse:
    response: ModelResponse | None = None
    async for event in events:
        if isinstance(event, StreamEnd):
            response = event.response
    if response is not None:
        return response
    raise ModelError("model.broken-stream", "the stream had no end", retryable=True)
