"""Costs of calls, from the project's dated price table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from compound.model.call.types import BilledStep, Usage
from compound.model.call.usage import modes_of, other_models_of, server_tools_of

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.spec.models_file import Price, PriceTable

# A snapshot's date: Anthropic and Bedrock write 20260115, OpenAI 2026-01-15; Vertex puts an @ before it.
_SNAPSHOT: Final = re.compile(r"[-@]20\d{2}-?\d{2}-?\d{2}(?:-v\d+(?::\d+)?)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The cost of a call.

    Attributes:
        known_usd: The part covered by the price table.
        unknown: Why a part is unknown, for people; empty if the cost is fully known.
    """

    known_usd: float = 0.0
    unknown: str = ""

    @property
    def usd(self) -> float | None:
        """The total; None if a part is unknown, never 0 for unknown."""
        return None if self.unknown else self.known_usd


def find_price(table: PriceTable, model: str) -> Price | None:
    """The price of a model by its id, with or without the date of a snapshot; None if unknown."""
    prices = table.usd_per_million_tokens
    return prices.get(model) or prices.get(_SNAPSHOT.sub("", model))


def cost_of(table: PriceTable | None, model: str, usage: Usage) -> Cost:
    """Price a call: each sampling by its model, then service modes, then server tools."""
    if table is None:
        return Cost(unknown="the project has no price table")
    tokens, unpriced = 0.0, ""
    for step in usage.billed:
        price = find_price(table, step.model or model)
        if price is None:
            unpriced = unpriced or f"no price of {step.model or model!r}"
        else:
            tokens += _tokens_usd(price, step)
    factor, odd = _factor(table, usage.modes)
    tools, unpriced_tool = _tools_usd(table, usage.server_tools)
    silent = "" if usage.is_complete else "the provider did not report all billed items"
    return Cost(known_usd=tokens * factor + tools, unknown=unpriced or odd or unpriced_tool or silent)


def cost_usd(table: PriceTable | None, model: str, usage: Usage) -> float | None:
    """`cost_of` as one number; None if a part is unknown."""
    return cost_of(table, model, usage).usd


def foreseen(table: PriceTable | None, model: str, options: Mapping[str, JsonValue]) -> str:
    """Why the cost of a call with these options would be unknown, for people; empty if it would be known."""
    for one in (model, *other_models_of(options)):
        usage = Usage(modes=modes_of(options), server_tools=dict.fromkeys(server_tools_of(options), 1))
        if unknown := cost_of(table, one, usage).unknown:
            return unknown
    return ""


def _factor(table: PriceTable, modes: tuple[str, ...]) -> tuple[float, str]:
    factor = 1.0
    for mode in modes:
        known = table.factors.get(mode)
        if known is None:
            return factor, f"no factor for {mode}"
        factor *= known
    return factor, ""


def _tools_usd(table: PriceTable, uses: Mapping[str, int]) -> tuple[float, str]:
    usd, unknown = 0.0, ""
    for name, times in uses.items():
        price = table.usd_per_use.get(name)
        if price is None:
            unknown = unknown or f"no price of {name}"
        else:
            usd += price * times
    return usd, unknown


def _tokens_usd(price: Price, step: BilledStep) -> float:
    if price.above is not None and step.input_tokens > price.above.tokens:
        price = price.above.price
    short_writes = step.cache_write_tokens - step.cache_write_1h_tokens
    fresh = step.input_tokens - step.cache_read_tokens - step.cache_write_tokens
    millionths = (
        fresh * price.input
        + step.output_tokens * price.output
        + step.cache_read_tokens * price.cache_read
        + short_writes * price.cache_write_5m
        + step.cache_write_1h_tokens * price.cache_write_1h
    )
    return millionths / 1e6
