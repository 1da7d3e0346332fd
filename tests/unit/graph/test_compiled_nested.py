"""A compiled graph as a node of somebody else's langgraph graph: pauses, resumes once, streams its events."""

from __future__ import annotations

import asyncio
import operator
from dataclasses import dataclass
from typing import Annotated, Any, TypedDict

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command

from compound.graph.bridge.compiled import compile_graph
from compound.spec import load_graph
from compound.testing.fakes import FakeServices

REVIEWED = """\
compound: graph/v1
name: reviewed
input: {text: str}
output: {action: $review.action, sent: $send?}
nodes:
  draft: {use: llm, model: writer, prompt: "say {{ text }}", in: {text: $input.text}}
  review: {use: review, show: [$draft]}
  send: {use: effect, tool: send, when: review.action == 'approve', in: {text: $draft}}
"""
THREAD: Any = {"configurable": {"thread_id": "outer"}}


class Outer(TypedDict):
    """State of the foreign graph: it shares names with the inner one."""

    text: str
    action: str
    sent: Any
    steps: Annotated[list[str], operator.add]


def world() -> FakeServices:
    return FakeServices(models={"writer": lambda given: f"dear {given['text']}"})


def outer(services: FakeServices, *, wrapped: bool = False, own_saver: bool = False) -> Any:
    saver = InMemorySaver() if own_saver else None
    inner: Any = compile_graph(load_graph(REVIEWED, "g.yaml"), services, checkpointer=saver)

    async def call(state: Outer) -> dict[str, Any]:
        return dict(await inner.ainvoke({"text": state["text"]}))

    def before(state: Outer) -> dict[str, Any]:
        return {"text": state["text"] + "!", "steps": ["before"]}

    def after(state: Outer) -> dict[str, Any]:
        return {"steps": [f"after {state['action']}"]}

    builder = StateGraph(Outer)
    builder.add_node("before", before)
    builder.add_node("desk", call if wrapped else inner)
    builder.add_node("after", after)
    for one, other in ((START, "before"), ("before", "desk"), ("desk", "after"), ("after", END)):
        builder.add_edge(one, other)
    return builder.compile(checkpointer=InMemorySaver())


def decide(services: FakeServices, item: str, action: str) -> Command[Any]:
    """The person decides; what the outer graph is resumed with."""
    services.fake_reviews.decide(item, action)
    return Command(resume={"decision_id": services.fake_reviews.decisions[item].decision_id})


def item_of(paused: Any) -> str:
    (one,) = paused["__interrupt__"]
    return str(one.value["review_id"])


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("own_saver", [False, True])
def test_the_outer_graph_pauses_and_its_command_goes_on_once(wrapped: bool, own_saver: bool) -> None:
    services = world()

    async def play() -> Any:
        app = outer(services, wrapped=wrapped, own_saver=own_saver)
        paused = await app.ainvoke({"text": "x"}, THREAD)
        item = item_of(paused)
        assert services.fake_outbox.sent == []
        command = decide(services, item, "approve")
        return await app.ainvoke(command, THREAD)

    done = asyncio.run(play())
    assert (done["action"], done["steps"]) == ("approve", ["before", "after approve"])
    assert services.fake_outbox.sent == [("send", {"text": "dear x!"})]
    assert len(services.fake_gateway.calls) == 1


def test_what_the_outer_graph_says_is_not_the_decision() -> None:
    services = world()

    async def play() -> Any:
        app = outer(services)
        item = item_of(await app.ainvoke({"text": "x"}, THREAD))
        for raw in ("yes", {"decision_id": "made up"}, {"action": "approve"}):
            again = await app.ainvoke(Command(resume=raw), THREAD)
            assert item_of(again) == item, "it waits on for the same person"
        assert services.fake_outbox.sent == []
        command = decide(services, item, "reject")
        return await app.ainvoke(command, THREAD)

    assert asyncio.run(play())["action"] == "reject"
    assert services.fake_outbox.sent == []


def test_it_works_without_a_loop_too() -> None:
    services = world()
    app = outer(services)
    item = item_of(app.invoke({"text": "x"}, THREAD))
    command = decide(services, item, "approve")
    assert app.invoke(command, THREAD)["action"] == "approve"
    assert len(services.fake_outbox.sent) == 1


@pytest.mark.parametrize("wrapped", [False, True])
def test_streams_of_the_outer_graph_show_the_inner_events(wrapped: bool) -> None:
    services = world()

    async def play() -> tuple[list[Any], list[Any]]:
        app = outer(services, wrapped=wrapped)
        modes = ["custom", "messages", "updates"]
        first = [one async for one in app.astream({"text": "x"}, THREAD, stream_mode=modes, subgraphs=True)]
        (item,) = services.fake_reviews.requests
        command = decide(services, item, "approve")
        return first, [one async for one in app.astream(command, THREAD, stream_mode=modes, subgraphs=True)]

    first, second = asyncio.run(play())

    def custom(chunks: list[Any]) -> list[str]:
        return [data["event"] for place, mode, data in chunks if mode == "custom" and place]

    assert "node_started" in custom(first)
    assert "token" in custom(first)
    assert "review_opened" in custom(first)
    assert "effect_sent" in custom(second)
    said = "".join(str(data[0].content) for _, mode, data in first if mode == "messages")
    assert said.strip() == "dear x!"
    assert any(mode == "updates" and not place for place, mode, _ in second)


def test_events_of_the_outer_graph_hold_the_tokens() -> None:
    services = world()

    async def play() -> list[Any]:
        app = outer(services)
        return [event async for event in app.astream_events({"text": "x"}, THREAD, version="v2")]

    events = asyncio.run(play())
    tokens = [event["data"]["chunk"].content for event in events if event["event"] == "on_chat_model_stream"]
    assert "".join(tokens).strip() == "dear x!"
    names = {event["name"] for event in events if event["event"] == "on_chain_start"}
    assert {"before", "desk"} <= names


def test_the_outer_state_shows_where_it_waits() -> None:
    services = world()

    async def play() -> Any:
        app = outer(services)
        await app.ainvoke({"text": "x"}, THREAD)
        return await app.aget_state(THREAD, subgraphs=True)

    snapshot = asyncio.run(play())
    (task,) = snapshot.tasks
    assert task.name == "desk"
    assert task.interrupts[0].value["node"] == "review"


def test_two_rounds_on_one_outer_thread() -> None:
    services = world()

    async def play() -> list[str]:
        app, actions = outer(services), []
        for text, action in (("x", "approve"), ("y", "reject")):
            item = item_of(await app.ainvoke({"text": text}, THREAD))
            command = decide(services, item, action)
            done = await app.ainvoke(command, THREAD)
            actions.append(done["action"])
        return actions

    assert asyncio.run(play()) == ["approve", "reject"]
    assert services.fake_outbox.sent == [("send", {"text": "dear x!"})]


def test_an_outer_state_may_be_an_object() -> None:
    services = world()
    inner: Any = compile_graph(load_graph(REVIEWED, "g.yaml"), services)

    async def play() -> Any:
        builder = StateGraph(OuterRecord)
        builder.add_node("desk", inner)
        builder.add_edge(START, "desk")
        app: Any = builder.compile(checkpointer=InMemorySaver())
        item = item_of(await app.ainvoke({"text": "x"}, THREAD))
        return await app.ainvoke(decide(services, item, "approve"), THREAD)

    assert asyncio.run(play())["action"] == "approve"


@dataclass
class OuterRecord:
    """A state that is no dictionary."""

    text: str
    action: str | None = None
