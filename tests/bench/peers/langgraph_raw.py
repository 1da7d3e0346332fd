"""langgraph by hand: a typed state, one node a step, no checkpoints, no traces; every function asynchronous.

An asynchronous route matters: langgraph runs a synchronous one in a thread, which would cost it more.
"""
# pyright: basic, reportMissingImports=false

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph

from tests.bench.peers import steps
from tests.bench.peers.process import Plain


class State(TypedDict, total=False):
    """What the nodes share."""

    number: int
    text: str
    length: int
    kind: str
    plan: str
    passages: list[str]
    orders: list[dict[str, Any]]
    reply: str
    holds: bool


async def route(state: State) -> str:
    """Which side of the branch."""
    return state.get("kind", "")


def build() -> Any:
    """The compiled graph; node names differ from the keys of the state, as langgraph wants it."""
    graph: Any = StateGraph(State)
    for name in ("measure", "sort", "brief", "thorough", "passages", "orders", "write", "prove"):
        graph.add_node(f"do_{name}", getattr(steps, name))
    graph.add_edge(START, "do_measure")
    graph.add_edge("do_measure", "do_sort")
    graph.add_conditional_edges("do_sort", route, {"brief": "do_brief", "thorough": "do_thorough"})
    for side in ("do_brief", "do_thorough"):
        graph.add_edge(side, "do_passages")
        graph.add_edge(side, "do_orders")
    graph.add_edge(["do_passages", "do_orders"], "do_write")
    graph.add_edge("do_write", "do_prove")
    graph.add_edge("do_prove", END)
    return graph.compile()


@asynccontextmanager
async def opened() -> AsyncGenerator[Plain]:
    """The graph, compiled."""
    app = build()

    async def run(number: int) -> str:
        state = await app.ainvoke(steps.ticket(number))
        return state["reply"]

    yield Plain(run)
