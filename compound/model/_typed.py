"""Typed answers: read the JSON out of an answer, say what does not fit, ask once more."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import orjson

from compound.model._schema import problems
from compound.model._types import Message, ModelRequest, ModelResponse, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

_FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?```\s*\Z", re.DOTALL)
_WHOLE = frozenset({"end_turn", "stop_sequence", "tool_use"})


def read_typed(response: ModelResponse, schema: Mapping[str, JsonValue]) -> tuple[ModelResponse, list[str]]:
    """Give a response its `data`.

    Returns:
        The response with `data`, and no problems; or the response as it was, and what does not fit. One
        that was refused or cut short is `abstained`; one that only asks for tools has no data yet.
    """
    if response.abstained or (response.tool_calls and not response.text):
        return response, []
    if response.stop_reason not in _WHOLE:
        return without_data(response, []), []
    data = response.data
    if data is None:
        fenced = _FENCE.match(response.text)
        try:
            data = orjson.loads(fenced.group(1) if fenced else response.text)
        except orjson.JSONDecodeError as error:
            return response, [f"$: it is not JSON: {error}"]
    found = problems(data, schema)
    return (response, found) if found else (replace(response, data=data), [])


def repair_request(request: ModelRequest, response: ModelResponse, found: list[str]) -> ModelRequest:
    """Ask again, with the answer that did not fit and what is wrong with it."""
    listed = "\n".join(f"- {problem}" for problem in found)
    wrong = f"This answer does not fit the JSON Schema:\n{listed}"
    asked = f"{wrong}\nAnswer again with the corrected JSON value only."
    said = Message(role="assistant", content=response.content or response.text or "(empty)")
    return replace(request, messages=(*request.messages, said, Message(role="user", content=asked)))


def without_data(response: ModelResponse, found: list[str]) -> ModelResponse:
    """An answer that gives no typed value: the same, `abstained`, with the reason."""
    why = {
        "refusal": response.reason or "the model refused",
        "max_tokens": "the answer was cut at max_tokens",
        "context_window": "the conversation is longer than the model's context window",
    }
    reason = "; ".join(found) or why.get(response.stop_reason, f"stopped with {response.stop_reason}")
    prefix = "the answer does not fit its schema: " if found else ""
    return replace(response, data=None, abstained=True, reason=response.reason or f"{prefix}{reason}")


def together(first: ModelResponse, second: ModelResponse) -> ModelResponse:
    """The second answer with the tokens and the cost of both."""
    a, b = first.usage, second.usage
    costs = (first.cost_usd, second.cost_usd)
    thought = (a.reasoning_tokens, b.reasoning_tokens)
    usage = Usage(
        input_tokens=a.input_tokens + b.input_tokens,
        output_tokens=a.output_tokens + b.output_tokens,
        cache_read_tokens=a.cache_read_tokens + b.cache_read_tokens,
        cache_write_tokens=a.cache_write_tokens + b.cache_write_tokens,
        cache_write_1h_tokens=a.cache_write_1h_tokens + b.cache_write_1h_tokens,
        reasoning_tokens=None if None in thought else sum(part or 0 for part in thought),
        is_complete=a.is_complete and b.is_complete,
    )
    cost = None if None in costs else sum(part or 0.0 for part in costs)
    return replace(second, usage=usage, cost_usd=cost, cached=first.cached and second.cached)
