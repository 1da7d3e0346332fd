"""Running graphs of an opened project: inputs, one run, its stream, its replay, its compiled form."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from compound.project.running.opened import OpenedProject
from compound.project.running.sound import need_sound
from compound.project.view.views import RunView

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph import Compiled, ReplayResult, RunEvent, RunResult
    from compound.graph.bridge.compiled import Checkpointer
    from compound.spec import GraphSpec
    from compound.spec.python.builder import Graph


class GraphRuns(OpenedProject):
    """The part of `Project` that runs graphs."""

    def run(
        self,
        name: str | None,
        given: Mapping[str, JsonValue],
        *,
        run_id: str | None = None,
        context: Mapping[str, JsonValue] | None = None,
        draft: bool = False,
        message: Mapping[str, str] | None = None,
    ) -> RunView:
        """Run a graph on one input; `draft` stops before the review, so that no effect runs.

        Args:
            name: A graph of the project; None: the default graph.
            given: The graph's input.
            run_id: Resumes this run if it exists; None: a new run.
            context: The graph's context.
            draft: Whether to stop before the review.
            message: The conversation of the graph's item, from `item_message`; default: as the item says. Drafts of its
                earlier messages that are not sent become stale.
        """
        from compound.graph.wiring.roles import Roles

        until: Literal["end", "review"] = "review" if draft else "end"
        spec = self._spec(name)
        run_id = run_id or uuid4().hex
        try:
            result = self.resources.loop.run(partial(self._run, spec, given, run_id, context or {}, until, message))
        finally:
            self.resources.recorder.flush()
        item = self.services.queue.show(result.review_ids[0]) if result.review_ids else None
        return RunView(
            run_id=result.run_id,
            status=result.status,
            output=result.output,
            values=result.values,
            review_ids=result.review_ids,
            error=result.error.to_json() if result.error else None,
            files=self.settings.shown(self.resources.artifacts.folder),
            shown_to_person={} if item is None else item.evidence,
            ready=None if item is None or item.readiness is None else item.readiness.ready,
            reasons=() if item is None else item.reasons,
            shows=Roles(spec).shows({**result.values, "input": dict(given), "context": dict(context or {})}),
        )

    def inputs(self, name: str | None, written: Sequence[str]) -> dict[str, JsonValue]:
        """Parse a graph's input from the command line: `question="How many?" letters=@letters.jsonl`.

        Raises:
            DataError: ``project.bad-input``; ``project.no-input``: an input is missing.
        """
        from compound.project.running.run_inputs import read_inputs

        return read_inputs(self._spec(name), written)

    def example(self) -> dict[str, JsonValue]:
        """The example input in the settings; raises `project.no-input` if it is missing but required."""
        from compound.project.offer.example import example_of

        return example_of(self.settings, self._spec(None))

    def item_input(self, name: str | None, item: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """A graph's input for one item, by the graph's `item`; fields that only name its conversation are left out.

        Raises:
            DataError: ``project.bad-input``: the graph declares no input for it.
        """
        from compound.project.running.messages import item_input

        return item_input(self._spec(name), item)

    def item_message(self, item: Mapping[str, JsonValue], mailbox: str | None = None) -> dict[str, str]:
        """`mailbox` (default the only one), `thread` and `in_reply_to` of an item. Raises `project.unknown-mailbox`."""
        from compound.project.decision.arrivals import item_message

        return item_message(self.resources, item, mailbox)

    def context(self, name: str | None, written: Sequence[str]) -> dict[str, JsonValue]:
        """Parse a graph's context from the command line: `tenant=north limit=3`, or one JSON object.

        Raises:
            DataError: ``project.bad-input``.
        """
        from compound.project.running.run_inputs import read_context

        return read_context(self._spec(name), written) if written else {}

    async def _run(
        self,
        spec: GraphSpec,
        given: Mapping[str, JsonValue],
        run_id: str,
        context: Mapping[str, JsonValue],
        until: Literal["end", "review"],
        message: Mapping[str, str] | None,
    ) -> RunResult:
        from compound.graph.wiring.roles import Roles

        async with self.engine(spec) as engine:
            thread_id = Roles(engine.spec).id(given) or None
            return await engine.run(
                given, run_id=run_id, thread_id=thread_id, context=context, until=until, message=message
            )

    def replay(
        self, run_id: str, *, mode: Literal["pinned", "fresh"] = "pinned", swaps: Mapping[str, JsonValue] | None = None
    ) -> ReplayResult:
        """Replay a recorded run: unchanged values come from the recording; no effect runs."""
        from compound.project.running.replay import replay

        self.resources.recorder.flush()
        try:
            return self.resources.loop.run(partial(replay, self, run_id, mode=mode, swaps=swaps or {}))
        finally:
            self.resources.recorder.flush()

    def compile(
        self,
        graph: str | GraphSpec | Graph | None = None,
        *,
        checkpointer: Checkpointer | None = None,
        served: bool = False,
    ) -> Compiled:
        """A graph as a langgraph `CompiledStateGraph`.

        It uses the project's review queue and traces. The project stays open.
        """
        from compound.graph.bridge.compiled import compile_graph
        from compound.project.offer.catalogue import ProjectCatalogue

        resources, spec = self.resources, self._spec(graph)
        need_sound(resources, spec)
        return compile_graph(
            spec,
            self.services,
            recorder=resources.recorder,
            checkpointer=checkpointer,
            catalogue=ProjectCatalogue(resources),
            served=served,
        )

    async def stream(
        self,
        name: str | None,
        given: Mapping[str, JsonValue],
        *,
        run_id: str | None = None,
        context: Mapping[str, JsonValue] | None = None,
        message: Mapping[str, str] | None = None,
        buffer: int = 64,
    ) -> AsyncGenerator[RunEvent]:
        """Run a graph and yield events: nodes, tokens, reviews, effects; see `Engine.stream`.

        Args:
            name: A graph of the project; None: the default graph.
            given: The graph's input.
            run_id: Resumes this run if it exists; None: a new run.
            context: The graph's context.
            message: As for `run`.
            buffer: Maximum number of buffered events.
        """
        async with self.engine(name) as engine:
            run = engine.stream(given, run_id=run_id or uuid4().hex, context=context, message=message, buffer=buffer)
            async with aclosing(run) as events:
                async for event in events:
                    yield event
