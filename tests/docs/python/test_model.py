"""Examples: models and who answers them."""


def test_a_provider() -> None:
    """model.Provider, model.ProviderSetup, model.ModelRequest, model.ModelResponse, model.TextBlock,
    model.StreamEvent, model.TextDelta, model.StreamEnd, testing.check_provider"""
    from collections.abc import AsyncIterator

    from compound import testing
    from compound.model import (
        ModelRequest,
        ModelResponse,
        Provider,
        ProviderSetup,
        StreamEnd,
        StreamEvent,
        TextBlock,
        TextDelta,
    )

    class Parrot:
        """Repeats the last message."""

        name = "parrot"

        async def complete(self, request: ModelRequest) -> ModelResponse:
            said = request.messages[-1].content
            text = said if isinstance(said, str) else "".join(one.text for one in said if isinstance(one, TextBlock))
            return ModelResponse(text=text, content=(TextBlock(text=text),), provider=self.name, model=request.model)

        async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
            response = await self.complete(request)
            yield TextDelta(text=response.text)
            yield StreamEnd(response=response)

    def provider(setup: ProviderSetup) -> Provider:
        """In connectors/parrot.py; `provider: parrot` in connectors/models.yaml chooses it."""
        del setup
        return Parrot()

    testing.check_provider(Parrot)
    assert callable(provider)


def test_pieces_of_a_stream() -> None:
    """model.ThinkingDelta, model.ToolDelta, model.StreamAlive, model.StreamRestart"""
    from compound.model import StreamAlive, StreamEvent, StreamRestart, TextDelta, ThinkingDelta, ToolDelta

    def shown(events: list[StreamEvent]) -> str:
        """The text that a person has seen after these events."""
        text = ""
        for event in events:
            match event:
                case TextDelta(text=more):
                    text += more
                case StreamRestart():
                    text = ""
                case ThinkingDelta() | ToolDelta() | StreamAlive() | _:
                    pass
        return text

    assert shown([TextDelta(text="He"), StreamRestart(), StreamAlive(), TextDelta(text="Hello")]) == "Hello"


def test_tools_of_a_model() -> None:
    """model.Message, model.ToolSchema, model.ToolCall, model.ToolResult, model.ThinkingBlock, model.NativeBlock"""
    from compound.model import Message, ModelRequest, NativeBlock, ThinkingBlock, ToolCall, ToolResult, ToolSchema

    weather = ToolSchema(name="weather", description="Now", parameters={"type": "object", "properties": {}})
    asked = ToolCall(id="1", name="weather", arguments={})
    request = ModelRequest(
        model="writer",
        tools=(weather,),
        messages=(
            Message(role="user", content="Must I water?"),
            Message(role="assistant", content=(ThinkingBlock(text="Look first.", signature="s"), asked)),
            Message(
                role="user", content=(ToolResult(call_id="1", content="rain"), NativeBlock(data={"type": "image"}))
            ),
        ),
    )
    assert len(request.messages) == 3


def test_usage() -> None:
    """model.Usage, model.BilledStep"""
    from compound.model import BilledStep, Usage

    usage = Usage(input_tokens=900, output_tokens=40, cache_read_tokens=800)
    assert usage.billed == (BilledStep(input_tokens=900, output_tokens=40, cache_read_tokens=800),)


def test_a_script() -> None:
    """model.ScriptedProvider"""
    import asyncio

    from compound.model import Message, ModelRequest, ScriptedProvider

    provider = ScriptedProvider(["Hello", "Bye"])
    request = ModelRequest(model="writer", messages=(Message(role="user", content="Hi"),))
    assert asyncio.run(provider.complete(request)).text == "Hello"
    assert provider.requests == [request]


def test_a_recording() -> None:
    """testing.RecordedProvider, model.AnthropicProvider, model.LangchainProvider"""
    from pathlib import Path

    from langchain_core.language_models import FakeListChatModel

    from compound import testing
    from compound.model import AnthropicProvider, LangchainProvider

    def recorded(file: Path, key: str) -> testing.RecordedProvider:
        """Asks Anthropic once for each request; without a key it answers only from the file."""
        return testing.RecordedProvider(file, AnthropicProvider(api_key=key) if key else None)

    assert recorded(Path("tests/answers.jsonl"), "").name == "recorded"
    assert LangchainProvider(FakeListChatModel(responses=["Hello"])).name == "langchain"
