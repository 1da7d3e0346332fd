"""The same langgraph with OpenInference's instrumentation.

Its spans go through the SDK's batch processor and are then thrown away, so that no exporter's cost counts against it.
"""
# pyright: basic, reportMissingImports=false

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from openinference.instrumentation.langchain import LangChainInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from tests.bench.peers import langgraph_raw, steps
from tests.bench.peers.process import Framework


class Away(SpanExporter):
    """Counts spans and keeps none."""

    spans = 0

    def export(self, spans: Sequence[Any]) -> SpanExportResult:
        """Count them."""
        self.spans += len(spans)
        return SpanExportResult.SUCCESS


@dataclass(slots=True)
class Instrumented:
    """The graph and the end of its traces."""

    app: Any
    provider: TracerProvider
    exporter: Away

    async def run(self, number: int) -> str:
        """One run."""
        state = await self.app.ainvoke(steps.ticket(number))
        return state["reply"]

    async def settle(self) -> None:
        """Everything through the processor; that there are spans at all is part of the measurement."""
        if not self.provider.force_flush() or not self.exporter.spans:
            raise RuntimeError("OpenInference recorded nothing")


@asynccontextmanager
async def opened() -> AsyncGenerator[Framework]:
    """The graph, compiled, every run traced."""
    provider, exporter = TracerProvider(), Away()
    provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=200_000))
    LangChainInstrumentor().instrument(tracer_provider=provider)
    yield Instrumented(langgraph_raw.build(), provider, exporter)
    provider.shutdown()
