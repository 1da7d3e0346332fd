"""A message joins its conversation whatever starts its run: a command, a batch, MCP, a compiled graph, a stream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from compound.project import Project, compiled_graph
from compound.project.serve.mcp_server import graph_server
from tests.project.conversations.helpline import DIRECT, GRAPH, answers, batch, did, helpline, letter, shown, statuses
from tests.project.conversations.test_recall import UNDO
from tests.project.keys.table import Place

THREAD = ("received_at: str?}", "received_at: str?, thread: str?, in_reply_to: str?}")
FILES = {"graphs/answer.yaml": GRAPH.replace(*THREAD), "graphs/direct.yaml": DIRECT.replace(*THREAD)}

Enter = Callable[[Project, str, Mapping[str, object]], None]


def by_mcp(project: Project, graph: str, given: Mapping[str, object]) -> None:
    async def call() -> None:
        async with graph_server(project, [graph]) as server, Client(server) as client:
            answer = await client.call_tool(graph, {"letter": dict(given)})
            assert not answer.is_error, answer

    asyncio.run(call())


def by_compile(project: Project, graph: str, given: Mapping[str, object]) -> None:
    async def invoke() -> None:
        await project.compile(graph).ainvoke({"letter": dict(given)}, {"configurable": {"thread_id": str(given["id"])}})

    asyncio.run(invoke())


def by_sync_compile(project: Project, graph: str, given: Mapping[str, object]) -> None:
    project.compile(graph).invoke({"letter": dict(given)}, {"configurable": {"thread_id": "1"}})


def by_server(project: Project, graph: str, given: Mapping[str, object]) -> None:
    """As langgraph's server runs the module that `compound langgraph` writes; it keeps the state itself."""
    from langgraph.checkpoint.memory import InMemorySaver

    app = compiled_graph(graph, project.settings.root)
    app.checkpointer = InMemorySaver()
    asyncio.run(app.ainvoke({"letter": dict(given)}, {"configurable": {"thread_id": "1"}}))


def by_stream(project: Project, graph: str, given: Mapping[str, Any]) -> None:
    async def read() -> None:
        async for _ in project.stream(graph, {"letter": dict(given)}):
            pass

    asyncio.run(read())


def by_engine(project: Project, graph: str, given: Mapping[str, Any]) -> None:
    async def run() -> None:
        async with project.engine(graph) as engine:
            await engine.run({"letter": dict(given)}, run_id=f"run of {given['id']}")

    asyncio.run(run())


def by_python(project: Project, graph: str, given: Mapping[str, Any]) -> None:
    project.run(graph, {"letter": dict(given)})


def by_input(project: Project, graph: str, given: Mapping[str, object]) -> None:
    place = Place(project.settings.root)
    did(place.say("run", graph, "--input", json.dumps({"letter": given})))


def by_rows(project: Project, graph: str, given: Mapping[str, object]) -> None:
    place = Place(project.settings.root)
    columns = [name for name in given if given[name] is not None]
    lines = [",".join(columns), ",".join(str(given[name]) for name in columns)]
    place.write({f"{given['id']}.csv": "\n".join(lines) + "\n"})
    did(place.say("batch", graph, "--from", str(place.root / f"{given['id']}.csv")))


ENTRANCES = (*(by_mcp, by_compile, by_sync_compile, by_server, by_stream, by_engine, by_python, by_input, by_rows),)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return helpline(tmp_path, FILES)


def enter(place: Place, by: Enter, graph: str, given: Mapping[str, object]) -> None:
    with place.open() as project:
        by(project, graph, given)


@pytest.mark.parametrize("by", ENTRANCES)
def test_a_message_makes_what_waits_in_its_thread_stale(place: Place, by: Enter) -> None:
    batch(place, letter("m-1", "No water."))
    enter(place, by, "answer", letter("m-2", "Still none.", thread="m-1"))
    assert statuses(place) == {"m-1": "stale", "m-2": "pending"}
    assert shown(place, "m-2")["draft"] == "Re Still none. | customer m-1: No water."
    assert "m-2" in place.say("review", "approve", "m-1").err


