"""A run as a stream: what is told, in which order, how fast, and what a listener who leaves stops."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import anyio
import pytest

from compound.errors import DataError, ModelError
from compound.graph import (
    EffectSent,
    Engine,
    NodeFailed,
    NodeFinished,
    NodeSkipped,
    NodeStarted,
    ReviewOpened,
    RunEvent,
    RunFinished,
    RunStarted,
    Token,
    TokensVoid,
)
from compound.graph.port.services import Gateway as GatewayPort
from compound.graph.run.events import event_json
from compound.model import ModelRequest, ScriptedProvider, StreamEvent
from compound.model.call.retry import RetryPolicy
from compound.model.gateway.gateway import Gateway
from compound.model.gateway.journal import MemoryJournal
from compound.model.gateway.route import Route
from compound.spec import load_graph
from compound.testing.fakes import FakeServices

FLOW = """\
compound: graph/v1
name: flow
input: {text: str}
output: {loud: $loud, both: $both?}
nodes:
  loud: {use: tool, tool: shout, in: {text: $input.text}, out: str}
  never: {use: tool, tool: shout, when: "input.text == 'no'", in: {text: $loud}, out: str}
  both: {use: tool, tool: shout, in: {text: $never}, out: str}
  rounds:
    repeat: {max: 2}
    nodes: {inner: {use: tool, tool: shout, in: {text: $loud}, out: str}}
"""
WRITE = """\
compound: graph/v1
name: write
input: {text: str}
output: {second: $second}
nodes:
  first: {use: llm, model: writer, prompt: "one {{ text }}", in: {text: $input.text}}
  second: {use: llm, model: writer, prompt: "two {{ text }}", in: {text: $first}}
"""
REVIEWED = """\
compound: graph/v1
name: reviewed
input: {text: str}
output: {action: $review.action}
nodes:
  review: {use: review, queue: support, show: [$input.text]}
  send: {use: effect, tool: send, when: review.action == 'approve', in: {text: $input.text}}
