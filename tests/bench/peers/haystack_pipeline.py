"""Haystack: a pipeline of components, run asynchronously."""
# pyright: basic, reportMissingImports=false

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "false"  # read once, when it is imported

from haystack import Pipeline, component
from haystack.components.joiners import BranchJoiner

from tests.bench.peers import steps
from tests.bench.peers.process import Plain

SYNC = "this pipeline is run asynchronously"


def one(name: str) -> Any:
    """A component that takes the values and gives them with its own."""
    body = getattr(steps, name)

    @component
    class Step:
        @component.output_types(given=dict)
        def run(self, given: dict) -> dict:
            raise RuntimeError(SYNC)

        @component.output_types(given=dict)
        async def run_async(self, given: dict) -> dict:
            return {"given": {**given, **await body(given)}}

    return Step()


@component
class Sort:
    """The branch: the values leave by one of two doors."""

    @component.output_types(brief=dict, thorough=dict)
    def run(self, given: dict) -> dict:
        """Not used."""
        raise RuntimeError(SYNC)

    @component.output_types(brief=dict, thorough=dict)
    async def run_async(self, given: dict) -> dict:
        """Sort."""
        made = {**given, **await steps.sort(given)}
        return {made["kind"]: made}


@component
class Write:
    """The join of the two arms."""

    @component.output_types(given=dict)
    def run(self, passages: dict, orders: dict) -> dict:
        """Not used."""
        raise RuntimeError(SYNC)

    @component.output_types(given=dict)
    async def run_async(self, passages: dict, orders: dict) -> dict:
        """Write."""
        both = {**passages, **orders}
        return {"given": {**both, **await steps.write(both)}}


def build() -> Pipeline:
    """The pipeline."""
    pipeline = Pipeline()
    for name in ("measure", "brief", "thorough", "passages", "orders", "prove"):
        pipeline.add_component(name, one(name))
    pipeline.add_component("sort", Sort())
    pipeline.add_component("side", BranchJoiner(dict))
    pipeline.add_component("write", Write())
    for sender, receiver in (
        ("measure.given", "sort.given"),
        ("sort.brief", "brief.given"),
        ("sort.thorough", "thorough.given"),
        ("brief.given", "side"),
        ("thorough.given", "side"),
        ("side", "passages.given"),
        ("side", "orders.given"),
        ("passages.given", "write.passages"),
        ("orders.given", "write.orders"),
        ("write.given", "prove.given"),
    ):
        pipeline.connect(sender, receiver)
    return pipeline


@asynccontextmanager
async def opened() -> AsyncGenerator[Plain]:
    """The pipeline, connected."""
    pipeline = build()

    async def run(number: int) -> str:
        made = await pipeline.run_async({"measure": {"given": steps.ticket(number)}})
        return made["prove"]["given"]["reply"]

    yield Plain(run)
