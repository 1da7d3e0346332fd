"""Typed answers: read the JSON out of an answer, say what does not fit, ask once more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from compound.model.call.types import Message, ModelRequest, ModelResponse, Usage
from compound.model.typed.schema import problems
from compound.model.typed.spoken_json import find_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

_WHOLE = frozenset({"end_turn", "stop_sequence", "tool_use"})


def as_outcome(response: ModelResponse) -> ModelResponse:
    """An answer that was refused, cut or stopped for an unknown reason is no value: `abstained`, with the reason.

    It asks for no tools either: the arguments of a call that was cut are not those that the model meant. A paused
    turn is left as it is where it can be continued.
    """
    if response.abstained or response.stop_reason in _WHOLE:
        return response
    return replace(without_data(response, []), tool_calls=())


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
        try:
            data = find_json(response.text, lambda value: problems(value, schema, limit=1))
        except ValueError as error:
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
        "context_window": "the answer was cut: the conversation is longer than the model's context window",
        "pause_turn": "the provider paused the turn and did not end it",
    }
    reason = "; ".join(found) or why.get(response.stop_reason, f"stopped with {response.stop_reason}")
    prefix = "the answer does not fit its schema: " if found else ""
    return replace(response, data=None, abstained=True, reason=response.reason or f"{prefix}{reason}")


def joined(first: ModelResponse, rest: ModelResponse) -> ModelResponse:
    """A turn that was paused and what came when it went on, as one answer."""
    whole = together(first, rest)
    return replace(whole, text=first.text + rest.text, content=(*first.content, *rest.content))


def together(first: ModelResponse, second: ModelResponse) -> ModelResponse:
    """The second answer with the tokens and the cost of both."""
    a, b = first.usage, second.usage
    thought = (a.reasoning_tokens, b.reasoning_tokens)
    tools = {
        name: a.server_tools.get(name, 0) + b.server_tools.get(name, 0) for name in {**a.server_tools, **b.server_tools}
    }
    usage = Usage(
        input_tokens=a.input_tokens + b.input_tokens,
        output_tokens=a.output_tokens + b.output_tokens,
        cache_read_tokens=a.cache_read_tokens + b.cache_read_tokens,
        cache_write_tokens=a.cache_write_tokens + b.cache_write_tokens,
        cache_write_1h_tokens=a.cache_write_1h_tokens + b.cache_write_1h_tokens,
        reasoning_tokens=None if None in thought else sum(part or 0 for part in thought),
        steps=(*a.billed, *b.billed) if a.steps or b.steps else (),
        modes=tuple(dict.fromkeys((*a.modes, *b.modes))),
        server_tools=tools,
        is_complete=a.is_complete and b.is_complete,
    )
    is_known = first.cost_usd is not None and second.cost_usd is not None
    known = first.known_usd + second.known_usd
    return replace(
        second,
        usage=usage,
        cost_usd=known if is_known else None,
        known_usd=known,
        cached=first.cached and second.cached,
    )
