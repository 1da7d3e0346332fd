"""Burr: a state machine. It has no fan-out inside a run, so both arms are gathered in one action (seven actions)."""
# pyright: basic, reportMissingImports=false

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from burr.core import ApplicationBuilder, State, action, when
from burr.core.graph import GraphBuilder

from tests.bench.peers import steps
from tests.bench.peers.process import Plain


def one(name: str, reads: list[str], writes: list[str]) -> Any:
    """An action around a step."""
    body = getattr(steps, name)

    @action(reads=reads, writes=writes)
    async def run(state: State) -> State:
        return state.update(**await body(state))

    return run


@action(reads=["plan"], writes=["passages", "orders"])
async def arms(state: State) -> State:
    """Both arms."""
    left, right = await asyncio.gather(steps.passages(state), steps.orders(state))  # type: ignore[arg-type]
    return state.update(**left, **right)


def build() -> Any:
    """The state machine."""
    return (
        GraphBuilder()
        .with_actions(
            measure=one("measure", ["text"], ["length"]),
            sort=one("sort", ["number"], ["kind"]),
            brief=one("brief", [], ["plan"]),
            thorough=one("thorough", [], ["plan"]),
            arms=arms,
            write=one("write", ["number", "plan", "passages", "orders"], ["reply"]),
            prove=one("prove", ["reply"], ["holds"]),
        )
        .with_transitions(
            ("measure", "sort"),
            ("sort", "brief", when(kind="brief")),
            ("sort", "thorough", when(kind="thorough")),
            (["brief", "thorough"], "arms"),
            ("arms", "write"),
            ("write", "prove"),
        )
        .build()
    )


@asynccontextmanager
async def opened() -> AsyncGenerator[Plain]:
    """The graph is built once, an application for each run."""
    graph = build()

    async def run(number: int) -> str:
        builder = ApplicationBuilder().with_graph(graph).with_state(**steps.ticket(number)).with_entrypoint("measure")
        _, _, state = await (await builder.abuild()).arun(halt_after=["prove"])
        return state["reply"]

    yield Plain(run)
