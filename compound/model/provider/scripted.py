"""Provider `scripted`: scripted answers, for tests."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace

from compound.errors import ModelError
from compound.model.call.types import ModelRequest, ModelResponse, StreamEnd, StreamEvent, TextBlock, TextDelta

Answer = ModelResponse | str | Exception


class ScriptedProvider:
    """Returns scripted answers in order, or calls a function; records every request.

    Args:
        answers: Texts are returned, exceptions raised. A function is called with each request.
        name: Name in spans.

    Attributes:
        requests: Every request in order, including failed ones.
        told: Pieces of text consumed from all streams.
    """

    def __init__(self, answers: Sequence[Answer] | Callable[[ModelRequest], Answer], *, name: str = "scripted") -> None:
        self.name = name
        self.requests: list[ModelRequest] = []
        self.told = 0
        self._answers = answers

    async def complete(self, request: ModelRequest) -> ModelResponse:
        """The next answer.

        Raises:
            ModelError: `model.script-ended`: more calls than answers.
        """
        self.requests.append(request)
        answer = self._answer(request)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, str):
            answer = ModelResponse(text=answer, content=(TextBlock(text=answer),))
        return replace(answer, provider=self.name, model=answer.model or request.model)

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """The next answer, word by word."""
        response = await self.complete(request)
        for word in re.findall(r"\s*\S+\s*$|\s*\S+|\s+", response.text):
            self.told += 1
            yield TextDelta(text=word)
        yield StreamEnd(response=response)

    def _answer(self, request: ModelRequest) -> Answer:
        if callable(self._answers):
            return self._answers(request)
        if len(self.requests) > len(self._answers):
            what = f"{len(self.requests)} calls, but {len(self._answers)} scripted answers"
            raise ModelError("model.script-ended", what)
        return self._answers[len(self.requests) - 1]
