"""Typed answers: parse the JSON of an answer, list its problems, repair it once."""

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
    """Mark an answer that was refused, cut off or stopped for an unknown reason as `abstained`, with the reason.

    Its tool calls are dropped too: the arguments of a cut off call are incomplete. A paused turn that can be continued
    is not changed.
    """
    if response.abstained or response.stop_reason in _WHOLE:
        return response
    return replace(without_data(response, []), tool_calls=())


def read_typed(response: ModelResponse, schema: Mapping[str, JsonValue]) -> tuple[ModelResponse, list[str]]:
    """Parse the `data` of a response.

    Returns:
        The response with `data` and no problems; or the unchanged response and its problems. A refused or cut off
        response is `abstained`; one with only tool calls has no data yet.
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
    """The repair request, with the invalid answer and its problems."""
    listed = "\n".join(f"- {problem}" for problem in found)
    wrong = f"This answer does not fit the JSON Schema:\n{listed}"
    asked = f"{wrong}\nAnswer again with the corrected JSON value only."
    said = Message(role="assistant", content=response.content or response.text or "(empty)")
    return replace(request, messages=(*request.messages, said, Message(role="user", content=asked)))


def without_data(response: ModelResponse, found: list[str]) -> ModelResponse:
    """The response as `abstained`, with the reason why it has no typed value."""
    why = {
        "refusal": response.reason or "the model refused",
        "max_tokens": "the answer was cut off at max_tokens",
        "context_window": "the answer was cut off: the conversation exceeds the model's context window",
        "pause_turn": "the provider paused the turn and did not complete it",
    }
    reason = "; ".join(found) or why.get(response.stop_reason, f"stopped with {response.stop_reason}")
    prefix = "the answer does not match its schema: " if found else ""
    return replace(response, data=None, abstained=True, reason=response.reason or f"{prefix}{reason}")


def joined(first: ModelResponse, rest: ModelResponse) -> ModelResponse:
    """A paused turn and its continuation as one answer."""
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
