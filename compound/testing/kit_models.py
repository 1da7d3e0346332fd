"""Conformance kit for model providers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from compound.errors import CompoundError
from compound.model import Message, ModelRequest, ModelResponse, Provider, StreamEnd, StreamEvent, TextDelta
from compound.model.call.canonical import dump_response, load_response
from compound.testing.need import need, need_kind

QUESTION: Final = "Say hello."


def check_provider(make: Callable[[], Provider], *, model: str = "kit", question: str = QUESTION) -> None:
    """Check a provider against its port: complete and streamed answers, in several event loops.

    Args:
        make: Creates the provider; it must answer at least four calls.
        model: The provider's model id.
        question: The prompt; the answer must be a text.

    Raises:
        AssertionError: It violates a rule, named in the message.
    """
    provider = make()
    request = ModelRequest(
        model=model,
        messages=(Message(role="user", content=question),),
        max_tokens=64,
        inputs={"question": question},
    )
    need_kind(provider.name, str, "`name`")
    for _ in range(2):  # each in its own event loop, like sync calls of a project
        answer = asyncio.run(_complete(provider, request))
        _is_answer(answer)
        need(
            _as_kept(load_response(_as_kept(answer))) == _as_kept(answer),
            "an answer from the journal must be equal to the original",
        )
        _is_stream(asyncio.run(_stream(provider, request)))


async def _complete(provider: Provider, request: ModelRequest) -> ModelResponse:
    try:
        return await provider.complete(request)
    except CompoundError:
        raise
    except Exception as error:
        raise AssertionError(f"`complete` must raise CompoundError, but raised {error!r}") from error


async def _stream(provider: Provider, request: ModelRequest) -> list[StreamEvent]:
    return [event async for event in provider.stream(request)]


def _as_kept(answer: ModelResponse) -> str:
    """The answer as stored in the journal."""
    try:
        return dump_response(answer)
    except TypeError as error:
        raise AssertionError(f"an answer must contain only JSON values: {error}") from error


def _is_answer(answer: object) -> None:
    need(isinstance(answer, ModelResponse), f"`complete` must return a ModelResponse, not {type(answer).__name__}")
    if isinstance(answer, ModelResponse):
        need(answer.text or answer.abstained, "the answer to a question for a text is empty")
        need(answer.provider, "`ModelResponse.provider` must name the provider")
        need(answer.model, "`ModelResponse.model` must name the model")
        need(answer.cost_usd is None or answer.cost_usd >= 0, "`cost_usd` must be None or a number >= 0")


def _is_stream(events: list[StreamEvent]) -> None:
    ends = [one for one in events if isinstance(one, StreamEnd)]
    need(len(ends) == 1 and events[-1] is ends[0], "a stream must end with exactly one StreamEnd")
    _is_answer(ends[0].response)
    told = "".join(one.text for one in events if isinstance(one, TextDelta))
    need(told == ends[0].response.text, "the text pieces of a stream must equal the text of its answer")
