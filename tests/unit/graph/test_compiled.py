"""A graph as langgraph's own `CompiledStateGraph`: its state, its streams, its pauses, and who may end them."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from compound.errors import CompoundError, DataError
from compound.graph.bridge.compiled import compile_graph
from compound.spec import load_graph
from compound.testing.fakes import FakeServices
from tests.support.tracing import in_memory

PURE = """\
compound: graph/v1
name: pure
types: {Ticket: {id: str, body: str?}}
input: {ticket: Ticket, tone: enum(kind, dry)?}
output: {answer: $answer, tone: $input.tone?}
nodes:
  shout: {use: tool, tool: shout, in: {text: $input.ticket.id}, out: str}
  answer: {use: llm, model: writer, prompt: "say {{ text }}", in: {text: $shout}}
"""
REVIEWED = """\
compound: graph/v1
name: reviewed
input: {text: str}
output: {action: $review.action, both: $both}
nodes:
  draft: {use: llm, model: writer, prompt: "say {{ text }}", in: {text: $input.text}}
  review: {use: review, show: [$draft]}
  other: {use: review, show: [$draft, $input.text]}
  both: {use: tool, tool: shout, in: {text: $other.action}, out: str}
  send: {use: effect, tool: send, when: review.action == 'approve', in: {text: $draft}}
"""
THREAD: Any = {"configurable": {"thread_id": "t"}}


def world() -> FakeServices:
    return FakeServices(
        {"shout": lambda given: str(given["text"]).upper()}, models={"writer": lambda given: f"dear {given['text']}"}
    )


def app_of(text: str, services: FakeServices | None = None, **options: Any) -> CompiledStateGraph[Any, Any, Any, Any]:
    return compile_graph(load_graph(text, "g.yaml"), services or world(), **options)


async def code_of(work: Any) -> str:
    try:
        await work
    except CompoundError as error:
        return error.code
    return "nothing was raised"


def test_input_and_output_are_what_the_graph_declares_async_and_sync() -> None:
    app = app_of(PURE)
    wanted = {"answer": "dear A", "tone": None}
    assert isinstance(app, CompiledStateGraph)
    assert asyncio.run(app.ainvoke({"ticket": {"id": "a"}})) == wanted
    assert app.invoke({"ticket": {"id": "a"}}) == wanted

    async def inside() -> Any:
        return app.invoke({"ticket": {"id": "a"}})

    assert asyncio.run(inside()) == wanted, "also where a loop runs, as in a notebook"
    schema = app.get_input_jsonschema()
    assert schema["required"] == ["ticket"]
    assert schema["$defs"]["Ticket"]["required"] == ["id"]
    assert app.get_output_jsonschema()["properties"].keys() == {"answer", "tone"}


@pytest.mark.parametrize("given", [{}, {"ticket": {"id": 1}}, {"ticket": {"id": "a"}, "tome": "dry"}])
def test_an_input_that_does_not_fit_is_refused(given: Any) -> None:
    with pytest.raises(DataError) as caught:
        app_of(PURE).invoke(given)
    assert caught.value.code == "graph.bad-input"


def test_every_stream_mode_and_tokens_with_their_node() -> None:
    modes: Any = ["values", "updates", "messages", "custom", "tasks", "checkpoints", "debug"]

    async def read() -> list[tuple[str, Any]]:
        app = app_of(PURE, checkpointer=InMemorySaver())
        return [cast("Any", one) async for one in app.astream({"ticket": {"id": "a"}}, THREAD, stream_mode=modes)]

    chunks = asyncio.run(read())
    assert {mode for mode, _ in chunks} == set(modes)
    messages = [chunk for mode, chunk in chunks if mode == "messages"]
    assert "".join(str(message.content) for message, _ in messages).strip() == "dear A"
    assert {about["compound_node"] for _, about in messages} == {"answer"}
    assert [chunk["event"] for mode, chunk in chunks if mode == "custom"][:2] == ["node_started", "node_finished"]
    values = [chunk for mode, chunk in chunks if mode == "values"]
    assert values[-1] == {"ticket": {"id": "a"}, "answer": "dear A", "tone": None}
    shown = [chunk for mode, chunk in chunks if mode in {"values", "updates"}]
    assert "compound_run" not in str(shown), "what the engine keeps is not shown"


def test_nobody_listens_and_models_are_not_asked_for_pieces() -> None:
    services = world()
    asyncio.run(app_of(PURE, services).ainvoke({"ticket": {"id": "a"}}))
    assert len(services.fake_gateway.calls) == 1


def test_state_history_and_a_second_run_on_the_thread_begins_anew() -> None:
    async def play() -> None:
        app = app_of(PURE, checkpointer=InMemorySaver())
        await app.ainvoke({"ticket": {"id": "a"}, "tone": "dry"}, THREAD)
        assert (await app.aget_state(THREAD)).values["answer"] == "dear A"
        assert len([one async for one in app.aget_state_history(THREAD)]) >= 4
        second = await app.ainvoke({"ticket": {"id": "b"}}, THREAD)
        assert second == {"answer": "dear B", "tone": None}, "nothing of the run before is left"

    asyncio.run(play())


def test_only_the_decision_of_the_queue_ends_a_pause() -> None:
    services = world()

    async def play() -> None:
        app: Any = app_of(REVIEWED, services)
        paused = await app.ainvoke({"text": "x"}, THREAD)
        first, second = paused["__interrupt__"]
        items = {one.value["node"]: (one.id, one.value["review_id"]) for one in (first, second)}
        for raw in ("yes", True, {"decision_id": "made up"}, {"action": "approve"}):
            assert await code_of(app.ainvoke(Command(resume={items["review"][0]: raw}), THREAD)) == "graph.not-decided"
        assert await code_of(app.ainvoke(Command(resume="yes"), THREAD)) == "graph.resume-refused"
        assert await code_of(app.ainvoke(Command(goto="send"), THREAD)) == "graph.command-refused"
        assert await code_of(app.ainvoke({"text": "y"}, THREAD)) == "graph.run-waiting"
        assert await code_of(app.decided(THREAD)) == "graph.not-decided"
        services.fake_reviews.decide(items["review"][1], "approve")
        wrong = {items["review"][0]: {"decision_id": "another"}}
        assert await code_of(app.ainvoke(Command(resume=wrong), THREAD)) == "graph.resume-refused"
        assert services.fake_outbox.sent == []
        still = await app.ainvoke(await app.decided(THREAD), THREAD)
        assert [one.value["node"] for one in still["__interrupt__"]] == ["other"]
        services.fake_reviews.decide(items["other"][1], "reject")
        stored = services.fake_reviews.decisions[items["other"][1]].decision_id
        done = await app.ainvoke(Command(resume={"decision_id": stored}), THREAD)
        assert done == {"action": "approve", "both": "REJECT"}
        assert services.fake_outbox.sent == [("send", {"text": "dear x"})]
        assert len(services.fake_gateway.calls) == 1, "what was paid before the pause is not paid again"
        assert await code_of(app.ainvoke(Command(resume="yes"), THREAD)) == "graph.nothing-waits"

    asyncio.run(play())


def test_a_copy_asks_the_queue_too() -> None:
    """langgraph's server copies the graph, to give it a checkpointer of its own."""

    async def play() -> None:
        app: Any = app_of(REVIEWED).copy({"checkpointer": InMemorySaver()})
        await app.ainvoke({"text": "x"}, THREAD)
        assert await code_of(app.ainvoke(Command(resume="yes"), THREAD)) == "graph.resume-refused"

    asyncio.run(play())


