"""pydantic-graph: the builder's steps, a decision, a broadcast and a join; the values travel as the step's input."""
# pyright: basic, reportMissingImports=false

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from pydantic_graph import GraphBuilder, StepContext, reduce_dict_update

from tests.bench.peers import steps
from tests.bench.peers.process import Plain


def build() -> Any:
    """The graph."""
    graph: Any = GraphBuilder(name="bench", input_type=dict, output_type=dict)

    def step(name: str) -> Any:
        body = getattr(steps, name)

        async def call(context: StepContext) -> dict:
            return {**context.inputs, **await body(context.inputs)}

        return graph.step(call, node_id=name)

    names = ("measure", "sort", "brief", "thorough", "passages", "orders", "write", "prove")
    measure, sort, brief, thorough, passages, orders, write, prove = map(step, names)
    side = graph.decision()
    for kind, taken in (("brief", brief), ("thorough", thorough)):
        side = side.branch(graph.match(dict, matches=lambda given, kind=kind: given["kind"] == kind).to(taken))
    join = graph.join(reduce_dict_update, initial_factory=dict)
    graph.add(
        graph.edge_from(graph.start_node).to(measure),
        graph.edge_from(measure).to(sort),
        graph.edge_from(sort).to(side),
        graph.edge_from(brief).to(passages, orders),
        graph.edge_from(thorough).to(passages, orders),
        graph.edge_from(passages, orders).to(join),
        graph.edge_from(join).to(write),
        graph.edge_from(write).to(prove),
        graph.edge_from(prove).to(graph.end_node),
    )
    return graph.build()


@asynccontextmanager
async def opened() -> AsyncGenerator[Plain]:
    """The graph, built."""
    graph = build()

    async def run(number: int) -> str:
        return (await graph.run(inputs=steps.ticket(number)))["reply"]

    yield Plain(run)