"""


class Services(FakeServices):
    """Fakes beside a real gateway."""

    def __init__(self, provider: Any, journal: MemoryJournal | None = None) -> None:
        super().__init__({"shout": lambda given: str(given["text"]).upper()})
        policy = RetryPolicy(sleep=anyio.sleep, first_wait_s=0.001)
        self.door = Gateway(
            {"writer": Route(provider=provider, model="w")}, journal=journal or MemoryJournal(), retry=policy
        )

    @property
    def gateway(self) -> GatewayPort:
        return self.door


async def told(text: str, world: FakeServices, given: dict[str, Any], **options: Any) -> list[RunEvent]:
    async with Engine(load_graph(text, "g.yaml"), world) as engine:
        return [event async for event in engine.stream(given, run_id="r", **options)]


def line(event: RunEvent) -> str:
    return " ".join([event.event, *([event.node] if hasattr(event, "node") else [])])  # pyright: ignore[reportAttributeAccessIssue]


def test_nodes_are_told_as_they_start_end_and_are_skipped() -> None:
    events = asyncio.run(told(FLOW, Services(None), {"text": "hi"}))
    assert [line(event) for event in events][:3] == ["run_started", "node_started loud", "node_finished loud"]
    assert sorted(line(event) for event in events[3:-1]) == sorted(
        ["node_skipped never", "node_skipped both", "node_started rounds", "node_finished rounds"]
        + [f"node_{what} rounds[{n}].inner" for n in (1, 2) for what in ("started", "finished")]
    )
    assert events[2] == NodeFinished(node="loud", kind="tool", value="HI")
    end = events[-1]
    assert isinstance(end, RunFinished)
    assert (end.status, end.output) == ("done", {"loud": "HI", "both": None})
    assert [json.dumps(event_json(event)) for event in events], "every event is JSON"
    assert event_json(events[0]) == {"event": "run_started", "run_id": "r", "graph": "flow"}


def test_a_failure_is_told_and_what_it_blocks() -> None:
    world = Services(ScriptedProvider([ModelError("model.auth", "no key")]))
    events = asyncio.run(told(WRITE, world, {"text": "x"}))
    failed, blocked, end = events[-3:]
    assert isinstance(failed, NodeFailed)
    assert failed.error["code"] == "model.auth"
    assert blocked == NodeSkipped(node="second", kind="llm", reason="first failed")
    assert isinstance(end, RunFinished)
    assert (end.status, end.error and end.error["code"]) == ("failed", "model.auth")


def test_a_run_that_cannot_start_raises_and_tells_nothing() -> None:
    with pytest.raises(DataError) as caught:
        asyncio.run(told(WRITE, Services(ScriptedProvider([])), {"txt": "x"}))
    assert caught.value.code == "graph.bad-input"


def test_tokens_come_word_by_word_and_from_the_journal_in_one_piece() -> None:
    provider, journal = ScriptedProvider(["Dear  Ann,", "see you\nsoon"]), MemoryJournal()
    first = asyncio.run(told(WRITE, Services(provider, journal), {"text": "x"}))
    assert [event for event in first if isinstance(event, Token)] == [
        Token(node="first", text="Dear"),
        Token(node="first", text="  Ann,"),
        Token(node="second", text="see"),
        Token(node="second", text=" you"),
        Token(node="second", text="\nsoon"),
    ]
    again = asyncio.run(told(WRITE, Services(provider, journal), {"text": "x"}))
    assert [event.text for event in again if isinstance(event, Token)] == ["Dear  Ann,", "see you\nsoon"]
    assert len(provider.requests) == 2


def test_a_streamed_run_and_a_plain_one_share_their_journal() -> None:
    provider, journal = ScriptedProvider(["a b", "c d"]), MemoryJournal()

    async def plain() -> Any:
        async with Engine(load_graph(WRITE, "g"), Services(provider, journal)) as engine:
            return await engine.run({"text": "x"}, run_id="r")

    streamed = asyncio.run(told(WRITE, Services(provider, journal), {"text": "x"}))[-1]
    assert asyncio.run(plain()).output == {"second": "c d"}
    assert isinstance(streamed, RunFinished)
    assert streamed.output == {"second": "c d"}
    assert len(provider.requests) == 2, "nothing is paid twice"


class Cut(ScriptedProvider):
    """Breaks off in the middle of its first answer."""

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        async for event in super().stream(request):
            yield event
            if len(self.requests) == 1:
                raise ModelError("model.broken-stream", "cut", retryable=True)


def test_what_broke_off_or_did_not_fit_is_void() -> None:
    events = asyncio.run(told(WRITE, Services(Cut(["one two", "one two", "x"])), {"text": "x"}))
    assert [event.text if isinstance(event, Token) else "|" for event in events if isinstance(event, Token | TokensVoid)] == [
        "one", "|", "one", " two", "x",
    ]  # fmt: skip
    typed = WRITE.replace("in: {text: $first}", "in: {text: $first}, out: {n: int}")
    events = asyncio.run(told(typed, Services(ScriptedProvider(["x", "no", '{"n": 1}'])), {"text": "x"}))
    assert [event.text if isinstance(event, Token) else "|" for event in events if isinstance(event, Token | TokensVoid)] == [
        "x", "no", "|", '{"n":', " 1}",
    ]  # fmt: skip


def test_a_slow_reader_slows_the_model_and_nothing_piles_up() -> None:
    provider = ScriptedProvider([" ".join(["word"] * 500), "end"])
    ahead: list[int] = []

    async def play() -> None:
        read = 0
        async with Engine(load_graph(WRITE, "g"), Services(provider)) as engine:
            async for event in engine.stream({"text": "x"}, run_id="r", buffer=4):
                if isinstance(event, Token):
                    read += 1
                    for _ in range(20):
                        await asyncio.sleep(0)
                    ahead.append(provider.told - read)

    asyncio.run(play())
    assert len(ahead) == 501
    assert max(ahead) <= 4 + 2, "the buffer, and the pieces in the hands of model and reader"


class Endless:
    """A model that never stops by itself, and knows whether it was hung up on."""

    name = "scripted"

    def __init__(self) -> None:
        self.calls = 0
        self.hung_up = 0
        self.second = asyncio.Event()

    async def complete(self, request: ModelRequest) -> Any:
        raise AssertionError(request)

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        self.calls += 1
        if self.calls == 1:
            async for event in ScriptedProvider(["short"]).stream(request):
                yield event
            return
        self.second.set()
        try:
            while True:
                await asyncio.sleep(0)
                async for event in ScriptedProvider(["more"]).stream(request):
                    if event.__class__.__name__ == "TextDelta":
                        yield event
        finally:
            self.hung_up += 1


@pytest.mark.parametrize("how", ["break", "aclose", "cancel", "timeout"])
def test_a_listener_who_leaves_hangs_up_and_what_was_finished_stays_paid(how: str) -> None:
    provider, journal = Endless(), MemoryJournal()

    async def listen(events: AsyncGenerator[RunEvent]) -> None:
        seen = 0
        async for event in events:
            seen += isinstance(event, Token) and event.node == "second"
            if seen == 5:
                if how in {"break", "aclose"}:
                    return
                await asyncio.sleep(3600 if how == "cancel" else 0)

    async def play() -> None:
        async with Engine(load_graph(WRITE, "g"), Services(provider, journal)) as engine:
            events = engine.stream({"text": "x"}, run_id="r")
            if how == "cancel":
                task = asyncio.ensure_future(listen(events))
                await provider.second.wait()
                await asyncio.sleep(0.02)
                task.cancel()
                await asyncio.wait([task])
                await events.aclose()
            elif how == "timeout":
                with anyio.move_on_after(0.2):
                    async with aclosing(events):
                        await listen(events)
            elif how == "aclose":
                await listen(events)
                await events.aclose()
            else:
                await listen(events)
                del events
                await asyncio.sleep(0.05)
            assert provider.hung_up == 1
            before = provider.calls
            await asyncio.sleep(0.05)
            assert provider.calls == before == 2, "nothing more is called"

    asyncio.run(play())
    again = ScriptedProvider(["the end"])
    events = asyncio.run(told(WRITE, Services(again, journal), {"text": "x"}))
    assert isinstance(events[-1], RunFinished)
    assert (events[-1].status, events[-1].output) == ("done", {"second": "the end"})
    assert len(again.requests) == 1, "the first call had finished: it is answered from the journal"


def test_a_review_is_told_and_its_resume_tells_the_effect() -> None:
    world = FakeServices()

    async def play() -> tuple[list[RunEvent], list[RunEvent]]:
        async with Engine(load_graph(REVIEWED, "g"), world) as engine:
            first = [event async for event in engine.stream({"text": "x"}, run_id="r")]
            world.fake_reviews.decide("r/review", "approve")
            return first, [event async for event in engine.stream_resume("r")]

    first, second = asyncio.run(play())
    assert first == [
        RunStarted(run_id="r", graph="reviewed"),
        ReviewOpened(node="review", review_id="r/review", queue="support"),
        RunFinished(run_id="r", status="waiting_review", output=None, review_ids=("r/review",)),
    ]
    assert [line(event) for event in second] == [
        "run_started",
        "node_finished review",
        "effect_sent send",
        "node_finished send",
        "run_finished",
    ]
    sent = second[2]
    assert isinstance(sent, EffectSent)
    assert (sent.effect, sent.status) == ("send", "sent")
    assert NodeStarted(node="x", kind="tool").event == "node_started"
