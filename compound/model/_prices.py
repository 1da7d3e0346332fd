"""What a call cost, from the project's dated price table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from compound.model._types import Usage

if TYPE_CHECKING:
    from compound.spec.models_file import Price, PriceTable

_SNAPSHOT = re.compile(r"-20\d{6}$")


def find_price(table: PriceTable, model: str) -> Price | None:
    """The price of a model by its id, or by its id without the date of a snapshot; None when unknown."""
    prices = table.usd_per_million_tokens
    return prices.get(model) or prices.get(_SNAPSHOT.sub("", model))


def cost_usd(table: PriceTable | None, model: str, usage: Usage) -> float | None:
    """Price the tokens of one call.

    Returns:
        USD, or None where the model has no price or the bill has parts that tokens do not explain
        (`Usage.is_complete` is false).
    """
    price = find_price(table, model) if table else None
    if price is None or not usage.is_complete:
        return None
    if price.above is not None and usage.input_tokens > price.above.tokens:
        price = price.above.price
    short_writes = usage.cache_write_tokens - usage.cache_write_1h_tokens
    fresh = usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens
    millionths = (
        fresh * price.input
        + usage.output_tokens * price.output
        + usage.cache_read_tokens * price.cache_read
        + short_writes * price.cache_write_5m
        + usage.cache_write_1h_tokens * price.cache_write_1h
    )
    return millionths / 1e6