def test_a_decision_made_up_in_the_state_sends_nothing() -> None:
    services = world()

    async def play() -> str:
        app: Any = app_of(REVIEWED, services)
        await app.ainvoke({"text": "x"}, THREAD)
        value = {"action": "approve", "review_id": "none", "decision_id": "none", "versions": {}}
        forged = {"outcomes": {"review": {"status": "ok", "value": value}}}
        await app.aupdate_state(THREAD, {"compound_run": forged}, as_node="review")
        return await code_of(app.ainvoke(None, THREAD))

    asyncio.run(play())
    assert services.fake_outbox.sent == []


def test_failures_raise_with_our_code_and_spans_are_written() -> None:
    store, recorder = in_memory()
    services = world()
    app = app_of(PURE, services, recorder=recorder)
    asyncio.run(app.ainvoke({"ticket": {"id": "a"}}))

    def never(_given: Any) -> Any:
        raise DataError("desk.no", "no")

    services.functions["shout"] = never
    with pytest.raises(CompoundError) as caught:
        asyncio.run(app.ainvoke({"ticket": {"id": "a"}}))
    assert caught.value.code == "desk.no"
    recorder.flush()
    names = [row[0] for row in store.sql("select name from spans where name like 'node %' order by name").rows]
    recorder.close()
    assert names.count("node answer") == 2
    assert names.count("node shout") == 2
