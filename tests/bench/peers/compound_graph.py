"""Compound: the graph file beside this module, through `Engine`, its traces recorded and stored as Parquet files.

The nodes are real tools: typed functions whose inputs and results are checked, as those of a project are. None of the
peers checks anything; Compound is measured as it is used.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import getrandbits

from typing_extensions import TypedDict

from compound.graph import Engine
from compound.graph.port.services import JsonCall
from compound.spec import load_graph
from compound.testing.fakes import FakeServices
from compound.tool import tool
from tests.bench.peers import steps
from tests.support.tracing import Recorder, on_disk

FILE = Path(__file__).with_name("eight.yaml")


class Order(TypedDict):
    """As the graph file declares it."""

    id: str
    total: int


@tool
async def measure(text: str) -> dict[str, int]:
    """The first node."""
    return await steps.measure({"text": text})


@tool
async def sort(number: int, length: int) -> dict[str, str]:
    """Which side of the branch."""
    return await steps.sort({"number": number, "length": length})


@tool
async def brief(length: int) -> dict[str, str]:
    """One side."""
    return await steps.brief({"length": length})


@tool
async def thorough(length: int) -> dict[str, str]:
    """The other side."""
    return await steps.thorough({"length": length})


@tool
async def passages(plan: str) -> dict[str, list[str]]:
    """One arm."""
    return await steps.passages({"plan": plan})


@tool
async def orders(plan: str) -> dict[str, list[Order]]:
    """The other arm."""
    return await steps.orders({"plan": plan})


@tool
async def write(number: int, plan: str, passages: list[str], orders: list[Order]) -> dict[str, str]:
    """The join."""
    return await steps.write({"number": number, "plan": plan, "passages": passages, "orders": orders})


@tool
async def prove(reply: str) -> dict[str, bool]:
    """The last node."""
    return await steps.prove({"reply": reply})


TOOLS = {one.name: one.call for one in (measure, sort, brief, thorough, passages, orders, write, prove)}


class Services(FakeServices):
    """The real tools; this graph has nothing else to look up."""

    def function(self, name: str) -> JsonCall:
        """As a project gives it."""
        return TOOLS[name]


@dataclass(slots=True)
class Traced:
    """The engine and its recorder."""

    engine: Engine
    recorder: Recorder | None

    async def run(self, number: int) -> str:
        """One run under an id of its own."""
        result = await self.engine.run(steps.ticket(number), run_id=f"{getrandbits(128):032x}")
        if result.output is None:
            raise RuntimeError("the run gave no output") from result.error
        return str(result.output["reply"])

    async def settle(self) -> None:
        """Every span in a Parquet file, none dropped."""
        if self.recorder is not None:
            self.recorder.flush()
            if self.recorder.dropped:
                raise RuntimeError(f"{self.recorder.dropped} rows were dropped")


@asynccontextmanager
async def opened(*, is_traced: bool = True) -> AsyncGenerator[Traced]:
    """The graph, with traces or without."""
    with tempfile.TemporaryDirectory() as folder:
        recorder = on_disk(folder)[1] if is_traced else None
        spec = load_graph(FILE.read_text(encoding="utf-8"), str(FILE))
        try:
            async with Engine(spec, Services(), recorder) as engine:
                yield Traced(engine, recorder)
        finally:
            if recorder is not None:
                recorder.close()
