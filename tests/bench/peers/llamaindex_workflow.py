"""LlamaIndex workflows: one event type for each edge, the values inside the events."""
# pyright: basic, reportMissingImports=false

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from workflows import Context, Workflow, step
from workflows.events import Event, StartEvent, StopEvent

from tests.bench.peers import steps
from tests.bench.peers.process import Plain


class Measured(Event):
    """After `measure`."""

    given: dict


class Brief(Event):
    """To `brief`."""

    given: dict


class Thorough(Event):
    """To `thorough`."""

    given: dict


class FindPassages(Event):
    """To `passages`."""

    given: dict


class FindOrders(Event):
    """To `orders`."""

    given: dict


class Passages(Event):
    """After `passages`."""

    given: dict


class Orders(Event):
    """After `orders`."""

    given: dict


class Written(Event):
    """After `write`."""

    given: dict


class Bench(Workflow):
    """The graph."""

    @step
    async def measure(self, event: StartEvent) -> Measured:
        """First."""
        return Measured(given={**event.given, **await steps.measure(event.given)})

    @step
    async def sort(self, event: Measured) -> Brief | Thorough:
        """The branch."""
        given = {**event.given, **await steps.sort(event.given)}
        return Brief(given=given) if given["kind"] == "brief" else Thorough(given=given)

    @step
    async def brief(self, context: Context, event: Brief) -> FindPassages | FindOrders | None:
        """One side; then both arms."""
        given = {**event.given, **await steps.brief(event.given)}
        context.send_event(FindPassages(given=given))
        context.send_event(FindOrders(given=given))

    @step
    async def thorough(self, context: Context, event: Thorough) -> FindPassages | FindOrders | None:
        """The other side; then both arms."""
        given = {**event.given, **await steps.thorough(event.given)}
        context.send_event(FindPassages(given=given))
        context.send_event(FindOrders(given=given))

    @step
    async def passages(self, event: FindPassages) -> Passages:
        """One arm."""
        return Passages(given={**event.given, **await steps.passages(event.given)})

    @step
    async def orders(self, event: FindOrders) -> Orders:
        """The other arm."""
        return Orders(given={**event.given, **await steps.orders(event.given)})

    @step
    async def write(self, context: Context, event: Passages | Orders) -> Written | None:
        """The join."""
        arms = context.collect_events(event, [Passages, Orders])
        if arms is None:
            return None
        given = {**arms[0].given, **arms[1].given}
        return Written(given={**given, **await steps.write(given)})

    @step
    async def prove(self, event: Written) -> StopEvent:
        """Last."""
        return StopEvent(result={**event.given, **await steps.prove(event.given)})


@asynccontextmanager
async def opened() -> AsyncGenerator[Plain]:
    """The workflow; the time limit is only so high that it never matters."""
    workflow = Bench(timeout=600)

    async def run(number: int) -> str:
        return (await workflow.run(given=steps.ticket(number)))["reply"]

    yield Plain(run)
