"""The resources of a suite: the project with copies of everything that a run could change."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from compound.errors import CompoundError, DataError
from compound.evaluation import Case, CaseResult
from compound.model.gateway.journal import MemoryJournal
from compound.plugins import PROVIDERS
from compound.project.open.plugged import NotInEvaluations
from compound.project.open.resources import Resources
from compound.project.open.targets import OpenedByName, open_mailbox, open_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import JsonValue

    from compound.connector.mailbox.mailbox import Mailbox
    from compound.connector.records.records import Records
    from compound.connector.target import DeliveryClass, EffectGroup, EffectOutcome
    from compound.effect import EffectTarget
    from compound.graph import Engine, RunResult
    from compound.model import ModelResponse
    from compound.model.call.types import CallKey
    from compound.model.gateway.gateway import Gateway
    from compound.project.settings.settings import Settings
    from compound.project.source.parts import ProjectParts
    from compound.review.queue.queue import ReviewQueue

_REVIEWERS = ("evaluation", "second evaluation")
_MOST_STOPS = 50
"""Maximum number of consecutive reviews of a case, so that a graph in a loop ends."""


class MeteredJournal(MemoryJournal):
    """A journal in memory that tracks the cost of each run."""

    def __init__(self) -> None:
        super().__init__()
        self._costs: dict[str, float | None] = {}

    def record(self, call: CallKey, request_hash: str, response: ModelResponse) -> None:
        """Store the answer and add its cost; a call of unknown cost makes the run's cost unknown."""
        super().record(call, request_hash, response)
        known, more = self._costs.get(call.run_id, 0.0), response.cost_usd
        self._costs[call.run_id] = None if known is None or more is None else known + more

    def cost_usd(self, run_id: str) -> float | None:
        """The cost of a run's calls: 0 without paid calls, None if unknown."""
        return self._costs.get(run_id, 0.0)


class EvaluationResources(Resources):
    """A project opened for an evaluation: runs change only a scratch folder, which is deleted.

    Args:
        settings: The project's settings.
        parts: The project's parts.
        scratch: The scratch folder for state, records and sent messages.
    """

    def __init__(self, settings: Settings, parts: ProjectParts, scratch: Path) -> None:
        super().__init__(replace(settings, profile=replace(settings.profile, state=str(scratch / "state.db"))), parts)
        self._scratch = scratch

    @cached_property
    def journal(self) -> MeteredJournal:
        """A journal in memory: every evaluation calls its models again."""
        return MeteredJournal()

    @cached_property
    def gateway(self) -> Gateway:
        """The model gateway."""
        from compound.model.gateway.opening import open_gateway

        _ = self.parts.functions
        return open_gateway(
            self.models,
            provider=self.settings.profile.model,
            journal=self.journal,
            package=self.parts.modules.package,
            own=self.parts.own_plugins(PROVIDERS),
        )

    @cached_property
    def records(self) -> Mapping[str, Records]:
        """Pristine record stores: filled from the lakehouse, else copies of the profile's."""
        return OpenedByName({name: partial(self._untouched, name) for name in self.target_files.records})

    @cached_property
    def mailboxes(self) -> Mapping[str, Mailbox]:
        """Mailboxes in the scratch folder."""
        files, parts, home = self.target_files, self.parts, self._scratch / "mailboxes"
        return OpenedByName({name: partial(open_mailbox, home, files, parts, name) for name in files.mailboxes})

    @cached_property
    def run_records(self) -> Mapping[str, RunRecords]:
        """Record stores with a separate copy for each run."""
        return {name: RunRecords(self, name) for name in self.target_files.records}

    @property
    def targets(self) -> Mapping[str, EffectTarget]:
        """The targets of effects: copies."""
        boxes = {name: partial(self.mailboxes.__getitem__, name) for name in self.mailboxes}
        stores = {name: partial(self.run_records.__getitem__, name) for name in self.run_records}
        plugged = {name: partial(NotInEvaluations, name) for name in self.plugged.target_files()}
        return OpenedByName["EffectTarget"]({**plugged, **stores, **boxes})

    def records_of_run(self, name: str, run_id: str) -> Records:
        """A copy of a pristine store for one run, so that cases do not see each other's effects."""
        _ = self.records[name]
        folder = self._scratch / "runs" / name
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{run_id}.db"
        _copy_sqlite(self._copy_of(name), path)
        return self._open_at(name, path)

    def forget(self, run_id: str) -> None:
        """Delete the copies of a run."""
        for store in self.run_records.values():
            store.forget(run_id)

    def _copy_of(self, name: str) -> Path:
        return self._scratch / f"records-{name}.db"

    def _open_at(self, name: str, path: Path) -> Records:
        return open_records(self.settings, self.target_files, self.parts, name, f"sqlite:///{path}")

    def _untouched(self, name: str) -> Records:
        from compound.project.running.data import fill_records

        copy, source = self._copy_of(name), _sqlite_path(self.settings.records_url(name))
        opened = self._open_at(name, copy)
        self._closing.callback(opened.close)
        try:
            if self.settings.profile.lakehouse.is_dir() or source is None or not source.is_file():
                fill_records(name, opened, self, force=True)
                return opened
        except DataError:
            # The lakehouse lacks the store's tables.
            if source is None or not source.is_file():
                raise
        opened.close()
        _copy_sqlite(source, copy)
        again = self._open_at(name, copy)
        self._closing.callback(again.close)
        return again