@pytest.mark.parametrize("by", ENTRANCES)
def test_a_message_is_known_to_the_next_one_of_its_thread(place: Place, by: Enter) -> None:
    enter(place, by, "answer", letter("m-1", "No water."))
    assert statuses(place) == {"m-1": "pending"}
    batch(place, letter("m-2", "Still none.", in_reply_to="m-1"))
    assert statuses(place) == {"m-1": "stale", "m-2": "pending"}
    assert shown(place, "m-2")["draft"] == "Re Still none. | customer m-1: No water."


@pytest.mark.parametrize("by", [by_mcp, by_compile, by_stream])
def test_a_graph_without_a_review_registers_its_message(place: Place, by: Enter) -> None:
    batch(place, letter("m-1", "No water."))
    enter(place, by, "direct", letter("m-2", "Still none.", in_reply_to="m-1"))
    assert statuses(place) == {"m-1": "stale"}
    assert answers(place) == [("m-2", "Re Still none. | customer m-1: No water.")]


@pytest.mark.parametrize("by", [by_mcp, by_compile, by_stream, by_input])
def test_a_message_recalls_a_reply_that_can_still_be_undone(tmp_path: Path, by: Enter) -> None:
    graph = UNDO["graphs/answer.yaml"].replace(*THREAD)
    place = helpline(tmp_path, {**UNDO, **FILES, "graphs/answer.yaml": graph})
    batch(place, letter("m-1", "No water."))
    did(place.say("review", "approve", "m-1"))
    enter(place, by, "answer", letter("m-2", "It runs again.", in_reply_to="m-1"))
    assert statuses(place) == {"m-1": "stale", "m-2": "pending"}


def test_a_caller_can_name_the_conversation_of_a_graph_that_declares_no_thread(tmp_path: Path) -> None:
    place = helpline(tmp_path)
    batch(place, letter("m-1", "No water."))
    message = {"mailbox": "inbox", "in_reply_to": "m-1"}

    async def both(project: Project) -> None:
        async for _ in project.stream("direct", {"letter": letter("m-2", "Two.")}, message=message):  # pyright: ignore[reportArgumentType]
            pass
        config: Any = {"configurable": {"thread_id": "1", "compound_message": {**message, "in_reply_to": "m-2"}}}
        await project.compile("direct").ainvoke({"letter": letter("m-3", "Three.")}, config)

    with place.open() as project:
        asyncio.run(both(project))
    assert [name for name, _ in answers(place)] == ["m-2", "m-3"]
    assert statuses(place) == {"m-1": "stale"}
    assert "customer m-1: No water." in answers(place)[1][1]


def test_a_compiled_run_that_only_resumes_arrives_once(place: Place) -> None:
    """A resumed run is no new message: what waits for it stays."""

    async def both(project: Project) -> None:
        app = project.compile("answer")
        config: Any = {"configurable": {"thread_id": "1"}}
        await app.ainvoke({"letter": letter("m-1", "No water.")}, config)
        project.reviews().decide("m-1", "approve", user="nora")
        await app.ainvoke(await app.decided(config), config)  # pyright: ignore[reportAttributeAccessIssue]

    with place.open() as project:
        asyncio.run(both(project))
    assert answers(place) == [("m-1", "Re No water.")]


def test_what_is_no_message_joins_no_conversation(place: Place) -> None:
    """A draft that is only looked at, a letter of an unknown mailbox, an item without a text."""
    batch(place, letter("m-1"))
    with place.open() as project:
        project.run("answer", {"letter": letter("m-2", thread="m-1")}, draft=True)  # pyright: ignore[reportArgumentType]
    assert statuses(place) == {"m-1": "pending"}
    place.write({"connectors/second.yaml": "compound: mailbox/v1\n"})
    enter(place, by_python, "answer", letter("m-3", thread="m-1"))
    assert statuses(place) == {"m-1": "pending", "m-3": "pending"}
