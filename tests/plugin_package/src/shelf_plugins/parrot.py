"""A provider of models that repeats the prompt."""

from __future__ import annotations

from collections.abc import AsyncIterator

from compound.model import ModelRequest, ModelResponse, ProviderSetup, StreamEnd, StreamEvent, TextBlock, TextDelta


class Parrot:
    """Repeats the last message, with the word that its options name before it."""

    name = "parrot"

    def __init__(self, setup: ProviderSetup) -> None:
        self._word = str(setup.options.get("word", ""))

    async def complete(self, request: ModelRequest) -> ModelResponse:
        """The prompt."""
        blocks = request.messages[-1].content
        said = blocks if isinstance(blocks, str) else "".join(one.text for one in blocks if isinstance(one, TextBlock))
        text = f"{self._word} {said}".strip()
        return ModelResponse(text=text, content=(TextBlock(text=text),), provider=self.name, model=request.model)

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """The same, in one piece."""
        response = await self.complete(request)
        yield TextDelta(text=response.text)
        yield StreamEnd(response=response)


def open_parrot(setup: ProviderSetup) -> Parrot:
    """The entry point."""
    return Parrot(setup)
