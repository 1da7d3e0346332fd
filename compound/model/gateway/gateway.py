"""The gateway of all model calls: journal, budget, retries, prices, spans, repair of typed answers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

import anyio

from compound.errors import ModelError, ProjectError, choices
from compound.model.call.canonical import request_hash, to_json
from compound.model.call.hangup import reading
from compound.model.call.retry import RetryPolicy, with_retry
from compound.model.call.types import (
    CallKey,
    Message,
    ModelRequest,
    ModelResponse,
    StreamEnd,
    StreamEvent,
    StreamRestart,
    Told,
    Usage,
)
from compound.model.call.usage import modes_of
from compound.model.gateway.attempts import Try, tell_whole
from compound.model.gateway.budget import Accounts, Bill, Budget
from compound.model.gateway.journal import Journal, MemoryJournal
from compound.model.gateway.prices import Cost, cost_of, foreseen
from compound.model.gateway.route import Redact, Route
from compound.model.gateway.spans import call_span, report, retry_teller
from compound.model.typed.typed import as_outcome, joined, read_typed, repair_request, together, without_data

if TYPE_CHECKING:
    from compound.spec.models_file import PriceTable
    from compound.trace.active import ActiveSpan

_MAX_PAUSES: Final = 8
"""A turn that the provider pauses more often is abandoned."""


class Gateway:
    """Makes all model calls.

    Args:
        routes: Logical model to route.
        journal: Stores finished calls; default: in memory.
        journals: Whether a route's calls are journalled; default: all.
        prices: Price table; a model that is not in it has an unknown cost. None: all costs are unknown.
        budget: Default budget of a run.
        retry: Retry policy.
        redact: Masks each request before it is sent; the journal and the hash use the masked one.
        timeout_s: Timeout of an attempt, in seconds.
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
        """The route of a logical model.

        Raises:
            ProjectError: `model.unknown-model`.
        """
        try:
            return self._routes[model]
        except KeyError:
            raise ProjectError(
                "model.unknown-model",
                f"model {model!r} is not in connectors/models.yaml; {choices(list(self._routes), model)}",
                fix="declare it there, or use another one",
            ) from None

    @property
    def on_unknown(self) -> Literal["stop", "allow"]:
        """What a limit in USD does about unknown costs."""
        # Without a price table all costs are unknown, so a limit in USD cannot apply.
        return "allow" if self._prices is None else self._budget.on_unknown or "stop"

    async def call(
        self,
        request: ModelRequest,
        *,
        call: CallKey | None = None,
        budget: Budget | None = None,
        told: Told | None = None,
    ) -> ModelResponse:
        """Answer a request.

        A refused or cut off answer is an outcome: `abstained`, with its reason. A paused turn is continued. With
        `call`, the answer is journalled before this returns; the same key with the same request is answered from the
        journal, `cached`, without a call. A typed answer that does not match its schema is repaired once (a separate
        journalled call); then it is `abstained`.

        Args:
            request: With the logical model's name.
            call: Key of the call. `index` is for callers that make several in one attempt; a repair uses `index + 1`.
            budget: The run's budget; its values override the gateway's. Needs `call`.
            told: Awaited with each piece of the answer. A `StreamRestart` invalidates the earlier pieces. Answers from
                the journal, and all answers of a gateway that redacts, come in one piece.

        Raises:
            ModelError: `model.*`, after all retries; `model.budget` before the first attempt.
            ProjectError: `model.unknown-model`, `model.unknown-solver`.
        """
        if told is not None and self._redact is not None:
            response = await self.call(request, call=call, budget=budget)
            await tell_whole(response, told)
            return response
        route = self.route(request.model)
        sent, restore = self._masked(route.apply(request))
        ceiling = self._ceiling(budget)
        response = await self._continued(route, sent, call, ceiling, told)
        schema = sent.output_schema
        if schema is None:
            return restore(await _voided(response, told))
        response, found = read_typed(response, schema)
        if found and not route.reads_inputs:
            again = replace(call, index=call.index + 1) if call else None
            repair = repair_request(sent, response, found)
            if told is not None:
                await told(StreamRestart())
            second = await self._continued(route, repair, again, ceiling, told)
            second, found = read_typed(second, schema)
            response = together(response, second)
        if found:
            response = without_data(response, found)
        return restore(await _voided(response, told))

    async def stream(
        self, request: ModelRequest, *, call: CallKey | None = None, budget: Budget | None = None
    ) -> AsyncIterator[StreamEvent]:
        """Stream an answer; like `call`, but without repair of typed answers and continuation of paused turns.

        A stream that breaks and is retried sends a `StreamRestart`: discard the earlier pieces. Answers from the
        journal, and all answers of a gateway that redacts, consist of a `StreamEnd` only.
        """
        route = self.route(request.model)
        sent, restore = self._masked(route.apply(request))
        hashed = request_hash(sent, route.provider.name, reads_inputs=route.reads_inputs)
        with call_span(route, sent) as span:
            response = self._find(call, hashed)
            if response is None:
                ceiling = self._ceiling(budget)
                with self._reserved(route, call, ceiling, sent) as bill:
                    attempt = self._try(route, sent, span)
                    async with reading(self._events(attempt)) as events:
                        async for event in events:
                            if isinstance(event, StreamEnd):
                                response = event.response
                            elif self._redact is None:
                                yield event
                    if response is None:
                        raise ModelError("model.broken-stream", "the stream ended early", retryable=True)
                    response = self._finish(route, response, call, hashed, bill)
            response = as_outcome(response)
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

    def _ceiling(self, budget: Budget | None) -> Budget:
        whole = budget.over(self._budget) if budget else self._budget
        return replace(whole, on_unknown=whole.on_unknown if self._prices else self.on_unknown)

    def _masked(self, request: ModelRequest) -> tuple[ModelRequest, Callable[[ModelResponse], ModelResponse]]:
        return self._redact(request) if self._redact else (request, lambda response: response)

    async def _answer(
        self, route: Route, request: ModelRequest, call: CallKey | None, budget: Budget, told: Told | None
    ) -> ModelResponse:
        hashed = request_hash(request, route.provider.name, reads_inputs=route.reads_inputs)
        with call_span(route, request) as span:
            response = self._find(call, hashed)
            if response is None:
                with self._reserved(route, call, budget, request) as bill:
                    attempt = self._try(route, request, span)
                    response = await with_retry(attempt.attempts(told), self._retry, told=retry_teller(span))
                    response = self._finish(route, response, call, hashed, bill)
            elif told is not None:
                await tell_whole(response, told)
            response = as_outcome(response)
            report(span, response, self._prices)
        return response

    async def _continued(
        self, route: Route, request: ModelRequest, call: CallKey | None, budget: Budget, told: Told | None
    ) -> ModelResponse:
        """The answer of a turn that may pause: it is sent back until the provider completes it."""
        response = await self._answer(route, request, call, budget, told)
        for _ in range(_MAX_PAUSES):
            if response.stop_reason != "pause_turn" or not response.content:
                break
            so_far = Message(role="assistant", content=response.content)
            again = replace(request, messages=(*request.messages, so_far))
            # The same key: the journal distinguishes the calls by their request.
            response = joined(response, await self._answer(route, again, call, budget, told))
        return response

    async def _events(self, attempt: Try) -> AsyncGenerator[StreamEvent]:
        failures, tell = 0, retry_teller(attempt.span)
        while True:
            try:
                async with reading(attempt.events()) as events:
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

    def _try(self, route: Route, request: ModelRequest, span: ActiveSpan) -> Try:
        return Try(route=route, request=request, span=span, timeout_s=route.timeout_s or self._timeout_s)

    def _find(self, call: CallKey | None, hashed: str) -> ModelResponse | None:
        return self._journal.find(call, hashed) if call else None

    def _finish(
        self, route: Route, response: ModelResponse, call: CallKey | None, hashed: str, bill: Bill
    ) -> ModelResponse:
        if response.cost_usd is None:
            cost = cost_of(self._prices, response.model, response.usage)
            response = replace(response, cost_usd=cost.usd, known_usd=cost.known_usd)
        else:
            response = replace(response, known_usd=response.cost_usd)
        bill.known_usd, bill.is_unknown = response.known_usd, response.cost_usd is None
        if call is not None and self._journals(route):
            self._journal.record(call, hashed, response)
        return response

    @contextmanager
    def _reserved(self, route: Route, call: CallKey | None, budget: Budget, request: ModelRequest) -> Generator[Bill]:
        with (
            nullcontext(Bill())
            if call is None or budget.is_open
            else self._accounts.reserve(call.run_id, budget, self._estimate(route, request)) as bill
        ):
            yield bill

    def _estimate(self, route: Route, request: ModelRequest) -> Cost:
        """The maximum cost: about 3 characters per input token, and all allowed output tokens."""
        if route.reads_inputs:
            return Cost()
        size = len(to_json((request.messages, request.system, request.tools, request.output_schema)))
        usage = Usage(input_tokens=size // 3, output_tokens=request.max_tokens, modes=modes_of(request.options))
        cost = cost_of(self._prices, request.model, usage)
        return Cost(known_usd=cost.known_usd, unknown=foreseen(self._prices, request.model, request.options))


async def _voided(response: ModelResponse, told: Told | None) -> ModelResponse:
    """The answer; if it is unusable, the pieces sent so far are invalidated."""
    if told is not None and response.abstained and response.text:
        await told(StreamRestart())
    return response
