"""An opened project: the operations of the command line and of Python programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from compound.errors import CompoundError
from compound.project.view.views import IndexView, SeedReport, TrainView
from compound.project.work.graph_runs import GraphRuns

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.batch import BatchEvent, BatchOptions, BatchSummary
    from compound.connector.mcp import PinReport
    from compound.evaluation import SuiteReport
    from compound.project.batches.service import BatchService
    from compound.project.evaluation.certify import Certifier
    from compound.project.evaluation.service import SuiteRuns
    from compound.project.offer.tool_list import ToolView
    from compound.project.retention.backup import BackupReport
    from compound.project.retention.erase import EraseReport
    from compound.project.review.effects import EffectService
    from compound.project.review.reviews import ReviewService
    from compound.project.view.prune_report import PruneReport
    from compound.project.work.quality import QualityService
    from compound.specialist import VersionRow


class Project(GraphRuns):
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

    def back_up(self, file: Path | str) -> BackupReport:
        """Write the state folder of this profile to one file; programs may run meanwhile. `restore` reads it.

        Raises:
            DataError: `backup.exists`.
            ConnectorError: `backup.failed`.
        """
        from compound.project.retention.backup import back_up

        self.resources.recorder.flush()
        return back_up(self.settings, Path(file))

    def erase(self, keys: Sequence[str], *, dry_run: bool = False) -> EraseReport:
        """Delete what runs of this profile store about one person, and verify the deletion.

        Content is deleted from rows, checkpoints, traces, sent messages, files and cached values; open reviews are
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

    def store_rows(
        self, name: str, table: str | None = None, *, limit: int = 20
    ) -> dict[str, list[dict[str, JsonValue]]]:
        """Table to its first rows in a record store, by key; every table where none is named.

        Raises:
            ProjectError: `project.unknown-store`.
            DataError: `records.unknown-table`.
        """
        from compound.project.running.data import store_rows

        return store_rows(self.resources, name, table, limit=limit)

    def tools(self) -> list[ToolView]:
        """Every tool that graphs can call."""
        from compound.project.offer.tool_list import tool_views

        return tool_views(self.resources)

    def reviews(self) -> ReviewService:
        """The review service."""
        from compound.project.review.reviews import ReviewService

        return ReviewService(self)

    def batches(self) -> BatchService:
        """Internal: what batches did, and requests to pause, resume, retry or cancel them."""
        from compound.project.batches.service import BatchService

        return BatchService(self, self.batch)

    def effects(self) -> EffectService:
        """The effects of runs."""
        from compound.project.review.effects import EffectService

        return EffectService(self)

    def certifier(self) -> Certifier:
        """Internal: creates, lists and revokes certificates of `auto` rules."""
        from compound.project.evaluation.certify import Certifier

        return Certifier(self)

    def quality(self) -> QualityService:
        """Internal: figures of the quality of decisions, and blind samples of them."""
        from compound.project.work.quality import QualityService

        return QualityService(self)

    def suite_runs(self) -> SuiteRuns:
        """Internal: the stored runs of suites."""
        from compound.project.evaluation.service import SuiteRuns

        return SuiteRuns(self.resources.state)

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
