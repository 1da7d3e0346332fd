"""A project's graph with a review as a node of somebody else's langgraph graph, decided from the command line."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, TypedDict

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import Command

from compound.project import Project
from tests.contract.anthropic.replay_server import ReplayServer
from tests.support.forked import PYTHON, run_forked
from tests.support.models.model_projects import FREE_TEXT, model_project, reply

GRAPH = FREE_TEXT.replace(
    "output: {answer: $answer}",
    "  review: {use: review, show: [$answer]}\noutput: {answer: $answer, action: $review.action}",
)


class State(TypedDict):
    """Of the outer graph."""

    question: str
    answer: str
    action: str


def test_it_is_decided_in_the_queue_and_goes_on_once(tmp_path: Path) -> None:
    with ReplayServer() as server:
        project = Project.open(model_project(tmp_path, server.url, graph=GRAPH))
        server.play(reply("Hello"), reply("twice"))
        builder = StateGraph(State)
        builder.add_node("desk", project.compile())
        builder.add_edge(START, "desk")
        app: Any = builder.compile(checkpointer=InMemorySaver())
        thread = {"configurable": {"thread_id": "t"}}

        paused = asyncio.run(app.ainvoke({"question": "Hi"}, thread))
        item = paused["__interrupt__"][0].value["review_id"]
        command = [PYTHON, "-m", "compound", "review", "approve", item, "--user", "ann"]
        decided = run_forked(command, cwd=tmp_path)
        assert decided.returncode == 0, decided.stderr
        done = asyncio.run(app.ainvoke(Command(resume="go on"), thread))
        project.close()
        assert (done["answer"], done["action"], len(server.seen)) == ("Hello", "approve", 1)
