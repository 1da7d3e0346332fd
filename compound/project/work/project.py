"""A project, opened on one profile: what the command line and programs ask of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, cast
from uuid import uuid4

from compound.errors import CompoundError, DataError
from compound.project.running.opened import OpenedProject
from compound.project.running.sound import need_sound
from compound.project.view.views import IndexView, RunView, SeedReport, TrainView

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.batch import BatchEvent, BatchOptions, BatchSummary
    from compound.connector.mcp import PinReport
    from compound.evaluation import SuiteReport
    from compound.graph import Checkpointer, Compiled, ReplayResult, RunEvent, RunResult
    from compound.project.evaluation.certify import Certifier
    from compound.project.offer.tool_list import ToolView
    from compound.project.retention.erase import EraseReport
    from compound.project.review.effects import EffectService
    from compound.project.review.reviews import ReviewService
    from compound.project.view.prune_report import PruneReport
    from compound.spec import GraphSpec
    from compound.spec.python import Graph
    from compound.specialist import VersionRow


class Project(OpenedProject):
    """A project on one profile. Everything in it is opened when it is first needed."""

    def seed(self, *, force: bool = False) -> SeedReport:
        """Write the profile's data where it ships any, and fill every record store."""
        from compound.project.running.data import seed

        return seed(self.resources, force=force)

    def index(
        self,
        names: Sequence[str],
        *,
        force: bool = False,
        on_progress: Callable[[str, int, int], None] | None = None,
    ) -> list[IndexView]:
        """Bring indexes in step with their documents; all when none is named.

        Args:
            names: Indexes.
            force: Allow a sync that deletes more than 30 % of an index.
            on_progress: Told the index, its passages that are done and all of them, after each batch.
        """
        from compound.project.running.data import index

        return index(self.resources, names, force=force, on_progress=on_progress)

    def train(self, name: str, *, promote: bool = False) -> TrainView:
        """Train a specialist; promote it unless the version in production certifies more, or `promote` says so."""
        from compound.project.work.specialists import train

        return train(self.resources, name, promote=promote)

    def specialists(self, name: str | None = None) -> list[VersionRow]:
        """The trained versions of a specialist, or of all, the newest first."""
        from compound.project.work.specialists import versions

        return versions(self.resources, name)

    def promote(self, name: str, version: str | None = None) -> str:
        """Put a version of a specialist into production, the newest when none is named; returns the version."""
        from compound.project.work.specialists import promote

        return promote(self.resources, name, version)

    def rollback(self, name: str) -> str:
        """Put the version of a specialist that was in production before back; returns it."""
        from compound.project.work.specialists import rollback

        return rollback(self.resources, name)

    def source(self, name: str | None = None, *, python: bool = False) -> str:
        """A graph as the YAML file, or as the Python program, that writes it."""
        from compound.spec.python import to_python

        spec = self.resources.parts.graph(name or self.settings.graph)
        return to_python(spec) if python else spec.to_yaml()

    def draw(self, name: str | None = None, *, svg: bool = False) -> str:
        """A graph as Mermaid text or as SVG."""
        from compound.graph import draw, draw_svg

        spec = self.resources.parts.graph(name or self.settings.graph)
        return draw_svg(spec) if svg else draw(spec)

    def run(
        self,
        name: str | None,
        given: Mapping[str, JsonValue],
        *,
        context: Mapping[str, JsonValue] | None = None,
        draft: bool = False,
    ) -> RunView:
        """Run a graph on one input; with `draft` only to the review, changing nothing."""
        until: Literal["end", "review"] = "review" if draft else "end"
        try:
            result = self.resources.loop.run(partial(self._run, name, given, context or {}, until))
        finally:
            self.resources.recorder.flush()
        item = self.services.queue.show(result.item_ids[0]) if result.item_ids else None
        return RunView(
            run_id=result.run_id,
            status=result.status,
            output=result.output,
            values=result.values,
            item_ids=result.item_ids,
            error=result.error.to_json() if result.error else None,
            files=self.settings.shown(self.resources.artifacts.folder),
            shown_to_person={} if item is None else item.evidence,
            ready=None if item is None or item.readiness is None else item.readiness.ready,
            reasons=() if item is None else item.reasons,
        )

    def inputs(self, name: str | None, written: Sequence[str]) -> dict[str, JsonValue]:
        """A graph's input as a person types it: `question="How many?" tickets=@tickets.jsonl`.

        Raises:
            DataError: ``project.bad-input``.
        """
        from compound.project.running.run_inputs import read_inputs

        return read_inputs(self._spec(name), written)

    def context(self, name: str | None, written: Sequence[str]) -> dict[str, JsonValue]:
        """A graph's context as a person types it: `tenant=north limit=3`, or one JSON object.

        Raises:
            DataError: ``project.bad-input``.
        """
        from compound.project.running.run_inputs import read_context

        return read_context(self._spec(name), written) if written else {}

    async def _run(
        self,
        name: str | None,
        given: Mapping[str, JsonValue],
        context: Mapping[str, JsonValue],
        until: Literal["end", "review"],
    ) -> RunResult:
        async with self.engine(name) as engine:
            ticket = given.get("ticket")
            thread = ticket.get("id") if isinstance(ticket, dict) else None
            thread_id = thread if isinstance(thread, str) else None
            return await engine.run(given, run_id=uuid4().hex, thread_id=thread_id, context=context, until=until)

    def replay(
        self, run_id: str, *, mode: Literal["pinned", "fresh"] = "pinned", swaps: Mapping[str, JsonValue] | None = None
    ) -> ReplayResult:
        """Run a recorded run again: what did not change comes from the recording, nothing takes effect."""
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
        """A graph as a langgraph `CompiledStateGraph`; see `compound.graph.compile_graph`.

        Its reviews lie in the project's queue, its spans in the project's traces. The project stays open.
        """
        from compound.graph import compile_graph
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
        buffer: int = 64,
    ) -> AsyncGenerator[RunEvent]:
        """Run a graph and give what happens while it happens: nodes, tokens, reviews, effects; see `Engine.stream`.

        Args:
            name: A graph of the project; its own when None.
            given: The graph's input.
            run_id: Goes on with that run if it was started before; a new one when None.
            context: The graph's context.
            buffer: How many events may wait to be read.
        """
        async with self.engine(name) as engine:
            run = engine.stream(given, run_id=run_id or uuid4().hex, context=context, buffer=buffer)
            async with aclosing(run) as events:
                async for event in events:
                    yield event

    def batch(
        self,
        name: str | None,
        source: str,
        options: BatchOptions,
        *,
        context: Mapping[str, JsonValue] | None = None,
        on_event: Callable[[BatchEvent], None] = lambda event: None,
    ) -> BatchSummary:
        """Run a backlog; the same call again goes on where it stopped. Then what is kept too long is removed.

        Args:
            name: A graph of the project; its own when None.
            source: The name of a mailbox, or the path of a JSONL file, a Delta table or a folder.
            options: How it runs.
            context: The graph's context, one for all tickets; what it leaves out, columns of the source say.
            on_event: Told when a ticket is started or settled.
        """
        import anyio

        recorder = self.resources.recorder
        before = recorder.dropped
        try:
            with self.resources.embedding_beside():
                summary = anyio.run(partial(self._batch, name, source, options, context or {}, on_event))
        finally:
            recorder.flush()
        self._prune_after()
        return replace(summary, untraced=recorder.dropped - before)

    async def _batch(
        self,
        name: str | None,
        source: str,
        options: BatchOptions,
        context: Mapping[str, JsonValue],
        on_event: Callable[[BatchEvent], None],
    ) -> BatchSummary:
        from compound.batch import BatchRunner, Ledger
        from compound.project.running.backlog import EngineRunner, backlog_of, source_path, with_context

        resources = self.resources
        path = source_path(source, resources)
        async with self.engine(name) as engine:
            spec = engine.spec
            items = backlog_of(path, resources.mailbox_of(source), frozenset(spec.context), context)
            backlog = with_context(items, engine, context)
            runner = BatchRunner(
                Ledger(resources.state, graph_name=spec.name, source=str(path)),
                EngineRunner(engine, self.services.queue, self.services.outbox.outbox, context),
                graph_hash=spec.hash,
                folder=self.settings.home / "batch",
                on_event=on_event,
                context=context,
                withdraw=self._withdraw,
            )
            return await runner.run(backlog, options)

    def _withdraw(self, run_ids: Sequence[str]) -> None:
        """Take back what waits for a person of runs that a restart forgets: its drafts are of no use to anybody."""
        from compound.errors import ConflictError
        from compound.review import UNDECIDED, ItemFilter

        queue = self.services.queue
        for run_id in run_ids:
            for item in queue.list(ItemFilter(statuses=tuple(UNDECIDED), run_id=run_id)):
                try:
                    queue.withdraw(item.item_id, actor="batch", reason="the batch was begun again")
                except ConflictError:
                    continue  # somebody decided it in this moment; the decision stands

    def prune(self, *, dry_run: bool = False, now: float | None = None) -> PruneReport:
        """Remove what the policies of the project do not let this profile keep any longer (`retention:`).

        Only of runs that are over; never of the audit log. The same call again removes nothing more; after a crash
        it does what is left to do.

        Args:
            dry_run: Only say what would be removed.
            now: UTC seconds; the present time when left out.
        """
        from compound.project.retention.prune import Pruner

        self.resources.recorder.flush()
        return Pruner(self.resources, self.services.queue, now=now).run(dry_run=dry_run)

    def erase(self, keys: Sequence[str], *, dry_run: bool = False) -> EraseReport:
        """Remove what runs of this profile have kept about one person, and look for it again as a proof.

        Rows, checkpoints, traces, messages that were sent, files and cached values lose their words; what waited for
        a person is withdrawn. Company data (lakehouse, operational database, documents) is not touched.

        Args:
            keys: What the person is called in the data: customer id, e-mail addresses; whole words, in any case.
            dry_run: Only say which runs those are.

        Raises:
            DataError: `erase.no-key`.
        """
        from compound.project.retention.erase import Eraser

        self.resources.recorder.flush()
        return Eraser(self.resources, self.services.queue, keys).run(dry_run=dry_run)

    def _prune_after(self) -> None:
        """Prune behind something else: what hinders it is told, and no trouble of the work that is done."""
        import structlog

        try:
            self.prune()
        except CompoundError as error:
            log = structlog.stdlib.get_logger(__name__)
            log.warning("prune.failed", why=str(error), fix="compound prune")

    def pin_tools(self, names: Sequence[str], *, write: bool = True) -> list[PinReport]:
        """Read what the tools of MCP servers say now and, with `write`, agree to it in `connectors/mcp.lock.json`."""
        return self.resources.loop.run(partial(self.resources.mcp.pin, names, write=write))

    def tools(self) -> list[ToolView]:
        """Every tool that graphs may name."""
        from compound.project.offer.tool_list import tool_views

        return tool_views(self.resources)

    def reviews(self) -> ReviewService:
        """What waits for a person."""
        from compound.project.review.reviews import ReviewService

        return ReviewService(self)

    def effects(self) -> EffectService:
        """What runs changed outside, and what of it nobody knows."""
        from compound.project.review.effects import EffectService

        return EffectService(self)

    def certifier(self) -> Certifier:
        """What `auto` rules may decide with no person: make, list and revoke certificates."""
        from compound.project.evaluation.certify import Certifier

        return Certifier(self)

    def traces_folder(self) -> str:
        """Where the recorded spans lie, as the user would type it."""
        return self.settings.shown(self.resources.traces_folder)

    def evaluate(
        self,
        suite: str,
        *,
        cases: Path | None = None,
        limit: int | None = None,
        details: bool = False,
        context: Sequence[str] = (),
    ) -> SuiteReport:
        """Run a suite and report scores with n, intervals and method.

        Args:
            suite: A suite of evals/.
            cases: Folder of cases instead of the profile's.
            limit: Only the first cases of the headline and of each section.
            details: Put every case into the report.
            context: `NAME=VALUE` of the graph's context, for cases that have none of their own.
        """
        from compound.project.evaluation.evaluation import evaluate

        with self.resources.embedding_beside():
            return self.resources.loop.run(
                partial(evaluate, self.resources, suite, cases=cases, limit=limit, details=details, context=context)
            )


