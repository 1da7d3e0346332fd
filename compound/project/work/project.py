"""An opened project: the operations of the command line and of Python programs."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from compound.errors import CompoundError
from compound.project.running.opened import OpenedProject
from compound.project.running.sound import need_sound
from compound.project.view.views import IndexView, RunView, SeedReport, TrainView

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.batch import BatchEvent, BatchOptions, BatchSummary
    from compound.connector.mcp import PinReport
    from compound.evaluation import SuiteReport
    from compound.graph import Compiled, ReplayResult, RunEvent, RunResult
    from compound.graph.bridge.compiled import Checkpointer
    from compound.project.evaluation.certify import Certifier
    from compound.project.offer.tool_list import ToolView
    from compound.project.retention.erase import EraseReport
    from compound.project.review.effects import EffectService
    from compound.project.review.reviews import ReviewService
    from compound.project.view.prune_report import PruneReport
    from compound.spec import GraphSpec
    from compound.spec.python.builder import Graph
    from compound.specialist import VersionRow


class Project(OpenedProject):
    """A project on one profile. Its parts are opened on first use."""

    def seed(self, *, force: bool = False) -> SeedReport:
        """Write the profile's sample data, if any, and fill every record store."""
        from compound.project.running.data import seed

        return seed(self.resources, force=force)

    def index(
        self,
        names: Sequence[str] = (),
        *,
        force: bool = False,
        on_progress: Callable[[str, int, int], None] | None = None,
    ) -> list[IndexView]:
        """Synchronize indexes with their documents; default: all.

        Args:
            names: Names of indexes.
            force: Allow deleting more than 30 % of an index.
            on_progress: Called after each batch with the index and the numbers of done and of all passages.
        """
        from compound.project.running.data import index

        return index(self.resources, names, force=force, on_progress=on_progress)

    def train(self, name: str, *, promote: bool = False) -> TrainView:
        """Train a specialist; promote it if it certifies no less than production, or with `promote`."""
        from compound.project.work.specialists import train

        return train(self.resources, name, promote=promote)

    def specialists(self, name: str | None = None) -> list[VersionRow]:
        """The trained versions of a specialist, or of all, newest first."""
        from compound.project.work.specialists import versions

        return versions(self.resources, name)

    def promote(self, name: str, version: str | None = None) -> str:
        """Promote a version of a specialist to production, default: the newest; returns the version."""
        from compound.project.work.specialists import promote

        return promote(self.resources, name, version)

    def rollback(self, name: str) -> str:
        """Restore the previous production version of a specialist; returns it."""
        from compound.project.work.specialists import rollback

        return rollback(self.resources, name)

    def source(self, name: str | None = None, *, python: bool = False) -> str:
        """A graph as YAML, or as a Python program."""
        from compound.spec.python.source import to_python

        spec = self.resources.parts.graph(name or self.settings.graph)
        return to_python(spec) if python else spec.to_yaml()

    def draw(self, name: str | None = None, *, svg: bool = False) -> str:
        """A graph as Mermaid text or as SVG."""
        from compound.graph.drawing.mermaid import draw
        from compound.graph.drawing.svg import draw_svg

        spec = self.resources.parts.graph(name or self.settings.graph)
        return draw_svg(spec) if svg else draw(spec)

    def run(
        self,
        name: str | None,
        given: Mapping[str, JsonValue],
        *,
        context: Mapping[str, JsonValue] | None = None,
        draft: bool = False,
        message: Mapping[str, str] | None = None,
    ) -> RunView:
        """Run a graph on one input; `draft` stops before the review, so that no effect runs.

        Args:
            name: A graph of the project; None: the default graph.
            given: The graph's input.
            context: The graph's context.
            draft: Whether to stop before the review.
            message: The conversation of the graph's item, from `item_message`; default: as the item says. Drafts of its
                earlier messages that are not sent become stale.
        """
        from compound.graph.wiring.roles import Roles

        until: Literal["end", "review"] = "review" if draft else "end"
        spec = self._spec(name)
        run_id = uuid4().hex
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

    def batch(
        self,
        name: str | None,
        source: str | None,
        options: BatchOptions,
        *,
        to: Path | None = None,
        context: Mapping[str, JsonValue] | None = None,
        on_event: Callable[[BatchEvent], None] = lambda event: None,
    ) -> BatchSummary:
        """Run a backlog; the same call resumes where it stopped. Retention is applied afterwards.

        Args:
            name: A graph of the project; None: the default graph.
            source: The name of a mailbox, None: the only one; the path of a JSONL, CSV or Parquet file, a Delta table
                or a folder; `sql:SELECT ...` over the lakehouse; `module:function` in the project.
            options: Options of the batch.
            to: Output of the results: `*.jsonl`, `*.parquet`, or the folder of a Delta table.
            context: The graph's context, for all items; missing values are read from columns of the source.
            on_event: Called when an item is started or settled.
        """
        import anyio

        from compound.project.running.batching import run_batch

        recorder = self.resources.recorder
        before = recorder.dropped
        try:
            with self.resources.embedding_beside():
                summary = anyio.run(partial(run_batch, self, name, source, options, to, context or {}, on_event))
        finally:
            recorder.flush()
        self._prune_after()
        return replace(summary, untraced=recorder.dropped - before)

    def prune(self, *, dry_run: bool = False, now: float | None = None) -> PruneReport:
        """Delete content of this profile whose `retention:` period is over.

        Only of finished runs; never from the audit log. Idempotent; after a crash, a new call continues.

        Args:
            dry_run: Only report what would be deleted.
            now: UTC seconds; default: the current time.
        """
        from compound.project.retention.prune import Pruner

        self.resources.recorder.flush()
        return Pruner(self.resources, self.services.queue, now=now).run(dry_run=dry_run)

    def erase(self, keys: Sequence[str], *, dry_run: bool = False) -> EraseReport:
        """Delete what runs of this profile store about one person, and verify the deletion.

        Content is deleted from rows, checkpoints, traces, sent messages, files and cached values; open review items are
        withdrawn. Company data (lakehouse, record stores, documents) is not changed.

        Args:
            keys: Identifiers of the person: customer id, e-mail addresses; whole words, case-insensitive.
            dry_run: Only report the affected runs.

        Raises:
            DataError: `erase.no-key`.
        """
        from compound.project.retention.erase import Eraser

        self.resources.recorder.flush()
        return Eraser(self.resources, self.services.queue, keys).run(dry_run=dry_run)

    def _prune_after(self) -> None:
        """Apply retention after other work: failures are logged and do not affect that work."""
        import structlog

        try:
            self.prune()
        except CompoundError as error:
            log = structlog.stdlib.get_logger(__name__)
            log.warning("prune.failed", why=str(error), fix="compound prune")

    def pin_tools(self, names: Sequence[str], *, write: bool = True) -> list[PinReport]:
        """Compare the tools of MCP servers with their pins; `write` pins them in `connectors/mcp.lock.json`."""
        return self.resources.loop.run(partial(self.resources.mcp.pin, names, write=write))

    def tools(self) -> list[ToolView]:
        """Every tool that graphs can call."""
        from compound.project.offer.tool_list import tool_views

        return tool_views(self.resources)

    def reviews(self) -> ReviewService:
        """The review service."""
        from compound.project.review.reviews import ReviewService

        return ReviewService(self)

    def effects(self) -> EffectService:
        """The effects of runs."""
        from compound.project.review.effects import EffectService

        return EffectService(self)

    def certifier(self) -> Certifier:
        """Internal: creates, lists and revokes certificates of `auto` rules."""
        from compound.project.evaluation.certify import Certifier

        return Certifier(self)

    def traces_folder(self) -> str:
        """Folder of the recorded spans, as a user would type it."""
        return self.settings.shown(self.resources.traces_folder)

    def evaluate(
        self,
        suite: str | None = None,
        *,
        cases: Path | None = None,
        limit: int | None = None,
        details: bool = False,
        context: Sequence[str] = (),
    ) -> SuiteReport:
        """Run a suite and report scores with n, intervals and method.

        Args:
            suite: A suite in evals/; None: the only one.
            cases: Folder of cases; default: the profile's.
            limit: Only the first N cases of the headline and of each section.
            details: Include every case in the report.
            context: `NAME=VALUE` of the graph's context, for cases that do not set it.
        """
        from compound.project.evaluation.evaluation import evaluate

        with self.resources.embedding_beside():
            return self.resources.loop.run(
                partial(evaluate, self.resources, suite, cases=cases, limit=limit, details=details, context=context)
            )
