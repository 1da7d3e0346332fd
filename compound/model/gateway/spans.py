"""Spans of model calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from compound.model.call.canonical import params_hash
from compound.trace.active import ActiveSpan, child

if TYPE_CHECKING:
    from compound.errors import ModelError
    from compound.model.call.types import ModelRequest, ModelResponse
    from compound.model.gateway.route import Route
    from compound.spec.models_file import PriceTable


def call_span(route: Route, request: ModelRequest) -> ActiveSpan:
    """The span of a call, as a context manager."""
    return child(
        f"chat {request.model}",
        kind="chat",
        provider=route.provider.name,
        request_model=request.model,
        prompt_name=request.prompt_name or None,
        prompt_version=request.prompt_version or None,
        params_hash=params_hash(request),
    )


def report(span: ActiveSpan, response: ModelResponse, prices: PriceTable | None) -> None:
    """Record the answer and its cost on a span."""
    usage, billed = response.usage, response.usage.billed
    is_unknown = response.cost_usd is None and not response.cached
    span.set(
        response_model=response.model,
        cached_result=response.cached,
        stop_reason=response.stop_reason,
        abstained=response.abstained or None,
        abstain_reason=response.reason if response.abstained else None,
        response_id=response.raw_id or None,
        # An answer from the journal was paid in the span of the original call.
        cost_usd=0.0 if response.cached else response.cost_usd,
        known_cost_usd=response.known_usd if is_unknown else None,
        billing_modes=list(usage.modes) or None,
        server_tools=dict(usage.server_tools) or None,
        price_table_version=prices.version if prices else None,
        input_tokens=0 if response.cached else sum(step.input_tokens for step in billed),
        output_tokens=0 if response.cached else sum(step.output_tokens for step in billed),
        cache_read_tokens=0 if response.cached else sum(step.cache_read_tokens for step in billed),
        cache_write_tokens=0 if response.cached else sum(step.cache_write_tokens for step in billed),
        reasoning_tokens=None if response.cached else usage.reasoning_tokens,
    )


def retry_teller(span: ActiveSpan) -> Callable[[ModelError, float], None]:
    """Records failed attempts on a span."""
    retries: list[str] = []

    def tell(error: ModelError, wait_s: float) -> None:
        retries.append(f"{error.code} after {wait_s:.2f} s")
        span.set(retries=list(retries))

    return tell