def read_ticket_argument(ticket: str | None, text: str | None, *, stdin: BinaryIO) -> dict[str, JsonValue]:
    """A ticket from the command line: JSON text, a file, `-`, or plain text.

    Raises:
        DataError: `item.missing`, `item.bad-json`, `item.duplicate-key`.
    """
    import orjson

    from compound.language.json_keys import repeated_key

    if text is not None:
        return {"id": f"cli-{uuid4().hex[:8]}", "subject": "", "body": text}
    if ticket is None:
        raise DataError("item.missing", "no ticket is given", fix="--text '...', or --ticket FILE, JSON or -")
    if ticket == "-":
        raw = stdin.read()
    elif ticket.lstrip().startswith("{"):
        raw = ticket.encode()
    else:
        path = Path(ticket)
        if not path.is_file():
            raise DataError("item.missing", f"there is no file {ticket}", fix="name a JSON file, or give JSON")
        raw = path.read_bytes()
    try:
        record = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise DataError(
            "item.bad-json", f"the ticket is not JSON: {error}", fix="a record {id, subject, body}"
        ) from error
    if not isinstance(record, dict):
        raise DataError("item.bad-json", "the ticket is no JSON record", fix="a record {id, subject, body}")
    if (twice := repeated_key(raw)) is not None:
        what = f"the ticket's key {twice!r} comes twice in one object"
        raise DataError("item.duplicate-key", what, fix="keep the one that is meant")
    return cast("dict[str, JsonValue]", record)