class RunRecords:
    """A record store as a target of effects in an evaluation: each run changes its own copy."""

    delivery_class: DeliveryClass = "A"

    def __init__(self, resources: EvaluationResources, name: str) -> None:
        self._resources = resources
        self._name = name
        self._open: dict[str, Records] = {}

    async def perform(self, group: EffectGroup) -> Sequence[EffectOutcome]:
        """See `EffectTarget.perform`."""
        from anyio.to_thread import run_sync

        if group.run_id not in self._open:
            self._open[group.run_id] = await run_sync(self._resources.records_of_run, self._name, group.run_id)
        return await self._open[group.run_id].perform(group)

    def forget(self, run_id: str) -> None:
        """Delete the copy of a run."""
        opened = self._open.pop(run_id, None)
        if opened is not None:
            opened.close()
            Path(opened.name).unlink(missing_ok=True)


class GraphSubject:
    """Runs a case to the graph's first review, or to the end.

    Args:
        engine: Engine of the graph.
        resources: The evaluation's resources.
        queue: Review queue of these runs.
        epoch: Prefix of run ids.
        until: Where a run stops; with `end` every review is approved as drafted.
        context: The graph's context, for cases that do not set it.
    """

    def __init__(
        self,
        engine: Engine,
        resources: EvaluationResources,
        *,
        queue: ReviewQueue,
        epoch: str,
        until: Literal["review", "end"],
        context: Mapping[str, JsonValue],
    ) -> None:
        self._engine = engine
        self._resources = resources
        self._queue = queue
        self._epoch = epoch
        self._until: Literal["review", "end"] = until
        self._context = context

    async def run(self, case: Case) -> CaseResult:
        """Run a case; a failed node is a failed case with the values so far."""
        run_id, begin = f"{self._epoch}-{case.id}", time.perf_counter()
        result, error = None, ""
        try:
            result = await self._run(case, run_id)
            error = str(result.error) if result.error else ""
        except CompoundError as failure:
            error = str(failure)
        finally:
            self._resources.forget(run_id)
        return CaseResult(
            case_id=case.id,
            status="failed" if result is None else _status(result),
            values={} if result is None else result.values,
            output=None if result is None else result.output,
            run_id=run_id,
            error=error,
            seconds=time.perf_counter() - begin,
            cost_usd=self._resources.journal.cost_usd(run_id),
            auto={} if result is None else result.auto,
            auto_scores={} if result is None else result.auto_scores,
        )

    async def _run(self, case: Case, run_id: str) -> RunResult:
        context = {**self._context, **case.context}
        result = await self._engine.run(
            case.input, run_id=run_id, until=self._until, context=context, example_id=case.id
        )
        for _ in range(_MOST_STOPS):
            if result.status != "waiting_review" or not all([self._approve(item) for item in result.review_ids]):
                return result
            result = await self._engine.resume(run_id)
        return result

    def _approve(self, review_id: str) -> bool:
        """Approve a review; returns False if it does not offer approval."""
        for reviewer in _REVIEWERS:
            item = self._queue.show(review_id)
            try:
                if self._queue.decide(review_id, "approve", user=reviewer, version=item.version).final:
                    return True
            except CompoundError:
                return False
        return False


def _status(result: RunResult) -> str:
    return "waiting_review" if result.status == "stopped" else result.status


def _sqlite_path(url: str) -> Path | None:
    if "://" not in url:
        return Path(url)
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


def _copy_sqlite(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
